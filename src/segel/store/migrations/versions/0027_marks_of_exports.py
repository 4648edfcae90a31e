"""Marks of what is exported: whose they are, and who was invented for whom."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import export_marks, picture_marks

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (picture_marks, export_marks):
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )


def downgrade() -> None:
    """Pictures and exports that left keep their marks; nobody knows any more whose they are."""
    for table in (export_marks, picture_marks):
        op.drop_table(table.name)
