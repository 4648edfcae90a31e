"""The end of keys: what was erased, and the scope keys that outlive a patient's key."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import erasures

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    erasures.create(connection, checkfirst=True)
    for statement in (
        "ALTER TABLE patients ADD COLUMN IF NOT EXISTS kept_keys bytea",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON erasures TO segel_broker",
        "GRANT SELECT ON erasures TO segel_gateway",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """There is no way back: what was erased would be taken for what never was."""
    raise RuntimeError("this migration cannot be undone")
