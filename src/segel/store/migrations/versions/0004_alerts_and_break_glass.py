"""What the data protection officer watches: alerts, break-glasses, reasons, accesses."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import (
    access_lists,
    accesses,
    account_units,
    alerts,
    break_glass_openings,
    break_glasses,
    reasons,
)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    alerts,
    break_glasses,
    break_glass_openings,
    reasons,
    account_units,
    accesses,
    access_lists,
)


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in TABLES:
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )


def downgrade() -> None:
    """There is no way back: what an officer was told is not forgotten by a command."""
    raise RuntimeError("this migration cannot be undone")
