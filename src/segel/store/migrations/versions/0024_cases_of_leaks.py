"""Cases of alleged leaks."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import leak_affected, leak_cases, leak_guests, leak_items

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (leak_cases, leak_items, leak_guests, leak_affected):
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )


def downgrade() -> None:
    """Cases are gone with it; their files' pieces lie in the object store, sealed, until they are
    taken away by hand."""
    for table in (leak_affected, leak_guests, leak_items, leak_cases):
        op.drop_table(table.name)
