"""The life of keys: labels before wrapped keys, floors, and a memory of what was done to them."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import key_records

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LABELLED = "'\\x00'::bytea || substring({key} FROM 2 FOR 4) || {key}"
"""Generation 0 and the KEK's version, which the file KMS writes into bytes 2 to 5."""


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    key_records.create(connection, checkfirst=True)
    for statement in (
        "ALTER TABLE hospitals ADD COLUMN IF NOT EXISTS key_floor bytea NOT NULL"
        " DEFAULT '\\x0000000001'::bytea",
        f"UPDATE patients SET wrapped_key = {LABELLED.format(key='wrapped_key')}"  # noqa: S608
        " WHERE wrapped_key IS NOT NULL",
        f"UPDATE broker_secrets SET wrapped = {LABELLED.format(key='wrapped')}",  # noqa: S608
        "GRANT SELECT, INSERT, UPDATE, DELETE ON key_records TO segel_broker",
        "GRANT SELECT, DELETE ON series, instances, conflicts, series_metadata TO segel_broker",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """There is no way back: unlabelled keys would be read as damaged."""
    raise RuntimeError("this migration cannot be undone")
