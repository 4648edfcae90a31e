"""The matching register, and the warrants that open it.

The records of patients who are there already are made by the broker, which alone can
(``broker/reindexing.py``): it looks for patients of an older version of the index.
"""

from alembic import op
from sqlalchemy import text

from segel.store.schema import leak_warrants, matching_records, matching_shards, patients

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (matching_shards, matching_records, leak_warrants):
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )
    connection.execute(text("DROP INDEX IF EXISTS patients_of_older_index"))
    for index in patients.indexes:
        if index.name == "patients_of_older_index":
            index.create(connection)


def downgrade() -> None:
    """Samples are compared with nobody then; made anew, the records are as they were."""
    for table in (leak_warrants, matching_records, matching_shards):
        op.drop_table(table.name)
