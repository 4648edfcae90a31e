"""Tables of laboratory results between the steps of their import, sealed and for a while."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import sheets

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    sheets.create(connection, checkfirst=True)
    for statement in (
        "GRANT SELECT, INSERT, UPDATE, DELETE ON sheets TO segel_gateway",
        "GRANT SELECT, DELETE ON sheets TO segel_worker",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """There is no way back: what was being imported would be lost."""
    raise RuntimeError("this migration cannot be undone")
