"""What the platform was told of a patient: one sealed row, under a key of the patient's own.

It is written before a record is sent and after it was taken, so that whoever comes after a crash
knows for which record to ask before sending it again.
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg_pool import AsyncConnectionPool

from segel.broker import FolderGrant
from segel.records.r4 import encode
from segel.sealing import ObjectContext, derive_token_key, seal, token, unseal
from segel.store.database import database_errors

Json = dict[str, Any]

DIGEST_BYTES: Final = 16


class State(StrEnum):
    """How far a record is."""

    ASKING = "asking"
    """It is being sent: after a crash nobody knows whether the platform has it."""
    SENT = "sent"
    """The platform has it, from here."""
    FOUND = "found"
    """The platform had it from elsewhere: it is referred to, and not changed."""
    REFUSED = "refused"
    """The platform does not take it as it is."""


class Told(msgspec.Struct, frozen=True):
    """One record. ``digest``: of what was sent; ``at_s``: Unix time. The rest of a refusal."""

    state: State
    digest: bytes
    at_s: float
    platform_id: str = ""
    fault: str = ""
    place: str = ""
    what: str = ""
    remedy: str = ""
    status: int = 0


class Book(msgspec.Struct, frozen=True):
    """All of a patient. ``number``: the patient's IHS number; ``nik``: by which it was found.
    ``records``: by reference, ``Observation/…``."""

    number: str = ""
    nik: str = ""
    records: dict[str, Told] = {}

    def with_record(self, reference: str, told: Told) -> "Book":
        """The book with another line."""
        return msgspec.structs.replace(self, records={**self.records, reference: told})

    @property
    def references(self) -> dict[str, str]:
        """The platform's ids of what it has, by our references."""
        return {
            reference: told.platform_id
            for reference, told in self.records.items()
            if told.platform_id
        }


def digest_of(made: Json) -> bytes:
    """Tells one state of what is sent from another."""
    return hashlib.sha256(encode(made)).digest()[:DIGEST_BYTES]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patient's book lies, and its key."""

    patient_id: UUID
    grant: FolderGrant = field(repr=False)

    def named(self, resource_type: str, name: str) -> UUID:
        """A random-looking id for what has none that may be shown: a study."""
        key = derive_token_key(self.grant.key)
        return UUID(bytes=token(key, resource_type, name)[:16], version=4)


_READ: Final = "SELECT version, sealed FROM national_sent WHERE folder_id = %s"
_WRITE: Final = (
    "INSERT INTO national_sent (folder_id, version, sealed)"
    " SELECT %(folder)s, %(version)s, %(sealed)s WHERE NOT EXISTS (SELECT FROM erasures e"
    " WHERE e.patient_id = %(patient)s AND e.study_id IS NULL AND e.state > 0)"
    " ON CONFLICT (folder_id) DO UPDATE SET version = excluded.version, sealed = excluded.sealed"
)


class Books:
    """Reads and writes books. Raises DatabaseAway."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def read(self, place: Place) -> tuple[Book, int]:
        """A patient's book and its version; an empty one, 0, where nothing was sent yet."""
        with database_errors():
            async with self._pool.connection() as connection:
                row = await (await connection.execute(_READ, (place.grant.folder_id,))).fetchone()
        if row is None:
            return Book(), 0
        version, sealed = row
        plain = unseal(place.grant.key, _context(place, version), sealed)
        return msgspec.msgpack.decode(plain, type=Book), version

    async def write(self, place: Place, book: Book, version: int) -> None:
        """Keep a book under its next version, durably when this returns."""
        plain = msgspec.msgpack.encode(book)
        with database_errors():
            async with self._pool.connection() as connection:
                await connection.execute(
                    _WRITE,
                    {
                        "folder": place.grant.folder_id,
                        "version": version,
                        "sealed": bytes(seal(place.grant.key, _context(place, version), plain)),
                        "patient": place.patient_id,
                    },
                )


def _context(place: Place, version: int) -> ObjectContext:
    return ObjectContext(place.patient_id, place.grant.folder_id, version)
