"""What is kept of cards: sealed in the patient's record, and of revoked ones the marks.

A patient's cards lie in ``resources`` as everything of a patient does: in a folder that only the
broker can name and open. Beside them lies whether the patient agreed to have cards made. A mark is
a hash of something random that stands in one card; no row leads from it to anybody.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.card_making import Row
from segel.broker.index import Index
from segel.broker.messages import CardLine
from segel.broker.patients import PatientRow
from segel.broker.registry import ChangedMeanwhile
from segel.domain.records import CARDS
from segel.sealing import ObjectContext, seal, unseal

KEPT_AFTER_END_S: Final = 30 * 86_400
"""How long a card is still shown after it ended; then what was kept of it goes."""
ROWS_MAX: Final = 5_000
"""Of one folder: as many as a chart's search opens."""


class KeptCard(msgspec.Struct, frozen=True, tag="card", kw_only=True, omit_defaults=True):
    """A card as it is sealed. Times are Unix seconds; ``marks``: what it is revoked by."""

    resource_id: UUID
    method: str
    sampled_s: float
    issued_s: float
    ends_s: float
    certificate: str
    health_card: str
    rid: str
    marks: tuple[bytes, ...]
    by_account: UUID
    revoked_s: float = 0.0

    def __repr__(self) -> str:
        return "KeptCard(...)"


class KeptConsent(msgspec.Struct, frozen=True, tag="consent", kw_only=True):
    """Whether the patient agreed to have cards made; who wrote it down."""

    agreed: bool
    at_s: float
    by_account: UUID


Kept = KeptCard | KeptConsent


@dataclass(frozen=True, slots=True)
class Held:
    """One row of the folder, opened."""

    row_id: UUID
    version: int
    kept: Kept = field(repr=False)


@dataclass(frozen=True, slots=True)
class CardFolder:
    """A patient's cards, the newest first."""

    rows: tuple[Held, ...]

    @property
    def consent(self) -> Held | None:
        """Whether they agreed; None where nobody ever said."""
        return next((one for one in self.rows if isinstance(one.kept, KeptConsent)), None)

    @property
    def agreed(self) -> bool:
        """Whether they agree now."""
        found = self.consent
        return found is not None and isinstance(found.kept, KeptConsent) and found.kept.agreed

    def cards(self) -> list[tuple[Held, KeptCard]]:
        """The cards alone, the newest first."""
        found = [(one, one.kept) for one in self.rows if isinstance(one.kept, KeptCard)]
        return sorted(found, key=lambda one: one[1].issued_s, reverse=True)

    def card(self, card_id: UUID) -> tuple[Held, KeptCard] | None:
        """One of them."""
        return next((one for one in self.cards() if one[0].row_id == card_id), None)


class CardRows:
    """Reads and writes of one broker's pool. ``now``: the ledger's time."""

    def __init__(self, pool: AsyncConnectionPool, index: Index, now: Callable[[], float]) -> None:
        self._pool = pool
        self._index = index
        self._now = now

    async def folder(self, patient: PatientRow) -> CardFolder:
        """What is kept of a patient. Raises SealBroken."""
        key, found = patient.folder_key(CARDS), []
        for row_id, version, sealed in await self.rows(patient.patient_id, CARDS):
            plain = unseal(key, ObjectContext(patient.patient_id, row_id, version), sealed)
            found.append(Held(row_id, version, msgspec.msgpack.decode(plain, type=Kept)))
        return CardFolder(tuple(found))

    async def rows(self, patient_id: UUID, resource_type: str) -> list[Row]:
        """The newest version of everything of a type in a patient's record."""
        folder_id = self._index.folder(patient_id, resource_type)
        return await self._fetch(
            "SELECT DISTINCT ON (resource_id) resource_id, version, sealed FROM resources"
            " WHERE folder_id = %s ORDER BY resource_id, version DESC LIMIT %s",
            (folder_id, ROWS_MAX),
        )

    async def row(self, patient_id: UUID, resource_type: str, resource_id: UUID) -> Row | None:
        """The newest version of one resource of a patient."""
        folder_id = self._index.folder(patient_id, resource_type)
        found = await self._fetch(
            "SELECT resource_id, version, sealed FROM resources"
            " WHERE folder_id = %s AND resource_id = %s ORDER BY version DESC LIMIT 1",
            (folder_id, resource_id),
        )
        return found[0] if found else None

    async def write(self, cursor: psycopg.AsyncCursor, patient: PatientRow, held: Held) -> None:
        """Write a version. Raises ChangedMeanwhile where another one is there, before anything is
        written."""
        context = ObjectContext(patient.patient_id, held.row_id, held.version)
        plain = msgspec.msgpack.encode(held.kept)
        folder_id = self._index.folder(patient.patient_id, CARDS)
        await cursor.execute(
            "INSERT INTO resources (folder_id, resource_id, version, sealed)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (folder_id, held.row_id, held.version, seal(patient.folder_key(CARDS), context, plain)),
        )
        if cursor.rowcount != 1:
            raise ChangedMeanwhile

    async def forget_ended(
        self, cursor: psycopg.AsyncCursor, patient_id: UUID, folder: CardFolder, now_s: float
    ) -> None:
        """Take away what ended long ago."""
        gone = [
            held.row_id for held, card in folder.cards() if card.ends_s + KEPT_AFTER_END_S < now_s
        ]
        if gone:
            await cursor.execute(
                "DELETE FROM resources WHERE folder_id = %s AND resource_id = ANY(%s::uuid[])",
                (self._index.folder(patient_id, CARDS), gone),
            )

    async def mark(
        self, cursor: psycopg.AsyncCursor, marks: Iterable[bytes], rid: str, ends_s: float
    ) -> int:
        """Revoke a card by its marks; again changes nothing. How many were new."""
        month, new = _month(ends_s), 0
        for mark in marks:
            said = rid.encode() if mark[0] == HEALTH_CARD else b""
            await cursor.execute(
                "INSERT INTO card_marks (mark, month, rid) VALUES (%s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (mark, month, said),
            )
            new += cursor.rowcount
        return new

    async def take(self, cursor: psycopg.AsyncCursor, marks: Sequence[bytes], ends_s: float) -> int:
        """Revoke many cards of others', all of which have ended by ``ends_s``. How many marks were
        new."""
        await cursor.execute(
            "INSERT INTO card_marks (mark, month, rid)"
            " SELECT mark, %s, '' FROM unnest(%s::bytea[]) AS mark ON CONFLICT DO NOTHING",
            (_month(ends_s), list(marks)),
        )
        return cursor.rowcount

    async def known(self) -> int:
        """How many marks there are."""
        return int((await self._fetch("SELECT count(*) FROM card_marks", ()))[0][0])

    async def look(self) -> int:
        """Take away the marks of cards that have ended with the months before; how many."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "DELETE FROM card_marks WHERE month < %s", (_month(self._now()),)
            )
            return cursor.rowcount

    async def _fetch(self, statement: str, values: Sequence[object]) -> list[Row]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall()


HEALTH_CARD: Final = 4
"""The kind of a SMART Health Card's mark (``segel.cards.MarkKind``)."""


def line_of(held: Held, card: KeptCard) -> CardLine:
    """A card as the doors have it."""
    return CardLine(
        card_id=held.row_id,
        resource_id=card.resource_id,
        method=card.method,
        sampled_s=card.sampled_s,
        issued_s=card.issued_s,
        ends_s=card.ends_s,
        certificate=card.certificate,
        health_card=card.health_card,
        revoked_s=card.revoked_s,
    )


def _month(at_s: float) -> date:
    return datetime.fromtimestamp(at_s, UTC).date().replace(day=1)
