"""The audit log told: which patients a search listed, and how far the log was forwarded."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import audit_forwards, audit_listings

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (audit_listings, audit_forwards):
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )


def downgrade() -> None:
    """There is no way back: what searches listed would be lost to the patients."""
    raise RuntimeError("this migration cannot be undone")
