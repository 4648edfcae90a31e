"""The rows of the national platform: hospitals that tell it, patients who wait, letters.

A row names random ids and keyed tokens. A patient who waits has one row, however much changed:
what is to be told is found out from the chart when it is opened.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.index import Index
from segel.broker.messages.national import Letter
from segel.broker.secrets import BrokerSecrets
from segel.broker.settings import GRANT_S
from segel.domain.clock import Clock
from segel.domain.records import SENT

LOOKED_MAX: Final = 200
"""Rows opened in one look for a patient who is due; the next look goes on after them."""

LETTERS_MAX: Final = 1_000
"""Opened for one list; of more the first are shown."""

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class HospitalAtPlatform(msgspec.Struct, frozen=True):
    """How a hospital is known at the platform, as it is sealed. Times are Unix seconds."""

    account_id: UUID
    organisation: str
    location: str
    client_id: str
    client_secret: str
    add_numbers: bool
    revision: UUID
    trouble: str = ""
    since_s: float = 0.0
    last_sent_s: float = 0.0


class Waiting(msgspec.Struct, frozen=True):
    """A patient of whom something may be to be told, as it is sealed.

    ``mark``: changes with each change of the chart. ``keep_until_s``: as long as a key that was
    released for the change may still be used to write; until then the row stays.
    """

    patient_id: UUID
    mark: UUID
    due_s: float
    keep_until_s: float
    again: bool = False
    attempts: int = 0


class LetterRecord(msgspec.Struct, frozen=True):
    """A letter as it is sealed."""

    patient_id: UUID
    letter: Letter
    since_s: float
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class KnownHospital:
    """An opened row."""

    hospital_id: UUID
    active: bool
    record: HospitalAtPlatform


@dataclass(frozen=True, slots=True)
class KnownLetter:
    """An opened row."""

    letter_id: UUID
    hospital_id: UUID
    record: LetterRecord


class National:
    """Reads and writes the rows. ``quiet_s``: how long a chart lies still before it is told of;
    None: the settings name no platform, and nothing is noted."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        clock: Clock,
        quiet_s: float | None,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._clock = clock
        self._quiet_s = quiet_s
        self._looked: dict[UUID, UUID] = {}

    @property
    def has_platform(self) -> bool:
        """Whether the settings name one."""
        return self._quiet_s is not None

    # --- marking ------------------------------------------------------------------------------

    def marking(self, hospital_id: UUID, patient_id: UUID) -> Apply | None:
        """What notes, with the release of a key to write, that a chart may change by it."""
        if self._quiet_s is None:
            return None
        now_s = self._clock()
        waiting = Waiting(patient_id, uuid4(), now_s + self._quiet_s, now_s + GRANT_S)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._put(cursor, hospital_id, waiting)

        return apply

    async def mark_again(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID, patient_id: UUID
    ) -> None:
        """Have a patient's letters tried once more, now."""
        now_s = self._clock()
        await self._put(cursor, hospital_id, Waiting(patient_id, uuid4(), now_s, now_s, again=True))

    async def _put(self, cursor: psycopg.AsyncCursor, hospital_id: UUID, waiting: Waiting) -> None:
        entry_id = self._index.national(waiting.patient_id)
        await cursor.execute(
            "INSERT INTO national_queue (entry_id, hospital_id, sealed)"
            " SELECT %(entry)s, %(hospital)s, %(sealed)s WHERE EXISTS (SELECT FROM"
            " national_hospitals WHERE hospital_id = %(hospital)s AND active)"
            " ON CONFLICT (entry_id) DO UPDATE SET sealed = excluded.sealed",
            {
                "entry": entry_id,
                "hospital": hospital_id,
                "sealed": self._secrets.seal_row(entry_id, msgspec.json.encode(waiting)),
            },
        )

    # --- working ------------------------------------------------------------------------------

    async def due(self, hospital_id: UUID) -> tuple[UUID, Waiting] | None:
        """A patient who is due, after the one of the last look; None where nobody is."""
        now_s = self._clock()
        after = self._looked.get(hospital_id, UUID(int=0))
        for begin in dict.fromkeys((after, UUID(int=0))):
            async with self._pool.connection() as connection:
                rows = await (
                    await connection.execute(
                        "SELECT entry_id, sealed FROM national_queue"
                        " WHERE hospital_id = %s AND entry_id > %s ORDER BY entry_id LIMIT %s",
                        (hospital_id, begin, LOOKED_MAX),
                    )
                ).fetchall()
            for entry_id, sealed in rows:
                waiting = self._waiting(entry_id, sealed)
                self._looked[hospital_id] = entry_id
                if waiting.due_s <= now_s:
                    return entry_id, waiting
            if len(rows) == LOOKED_MAX:
                return None  # the next look goes on from here
        self._looked.pop(hospital_id, None)
        return None

    async def entry(self, hospital_id: UUID, entry_id: UUID) -> Waiting | None:
        """A patient who waits."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT sealed FROM national_queue WHERE entry_id = %s AND hospital_id = %s",
                    (entry_id, hospital_id),
                )
            ).fetchone()
        return self._waiting(entry_id, row[0]) if row else None

    async def settle(
        self,
        hospital_id: UUID,
        entry_id: UUID,
        mark: UUID,
        later_s: float,
        letters: list[Letter] | None,
    ) -> None:
        """End a round; what changed meanwhile keeps its place."""
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute(
                "SELECT sealed FROM national_queue WHERE entry_id = %s AND hospital_id = %s"
                " FOR UPDATE",
                (entry_id, hospital_id),
            )
            row = await cursor.fetchone()
            if row is None:
                return
            waiting = self._waiting(entry_id, row[0])
            if letters is not None:
                await self._write_letters(cursor, hospital_id, entry_id, waiting, letters)
            if waiting.mark != mark:
                return
            now_s = self._clock()
            if later_s:
                after = msgspec.structs.replace(
                    waiting, due_s=now_s + later_s, attempts=waiting.attempts + 1
                )
            elif now_s < waiting.keep_until_s:
                after = msgspec.structs.replace(
                    waiting, due_s=waiting.keep_until_s, again=False, attempts=0
                )
            else:
                await cursor.execute("DELETE FROM national_queue WHERE entry_id = %s", (entry_id,))
                return
            await cursor.execute(
                "UPDATE national_queue SET sealed = %s WHERE entry_id = %s",
                (self._secrets.seal_row(entry_id, msgspec.json.encode(after)), entry_id),
            )

    async def forget_entry(self, entry_id: UUID) -> None:
        """Tell nothing of a patient, for what was noted until now."""
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM national_queue WHERE entry_id = %s", (entry_id,))

    async def _write_letters(
        self,
        cursor: psycopg.AsyncCursor,
        hospital_id: UUID,
        entry_id: UUID,
        waiting: Waiting,
        letters: list[Letter],
    ) -> None:
        """Have exactly these; one that was dropped stays so while its record is the same."""
        await cursor.execute(
            "SELECT letter_id, sealed FROM national_letters WHERE entry_id = %s", (entry_id,)
        )
        before = {row[0]: self._letter(*row) for row in await cursor.fetchall()}
        await cursor.execute("DELETE FROM national_letters WHERE entry_id = %s", (entry_id,))
        for letter in letters:
            letter_id = self._index.national_letter(letter.resource_type, letter.resource_id)
            old = before.get(letter_id)
            same = old is not None and old.letter.version == letter.version
            record = LetterRecord(
                waiting.patient_id,
                letter,
                old.since_s if same and old else self._clock(),
                dropped=bool(same and old and old.dropped),
            )
            await cursor.execute(
                "INSERT INTO national_letters (letter_id, entry_id, hospital_id, sealed)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (letter_id, entry_id, hospital_id, self._seal(letter_id, record)),
            )

    # --- hospitals ----------------------------------------------------------------------------

    async def hospitals(self) -> list[KnownHospital]:
        """All that were set up."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT hospital_id, active, sealed FROM national_hospitals"
                )
            ).fetchall()
        return [KnownHospital(one, active, self._hospital(one, row)) for one, active, row in rows]

    async def hospital(self, hospital_id: UUID) -> KnownHospital | None:
        """One that was set up."""
        return next((one for one in await self.hospitals() if one.hospital_id == hospital_id), None)

    async def put_hospital(
        self,
        cursor: psycopg.AsyncCursor,
        hospital_id: UUID,
        record: HospitalAtPlatform,
        *,
        active: bool,
    ) -> None:
        """Set a hospital up, or say anew how it is."""
        await cursor.execute(
            "INSERT INTO national_hospitals (hospital_id, active, sealed) VALUES (%s, %s, %s)"
            " ON CONFLICT (hospital_id)"
            " DO UPDATE SET active = excluded.active, sealed = excluded.sealed",
            (hospital_id, active, self._seal(hospital_id, record)),
        )
        if not active:
            # What changed while nothing is told is told when its chart changes again.
            await cursor.execute(
                "DELETE FROM national_queue WHERE hospital_id = %s", (hospital_id,)
            )

    async def tell_hospital(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID, trouble: str, *, sent: bool
    ) -> HospitalAtPlatform | None:
        """Keep how the platform is for a hospital; what was kept then."""
        await cursor.execute(
            "SELECT sealed FROM national_hospitals WHERE hospital_id = %s FOR UPDATE",
            (hospital_id,),
        )
        row = await cursor.fetchone()
        if row is None:
            return None
        before = self._hospital(hospital_id, row[0])
        now_s = self._clock()
        after = msgspec.structs.replace(
            before,
            trouble=trouble,
            since_s=0.0 if not trouble else before.since_s or now_s,
            last_sent_s=now_s if sent else before.last_sent_s,
        )
        await cursor.execute(
            "UPDATE national_hospitals SET sealed = %s WHERE hospital_id = %s",
            (self._seal(hospital_id, after), hospital_id),
        )
        return after

    # --- counting and letters -----------------------------------------------------------------

    async def counts(self) -> dict[UUID, int]:
        """Patients who wait, by hospital."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT hospital_id, count(*) FROM national_queue GROUP BY hospital_id"
                )
            ).fetchall()
        return {row[0]: int(row[1]) for row in rows}

    async def letters(self, hospital_id: UUID | None = None) -> list[KnownLetter]:
        """Letters that nobody dropped, the newest first."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT letter_id, hospital_id, sealed FROM national_letters"
                    " WHERE %(hospital)s::uuid IS NULL OR hospital_id = %(hospital)s LIMIT %(max)s",
                    {"hospital": hospital_id, "max": LETTERS_MAX},
                )
            ).fetchall()
        found = [KnownLetter(one, where, self._letter(one, row)) for one, where, row in rows]
        waiting = [one for one in found if not one.record.dropped]
        return sorted(waiting, key=lambda one: one.record.since_s, reverse=True)

    async def drop_letter(self, cursor: psycopg.AsyncCursor, known: KnownLetter) -> None:
        """Let a letter be until its record changes."""
        record = msgspec.structs.replace(known.record, dropped=True)
        await cursor.execute(
            "UPDATE national_letters SET sealed = %s WHERE letter_id = %s",
            (self._seal(known.letter_id, record), known.letter_id),
        )

    # --- sealing ------------------------------------------------------------------------------

    def _seal(self, row_id: UUID, record: msgspec.Struct) -> bytes:
        return self._secrets.seal_row(row_id, msgspec.json.encode(record))

    def _hospital(self, row_id: UUID, sealed: bytes) -> HospitalAtPlatform:
        plain = self._secrets.open_row(row_id, sealed)
        return msgspec.json.decode(plain, type=HospitalAtPlatform)

    def _waiting(self, row_id: UUID, sealed: bytes) -> Waiting:
        return msgspec.json.decode(self._secrets.open_row(row_id, sealed), type=Waiting)

    def _letter(self, row_id: UUID, sealed: bytes) -> LetterRecord:
        return msgspec.json.decode(self._secrets.open_row(row_id, sealed), type=LetterRecord)


async def forget_told(cursor: psycopg.AsyncCursor, index: Index, patients: list[UUID]) -> None:
    """Take what the rows say of patients who are erased, and what was sent of them."""
    entries = [index.national(one) for one in patients]
    books = [index.folder(one, SENT) for one in patients]
    await cursor.execute(
        "DELETE FROM national_letters WHERE entry_id = ANY(%b::uuid[])", (entries,)
    )
    await cursor.execute("DELETE FROM national_queue WHERE entry_id = ANY(%b::uuid[])", (entries,))
    await cursor.execute("DELETE FROM national_sent WHERE folder_id = ANY(%b::uuid[])", (books,))
