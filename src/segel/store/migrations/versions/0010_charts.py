"""FHIR resources, sealed in folders, and whose folder each is."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import PARTITIONS, folders, resources

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    folders.create(connection, checkfirst=True)
    resources.create(connection, checkfirst=True)
    for remainder in range(PARTITIONS):
        connection.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS {resources.name}_{remainder:02d}"
                f" PARTITION OF {resources.name}"
                f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {remainder})"
            )
        )
    for statement in (
        "GRANT SELECT, INSERT, UPDATE, DELETE ON folders TO segel_broker",
        "GRANT SELECT, DELETE ON resources TO segel_broker",
        "GRANT SELECT, INSERT ON resources TO segel_gateway",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """There is no way back: what doctors wrote would be lost."""
    raise RuntimeError("this migration cannot be undone")
