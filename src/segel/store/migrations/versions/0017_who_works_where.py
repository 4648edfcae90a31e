"""Which accounts are of people who work in a hospital."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import staff

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    staff.create(connection, checkfirst=True)
    connection.execute(text("GRANT SELECT, INSERT, UPDATE, DELETE ON staff TO segel_broker"))


def downgrade() -> None:
    """Drop the table; the accounts themselves stay."""
    op.drop_table("staff")
