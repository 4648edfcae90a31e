"""Who signs cards, which were revoked, and the lists of both."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import card_lists, card_marks, card_signers

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (card_signers, card_marks, card_lists):
        table.create(connection, checkfirst=True)
    connection.execute(
        text(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON card_signers, card_marks, card_lists"
            " TO segel_broker"
        )
    )


def downgrade() -> None:
    """Of cards that are in use nobody knows afterwards who signed them, or what is revoked."""
    for table in (card_lists, card_marks, card_signers):
        op.drop_table(table.name)
