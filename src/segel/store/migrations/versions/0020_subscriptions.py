"""What hospitals' systems want to be told of, and what is to be told them."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import subscription_events, subscription_hosts, subscriptions

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (subscriptions, subscription_hosts, subscription_events):
        table.create(connection, checkfirst=True)
    for statement in (
        "GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions, subscription_hosts,"
        " subscription_events TO segel_broker",
        "GRANT SELECT, INSERT, UPDATE ON subscription_events TO segel_gateway",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """Systems subscribe anew; what is in charts is not touched."""
    for table in (subscription_events, subscription_hosts, subscriptions):
        op.drop_table(table.name)
