"""What travellers declare of their health, and the days on which they arrive."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import arrival_days, declarations

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (arrival_days, declarations):
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )


def downgrade() -> None:
    """Travellers declare anew; the keys of days lie in the KMS until they are destroyed by hand."""
    for table in (declarations, arrival_days):
        op.drop_table(table.name)
