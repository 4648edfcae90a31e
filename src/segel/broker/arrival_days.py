"""A port's days of arrival, each with a key of its own that dies a fortnight later.

::

    KMS ─▶ KEK of the day (of all ports) ─▶ key of one port's day (stored wrapped)
                                               ─▶ what each traveller declared, and its summary

A KEK for each day: when it is over, the KMS forgets it, and no copy of the database opens what
arrived on that day. Nothing has to be wrapped anew for it, and no backup written (decision 051).
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker import guest_keys
from segel.broker.errors import BrokerUnavailable, DeclarationOver
from segel.broker.index import Index
from segel.broker.keyring import Keyring, label_of
from segel.broker.secrets import BrokerSecrets
from segel.broker.unwrapping import Unwrapper
from segel.domain.declarations import Window, window_of
from segel.keys import KekDestroyed, KmsError, PlainKey, WrappedKey
from segel.sealing import ObjectContext, derive_scope_key, new_patient_key, seal, token, unseal

ATTEMPTS_MAX: Final = 5
"""To make a day, where keys are moved to another KMS meanwhile."""

_DECLARED: Final = "declarations"
_SUMMARIES: Final = "declarations' summaries"
_VESSELS: Final = "vessels"
_MOVED: Final = b"UPDATE arrival_days SET wrapped_key = %s WHERE day_id = %s AND wrapped_key = %s"
_COLUMNS: Final = "day_id, hospital_id, wrapped_key, sealed"


class DayRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Sealed in a day's row. ``arrival``: ISO; ``declared``: how many there were when it ended;
    times are Unix times, 0 for not yet."""

    arrival: str
    declared: int = 0
    destroyed_s: float = 0.0
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class ArrivalDay:
    """One row. ``wrapped`` None: its key was destroyed."""

    day_id: UUID
    hospital_id: UUID
    wrapped: bytes | None = field(repr=False)
    record: DayRecord

    @property
    def arrival(self) -> date:
        """The day."""
        return date.fromisoformat(self.record.arrival)

    @property
    def window(self) -> Window:
        """The life of what is declared for it."""
        return window_of(self.arrival)

    @property
    def kek_id(self) -> str:
        """The KEK of everything that arrives on this day."""
        return f"arrivals-{self.record.arrival}"


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A day with its key."""

    day: ArrivalDay
    key: bytes = field(repr=False)

    def vessel_id(self, conveyance: str, vessel: str) -> UUID:
        """What those who come by one vessel have in common; it tells nothing without the key."""
        made = token(derive_scope_key(self.key, _VESSELS), "vessel", conveyance, vessel)
        return UUID(bytes=made[:16], version=4)

    def seal(self, declaration_id: UUID, version: int, plain: bytes) -> bytes:
        """What was declared, as its row holds it."""
        return self._sealed(_DECLARED, declaration_id, version, plain)

    def seal_summary(self, declaration_id: UUID, version: int, plain: bytes) -> bytes:
        """What officers' lists show of it."""
        return self._sealed(_SUMMARIES, declaration_id, version, plain)

    def open(self, declaration_id: UUID, version: int, sealed: bytes) -> bytes:
        """Raises SealBroken."""
        return self._opened(_DECLARED, declaration_id, version, sealed)

    def open_summary(self, declaration_id: UUID, version: int, sealed: bytes) -> bytes:
        """Raises SealBroken."""
        return self._opened(_SUMMARIES, declaration_id, version, sealed)

    def _sealed(self, scope: str, declaration_id: UUID, version: int, plain: bytes) -> bytes:
        context = ObjectContext(self.day.day_id, declaration_id, version)
        return bytes(seal(derive_scope_key(self.key, scope), context, plain))

    def _opened(self, scope: str, declaration_id: UUID, version: int, sealed: bytes) -> bytes:
        context = ObjectContext(self.day.day_id, declaration_id, version)
        return unseal(derive_scope_key(self.key, scope), context, sealed)


class ArrivalDays:
    """Finds, opens and makes days; a guest of the keeper's when keys are moved."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        unwrapper: Unwrapper,
        keyring: Keyring,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._unwrapper = unwrapper
        self._keyring = keyring

    async def of(self, hospital_id: UUID, days: Iterable[date]) -> list[ArrivalDay]:
        """A port's days that there are among these, in their order."""
        tokens = [self._token(hospital_id, one) for one in days]
        found = await self._select("WHERE day_token = ANY(%b::bytea[])", (tokens,))
        return sorted(found, key=lambda one: one.record.arrival)

    async def of_hospital(self, hospital_id: UUID) -> list[ArrivalDay]:
        """All days of a port, the newest first."""
        found = await self._select("WHERE hospital_id = %s", (hospital_id,))
        return sorted(found, key=lambda one: one.record.arrival, reverse=True)

    async def living(self) -> list[ArrivalDay]:
        """Every port's days whose keys are there."""
        return await self._select("WHERE wrapped_key IS NOT NULL", ())

    async def uncertified(self) -> list[ArrivalDay]:
        """Every port's days whose keys were destroyed, and whose KEKs may be there."""
        dead = await self._select("WHERE wrapped_key IS NULL", ())
        return [day for day in dead if not day.record.certificate]

    async def opened(self, day: ArrivalDay) -> OpenDay:
        """A day with its key. Raises DeclarationOver, BrokerUnavailable."""
        if day.wrapped is None:
            raise over()
        wrapped = WrappedKey(day.kek_id, day.wrapped, day.day_id.bytes)
        return OpenDay(day, await self._unwrapper.one(wrapped))

    async def ensured(self, hospital_id: UUID, arrival: date) -> OpenDay:
        """A port's day, made where nobody has declared for it yet. Raises DeclarationOver,
        BrokerUnavailable."""
        for _ in range(ATTEMPTS_MAX):
            found = await self.of(hospital_id, [arrival])
            if found:
                return await self.opened(found[0])
            await self._make(hospital_id, arrival)
        raise BrokerUnavailable("Keys are being moved.", remedy="Try again.")

    async def _make(self, hospital_id: UUID, arrival: date) -> None:
        record = DayRecord(arrival=arrival.isoformat())
        day = ArrivalDay(uuid4(), hospital_id, None, record)
        try:
            await asyncio.to_thread(self._keyring.create_kek, day.kek_id)
        except KekDestroyed:
            raise over() from None
        except KmsError as failure:
            raise self._unwrapper.refusal(failure) from failure
        plain = PlainKey(day.kek_id, new_patient_key(), day.day_id.bytes)
        wrapped = await self._unwrapper.wrap(plain)
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute("SELECT max(key_floor) FROM hospitals")
            row = await cursor.fetchone()
            if row and row[0] and label_of(wrapped)[0] < row[0][0]:
                self._unwrapper.follow(row[0][0])  # another broker moves keys
                return
            await cursor.execute(
                f"INSERT INTO arrival_days ({_COLUMNS}, day_token) VALUES (%s, %s, %s, %s, %s)"  # noqa: S608
                " ON CONFLICT (day_token) DO NOTHING",
                (
                    day.day_id,
                    hospital_id,
                    wrapped,
                    self._seal(day.day_id, record),
                    self._token(hospital_id, arrival),
                ),
            )

    # --- in the ledger's transaction ----------------------------------------------------------

    async def end(self, cursor: psycopg.AsyncCursor, day: ArrivalDay, destroyed_s: float) -> int:
        """Take a day's key and all that was declared for it; how many there were."""
        await cursor.execute("DELETE FROM declarations WHERE day_id = %s", (day.day_id,))
        declared = cursor.rowcount
        record = msgspec.structs.replace(day.record, declared=declared, destroyed_s=destroyed_s)
        await cursor.execute(
            "UPDATE arrival_days SET wrapped_key = NULL, sealed = %s WHERE day_id = %s",
            (self._seal(day.day_id, record), day.day_id),
        )
        return declared

    async def sweep(self, cursor: psycopg.AsyncCursor, day: ArrivalDay) -> None:
        """Take what came while the day was being ended."""
        await cursor.execute("DELETE FROM declarations WHERE day_id = %s", (day.day_id,))

    async def certify(self, day: ArrivalDay, certificate: str) -> None:
        """Keep the certificate of a day's end."""
        record = msgspec.structs.replace(day.record, certificate=certificate)
        async with self._pool.connection() as connection:
            await connection.execute(
                "UPDATE arrival_days SET sealed = %s WHERE day_id = %s",
                (self._seal(day.day_id, record), day.day_id),
            )

    # --- when keys are moved ------------------------------------------------------------------

    async def keks(self) -> list[str]:
        """The KEKs of days whose end is not certified."""
        uncertified = await self.living() + await self.uncertified()
        return sorted({day.kek_id for day in uncertified})

    async def left(self) -> int:
        """How many days' keys are not in the newest KMS."""
        return len(guest_keys.behind(self._keyring, await self._keys()))

    async def move(self) -> None:
        """Bring days' keys to the newest KMS. Raises KmsError."""
        await guest_keys.move(self._pool, self._keyring, await self._keys(), _MOVED)

    async def _keys(self) -> list[WrappedKey]:
        return [
            WrappedKey(day.kek_id, day.wrapped, day.day_id.bytes)
            for day in await self.living()
            if day.wrapped
        ]

    # --- how ----------------------------------------------------------------------------------

    async def _select(self, where: str, values: Sequence[object]) -> list[ArrivalDay]:
        async with self._pool.connection() as connection:
            sql = f"SELECT {_COLUMNS} FROM arrival_days {where}"  # noqa: S608
            rows = await (await connection.execute(sql.encode(), values)).fetchall()
        return [self.read(*row) for row in rows]

    def read(
        self, day_id: UUID, hospital_id: UUID, wrapped: bytes | None, sealed: bytes
    ) -> ArrivalDay:
        """A row of these columns."""
        plain = self._secrets.open_row(day_id, sealed)
        record = msgspec.json.decode(plain, type=DayRecord)
        return ArrivalDay(day_id, hospital_id, wrapped, record)

    def _seal(self, day_id: UUID, record: DayRecord) -> bytes:
        return self._secrets.seal_row(day_id, msgspec.json.encode(record))

    def _token(self, hospital_id: UUID, arrival: date) -> bytes:
        return self._index.arrival_day(hospital_id, arrival.isoformat())


def over() -> DeclarationOver:
    """What is said of a declaration whose time is over."""
    return DeclarationOver(
        "The time of this declaration is over.", remedy="Speak to the health officer at the port."
    )
