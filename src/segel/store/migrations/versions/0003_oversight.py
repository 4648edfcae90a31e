"""Oversight: freezes of their own, instead of a mark on accounts that nothing ever set."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import approvals, budget_raises, budget_tallies, freezes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (freezes, approvals, budget_tallies, budget_raises):
        table.create(connection, checkfirst=True)
    for statement in (
        "ALTER TABLE accounts DROP COLUMN IF EXISTS frozen",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON freezes, approvals, budget_tallies, budget_raises"
        " TO segel_broker",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """There is no way back: who is frozen would be free."""
    raise RuntimeError("this migration cannot be undone")
