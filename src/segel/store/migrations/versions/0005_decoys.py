"""Decoys, and names spread over many tokens: a patient's row says how its tokens were made.

The tokens themselves are made anew by the broker, which alone can (``broker/reindexing.py``).
"""

from alembic import op
from sqlalchemy import text

from segel.store.schema import decoy_watches

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing."""
    connection = op.get_bind()
    decoy_watches.create(connection, checkfirst=True)
    for statement in (
        "ALTER TABLE patients ADD COLUMN IF NOT EXISTS index_version smallint NOT NULL DEFAULT 1",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON decoy_watches TO segel_broker",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """Patients that were made anew are not found by their old tokens."""
    raise RuntimeError("this migration cannot be undone")
