"""People registered twice: pairs of patients to look at, and who was not yet compared."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import pair_ends, pairs, uncompared

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (pairs, pair_ends, uncompared):
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )
    connection.execute(
        text(
            "INSERT INTO uncompared (patient_id)"
            " SELECT patient_id FROM patients WHERE wrapped_key IS NOT NULL ON CONFLICT DO NOTHING"
        )
    )


def downgrade() -> None:
    """There is no way back: what people found would be lost."""
    raise RuntimeError("this migration cannot be undone")
