"""Which studies have been reported, as keyed tokens."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import report_marks

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    report_marks.create(connection, checkfirst=True)
    for statement in (
        "GRANT SELECT, INSERT ON report_marks TO segel_broker",
        "GRANT SELECT, INSERT, DELETE ON report_marks TO segel_gateway",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """Back to 0010: which studies were reported is seen in their charts."""
    op.drop_table("report_marks")
