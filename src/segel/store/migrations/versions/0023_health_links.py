"""Links to what patients share."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import health_link_files, health_links

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (health_links, health_link_files):
        table.create(connection, checkfirst=True)
    for statement in (
        "GRANT SELECT, INSERT, UPDATE, DELETE ON health_links TO segel_broker",
        "GRANT SELECT, DELETE ON health_link_files TO segel_broker",
        "GRANT SELECT, INSERT ON health_link_files TO segel_gateway",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """Links are made anew; what they led to is in charts."""
    for table in (health_link_files, health_links):
        op.drop_table(table.name)
