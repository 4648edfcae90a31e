"""Yesterday's copy of the database, to be put back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

TABLES = (
    "broker_secrets hospitals key_records erasures accounts sessions patients studies index_tokens"
    " unique_tokens audit_entries log_tiles log_head budget_accounts budget_touches instances"
    " series conflicts series_metadata matching_shards matching_records matching_pictures"
    " unfingerprinted"
).split()


class Snapshot:
    """A copy of what the database held."""

    def __init__(self, database: Any, tables: Sequence[str] = TABLES) -> None:
        self.database = database
        with psycopg.connect(database.owner) as connection:
            self.rows = {table: _copied(connection, table) for table in tables}
            self._keys = connection.execute(
                "SELECT patient_id, wrapped_key FROM patients"
            ).fetchall()

    def wrapped_keys(self) -> dict[UUID, bytes]:
        """The patients' wrapped keys of then."""
        return dict(self._keys)

    def restore(self) -> None:
        with psycopg.connect(self.database.owner) as connection:
            for table, rows in self.rows.items():
                connection.execute(f"TRUNCATE {table}".encode())
                with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write(rows)


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT".encode()) as copy:
        return b"".join(bytes(part) for part in copy)
