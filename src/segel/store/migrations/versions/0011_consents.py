"""What patients decided about the use of their records."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import consents

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    consents.create(connection, checkfirst=True)
    for statement in (
        "ALTER TABLE patients ADD COLUMN IF NOT EXISTS consent_mark uuid",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON consents TO segel_broker",
        "GRANT INSERT ON resources TO segel_broker",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """There is no way back: what patients declined would be open again."""
    raise RuntimeError("this migration cannot be undone")
