"""Bulk exports that wait for two people, and whose records they may take."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import export_parts, exports

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (exports, export_parts):
        table.create(connection, checkfirst=True)
        statement = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker"
        connection.execute(text(statement))


def downgrade() -> None:
    """What was exported stays in the log."""
    op.drop_table("export_parts")
    op.drop_table("exports")
