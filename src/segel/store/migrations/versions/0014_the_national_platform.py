"""Hospitals that tell the national platform, patients who wait, letters, and what was sent."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import national_hospitals, national_letters, national_queue, national_sent

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (national_hospitals, national_queue, national_letters, national_sent):
        table.create(connection, checkfirst=True)
    for statement in (
        "GRANT SELECT, INSERT, UPDATE, DELETE ON national_hospitals, national_queue,"
        " national_letters TO segel_broker",
        "GRANT SELECT, DELETE ON national_sent TO segel_broker",
        "GRANT SELECT, INSERT, UPDATE ON national_sent TO segel_gateway",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """There is no way back: what was sent would be sent again."""
    raise RuntimeError("this migration cannot be undone")
