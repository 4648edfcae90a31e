"""The keeper of the keys: one task that brings every key to where it belongs.

It looks at the rows and does what they ask for: wrap anew what is below its floor, then the
broker's own secrets, then keep the wrapped keys' backup, then have the KMS forget the versions
that nothing is under any more. Killed at any instant, the next broker's keeper goes on from there.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker import key_backup
from segel.broker.alone import alone
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.key_rows import BROKER, Deed, HospitalKek, KeyRecord, KeyRows, raise_floor
from segel.broker.keyring import Keyring, version_in
from segel.broker.ledger import Intent, Ledger, Logged
from segel.broker.rewrapping import Rewrapper
from segel.broker.secrets import BROKER_KEK, BrokerSecrets, rewrap_secrets
from segel.domain.clock import Clock
from segel.domain.errors import SegelError
from segel.domain.purpose import Purpose
from segel.keys import KmsError

RETIRE_PAUSE_S: Final = 2.0
"""Between the last key wrapped anew and the old version's end: a request that read the row before
has long unwrapped it."""

TROUBLE_PAUSE_S: Final = 3.0
"""Before another try, where KMS or database failed."""

_LOCK: Final = 0x5E6E3
"""Advisory lock of the broker whose keeper works; compaction has the number before, and
destruction runs the one after."""

Also = Callable[[psycopg.AsyncCursor, bytes], Awaitable[None]]
"""Further writes of the transaction that raises a floor to this label."""

First = Callable[[psycopg.AsyncCursor], Awaitable[None]]
"""What a transaction does first; it may refuse it."""

log = structlog.get_logger()


class Guest(Protocol):
    """Keys beside the patients' and the broker's own, under KEKs of their own."""

    async def keks(self) -> list[str]:
        """The KEKs that its keys are under."""
        ...

    async def left(self) -> int:
        """How many of its keys are not in the newest KMS."""
        ...

    async def move(self) -> None:
        """Wrap its keys in the newest KMS. Raises KmsError."""
        ...


@dataclass(slots=True)
class Work:
    """What the keeper is at. ``total`` counts keys; ``trouble`` is why it waits, or ''."""

    state: str
    total: int = 0
    done: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0
    trouble: str = ""

    @property
    def seconds(self) -> float:
        """How long it has worked on these keys."""
        return (self.ended_s or time.monotonic()) - self.began_s if self.total else 0.0


class Keeper:
    """Start with ``run``; ``rotate`` and ``wake`` give it something to do."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        keyring: Keyring,
        secrets: BrokerSecrets,
        ledger: Ledger,
        backup: Path,
        *,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._keyring = keyring
        self._secrets = secrets
        self._ledger = ledger
        self._backup = backup
        self._clock = clock
        self._rewrapper = Rewrapper(pool, keyring)
        self._due = asyncio.Event()
        self._due.set()  # what an earlier life left
        self.rows = KeyRows(pool, secrets)
        self.work = Work("waiting")
        self.due: list[Callable[[], Awaitable[None]]] = []
        """Called before the keys are looked at: whoever needs a floor raised does it here."""
        self.backed_up: list[Callable[[], Awaitable[None]]] = []
        """Called whenever the wrapped keys' backup was written."""
        self.guests: list[Guest] = []
        """Keys beside the patients' that go along to another KMS."""
        self.settled: list[Callable[[], Awaitable[None]]] = []
        """Called whenever every key is where it belongs and old versions are gone."""

    def wake(self) -> None:
        """There is something to do."""
        self.work = Work("waiting")
        self._due.set()

    @property
    def busy(self) -> bool:
        """Whether something is under way or about to be."""
        return self.work.state != "idle"

    async def run(self) -> None:
        """Do what is to be done whenever woken, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                async with self.alone() as ours:
                    if ours:
                        await self._work()
                        # Woken meanwhile, what it was woken for is still to be done.
                        self.work.state = "waiting" if self._due.is_set() else "idle"
                        self.work.trouble = ""
                    else:
                        self.work.state = "another broker is at it"
                        await asyncio.sleep(TROUBLE_PAUSE_S)
                        self._due.set()
            except* (SegelError, psycopg.Error, PoolTimeout, OSError) as failures:
                failure = _first(failures)
                log.warning("keys not settled", kind=type(failure).__name__)
                self.work.state, self.work.trouble = "waiting", _words(failure)
                await asyncio.sleep(TROUBLE_PAUSE_S)
                self._due.set()

    async def rotate(self, code: str | None) -> None:
        """A new version of a hospital's KEK, or of every KEK (None), and the keeper to follow.

        Raises KmsError; what was rotated by then is finished all the same.
        """
        hospitals = [one for one in await self.rows.hospitals() if code is None or one.code == code]
        try:
            for hospital in hospitals:
                await self.rotate_hospital(hospital)
            if code is None:
                made = await asyncio.to_thread(self._keyring.rotate, BROKER_KEK)
                await self._log("key rotated", KeyRecord(Deed.ROTATED, self._clock(), BROKER, made))
        finally:
            self.wake()

    async def rotate_hospital(self, hospital: HospitalKek, also: Also | None = None) -> bytes:
        """A new version of one KEK; its label. Call ``wake`` after."""
        made = await asyncio.to_thread(self._keyring.rotate, hospital.kek_id)
        record = KeyRecord(Deed.ROTATED, self._clock(), hospital.code, made)
        await self._log("key rotated", record, hospital.hospital_id, made, also)
        return made

    async def log(
        self,
        what: str,
        record: KeyRecord,
        hospital_id: UUID | None = None,
        floor: bytes | None = None,
        *,
        first: First | None = None,
    ) -> Logged:
        """Log a deed and remember it, in one transaction; where given, with a floor."""
        return await self._log(what, record, hospital_id, floor, first=first)

    async def remaining(self) -> int:
        """Keys that are below their floors."""
        return await self._rewrapper.remaining()

    async def back_up(self) -> None:
        """Write the wrapped keys' backup anew, and what is kept beside it."""
        async with self._pool.connection() as connection:
            await key_backup.write(connection, self._backup, self._secrets, self._clock())
        for call in self.backed_up:
            await call()

    async def _work(self) -> None:
        for call in self.due:
            await call()
        hospitals = await self.rows.hospitals()
        total = await self._rewrapper.remaining()
        self.work = Work("rewrapping", total=total, began_s=time.monotonic())
        if total:
            await self._rewrapper.run({one.hospital_id: one.kek_id for one in hospitals}, self._did)
            self.work.ended_s = time.monotonic()
        self.work.state = "finishing"
        await self._renew_secrets()
        for guest in self.guests:
            await guest.move()
        if await self._rewrapper.remaining() == 0:
            await self._retire(hospitals)
            for call in self.settled:
                await call()

    def _did(self, keys: int) -> None:
        self.work.done += keys

    async def _renew_secrets(self) -> None:
        newest = await asyncio.to_thread(self._keyring.newest_label, BROKER_KEK)
        async with self._pool.connection() as connection:
            await rewrap_secrets(connection, self._keyring, newest)

    async def _retire(self, hospitals: list[HospitalKek]) -> None:
        due = await asyncio.to_thread(self._retirable, hospitals)
        if not due:
            return
        await asyncio.sleep(RETIRE_PAUSE_S)
        # The backup first: once the versions are gone it is what an older database is healed from.
        await self.back_up()
        for code, kek_id, floor in due:
            await asyncio.to_thread(self._keyring.retire_below, kek_id, floor)
            record = KeyRecord(Deed.RETIRED, self._clock(), code, floor)
            await self._log("key versions retired", record)

    def _retirable(self, hospitals: list[HospitalKek]) -> list[tuple[str, str, bytes]]:
        """Code, KEK and floor wherever a version below the floor still opens."""
        ours = [(one.code, one.kek_id, one.floor) for one in hospitals]
        ours.append((BROKER, BROKER_KEK, self._keyring.newest_label(BROKER_KEK)))
        return [
            (code, kek_id, floor)
            for code, kek_id, floor in ours
            if floor[0] == self._keyring.generation
            and self._keyring.versions(kek_id).oldest < version_in(floor)
        ]

    async def _log(
        self,
        what: str,
        record: KeyRecord,
        hospital_id: UUID | None = None,
        floor: bytes | None = None,
        also: Also | None = None,
        first: First | None = None,
    ) -> Logged:
        async def apply(cursor: psycopg.AsyncCursor) -> None:
            if first is not None:
                await first(cursor)
            if hospital_id is not None and floor is not None:
                await raise_floor(cursor, hospital_id, floor)
                if also is not None:
                    await also(cursor, floor)
            await self.rows.record(cursor, record)

        event = Event(
            kind=Kind.KEYS,
            outcome=Outcome.SUCCESS,
            account_id=None,
            role="operator",
            hospital_id=hospital_id,
            session_id=None,
            purpose=Purpose.SYSTEM_ADMINISTRATION,
            route="operator",
            detail=f"{what} {version_in(record.label)}" if record.label else what,
        )
        return await self._ledger.commit(Intent(event, apply=apply))

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """Whether no other broker's keeper is at work; it is kept out while this lasts."""
        return alone(self._pool, _LOCK)


def _first(failures: BaseExceptionGroup[Exception]) -> BaseException:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _words(failure: BaseException) -> str:
    if isinstance(failure, KmsError):
        return str(failure)
    return "The database or the disk failed; it is tried again."
