"""What people ask about their own data, and what is past its retention."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import retention_holds, retention_runs, subject_requests

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (subject_requests, retention_holds, retention_runs):
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )


def downgrade() -> None:
    """There is no way back: the clocks of what people asked would be lost."""
    raise RuntimeError("this migration cannot be undone")
