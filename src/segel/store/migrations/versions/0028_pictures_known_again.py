"""Fingerprints of stored images, and what still waits for them.

Of what is stored already everything waits: fingerprints are made by ``segel up``, a few at a time.
"""

from alembic import op
from sqlalchemy import text

from segel.store.schema import matching_pictures, unfingerprinted

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in (matching_pictures, unfingerprinted):
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )
    connection.execute(text("GRANT INSERT ON unfingerprinted TO segel_gateway"))
    for column in ("sealed_place", "sealed_look"):  # what is sealed gets no smaller
        connection.execute(
            text(f"ALTER TABLE matching_pictures ALTER COLUMN {column} SET STORAGE EXTERNAL")
        )
    connection.execute(
        text(
            "INSERT INTO unfingerprinted (object_id, patient_id, study_id)"
            " SELECT object_id, patient_id, study_id FROM instances ON CONFLICT DO NOTHING"
        )
    )


def downgrade() -> None:
    """Pictures are known again by nobody then; made anew, the fingerprints are as they were."""
    for table in (unfingerprinted, matching_pictures):
        op.drop_table(table.name)
