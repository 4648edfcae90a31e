"""Orders for images as devices' worklists find them."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import orders_due

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    orders_due.create(connection, checkfirst=True)
    for statement in (
        "GRANT SELECT, DELETE ON orders_due TO segel_broker",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON orders_due TO segel_gateway",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """Orders stay in their charts."""
    op.drop_table("orders_due")
