"""Keeping the escrow's file in step with the keys, and remembering splits and rehearsals."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker import escrow_file
from segel.broker.errors import EscrowRefused
from segel.broker.escrow import fingerprint
from segel.broker.escrow_file import EscrowFileBroken
from segel.broker.keeper import Keeper
from segel.broker.key_rows import Deed, KeyRecord
from segel.broker.keyring import Keyring
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock
from segel.domain.errors import SegelError
from segel.keys import WrappedKey

EVERY_S: Final = 60.0
"""How long a new patient's key may be in the KMS's hands only."""

SHARE_OF_TIME: Final = 20
"""Pauses are at least so much longer than the writing was: it reads every patient's row."""

PAGE_ROWS: Final = 1_000

log = structlog.get_logger()


class Escrowing:
    """The broker's side of the escrow. Start ``run``; the keeper calls ``refresh``."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        keyring: Keyring,
        keeper: Keeper,
        folder: Path,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._keyring = keyring
        self._keeper = keeper
        self._folder = folder
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._held: tuple[str, int] | None = None
        """Fingerprint and count of the file as this broker wrote it."""
        keeper.backed_up.append(self.refresh)

    async def split(
        self, public: bytes, test: bytes, test_digest: bytes, shares: int, threshold: int
    ) -> str:
        """Seal to this key from now on; its fingerprint. What was sealed to another goes."""
        named = fingerprint(public)
        detail = {
            "fingerprint": named,
            "shares": str(shares),
            "threshold": str(threshold),
            "public": public.hex(),
            "test": test.hex(),
            "test digest": test_digest.hex(),
        }
        record = KeyRecord(Deed.ESCROW_SPLIT, self._clock(), detail=detail)
        await self._keeper.log(f"escrow {named} split {threshold} of {shares}", record)
        async with self._keeper.alone() as ours:
            if ours:
                await self.refresh()
        # Else the keys are being worked on: they are sealed to it when that is done.
        return named

    async def rehearsed(self, named: str, test: bytes) -> None:
        """Remember that the key was put together, if what was in its test says so."""
        record = await self._split()
        if record is None or record.detail["fingerprint"] != named:
            raise EscrowRefused("This is not the archive's escrow.",
                                remedy="`segel keys status` shows which one is.")  # fmt: skip
        digest = hashlib.sha256(test).hexdigest()
        if not hmac.compare_digest(digest, record.detail["test digest"]):
            raise EscrowRefused("The test key is not the one that was sealed.")
        rehearsal = KeyRecord(Deed.ESCROW_REHEARSED, self._clock(), detail={"fingerprint": named})
        await self._keeper.log(f"escrow {named} rehearsed", rehearsal)

    async def run(self) -> None:
        """Add the keys of new patients now and then, until cancelled."""
        pause_s = EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            began_s = time.monotonic()
            try:
                async with self._keeper.alone() as ours:
                    if ours and await self._is_behind():
                        await self.refresh()
            except (SegelError, psycopg.Error, PoolTimeout, OSError) as failure:
                log.warning("escrow not renewed", kind=type(failure).__name__)
            pause_s = max(EVERY_S, SHARE_OF_TIME * (time.monotonic() - began_s))

    async def refresh(self) -> None:
        """Have the file hold the keys that there are, and no others. Raises KmsError.

        Call it where no other broker's keeper is at work.
        """
        record = await self._split()
        if record is None:
            return
        public = bytes.fromhex(record.detail["public"])
        async with self._one_at_a_time:
            try:
                await self._write(public, await asyncio.to_thread(self._old, public))
            except EscrowFileBroken:
                log.warning("escrow damaged, written anew")
                await self._write(public, None)

    async def _split(self) -> KeyRecord | None:
        records = await self._keeper.rows.records()
        return next((one for one in records if one.deed is Deed.ESCROW_SPLIT), None)

    async def _is_behind(self) -> bool:
        record = await self._split()
        if record is None:
            return False
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT count(*) FROM patients WHERE wrapped_key IS NOT NULL"
                )
            ).fetchone()
        assert row is not None
        return self._held != (record.detail["fingerprint"], row[0])

    def _old(self, public: bytes) -> escrow_file.Tail | None:
        """The file that is there, if it is sealed to the same key."""
        old = escrow_file.read_tail(self._folder)
        return old if old is not None and old.fingerprint == fingerprint(public) else None

    async def _write(self, public: bytes, old: escrow_file.Tail | None) -> None:
        named = fingerprint(public)
        keks = {one.hospital_id: one.kek_id for one in await self._keeper.rows.hospitals()}
        writing = escrow_file.Writing(self._folder, public, old.newest + 1 if old else 1)
        known = escrow_file.read_rows(self._folder) if old else iter(())
        merge = _Merge(known)
        try:
            async for page in self._patients():
                await asyncio.to_thread(self._add, writing, merge, page, keks)
            await asyncio.to_thread(
                writing.finish,
                named,
                self._clock(),
                msgspec.msgpack.encode(self._secrets.raw()),
                {str(hospital): kek for hospital, kek in keks.items()},
                old.segments if old else {},
            )
        except BaseException:
            writing.abandon()
            raise
        self._held = (named, writing.count)

    def _add(
        self,
        writing: escrow_file.Writing,
        merge: "_Merge",
        page: list[tuple[UUID, UUID, bytes, bytes | None]],
        keks: dict[UUID, str],
    ) -> None:
        found = [merge.row(patient, kept) for patient, _, _, kept in page]
        fresh = [row for row, known in zip(page, found, strict=True) if known is None]
        items = [
            WrappedKey(keks[hospital], wrapped, patient.bytes)
            for patient, hospital, wrapped, _ in fresh
        ]
        keys = dict(zip((row[0] for row in fresh), self._keyring.unwrap_many(items), strict=True))
        for (patient, hospital, _, kept), known in zip(page, found, strict=True):
            if known is not None:
                writing.keep(known)
            else:
                writing.add(patient, hospital, kept, keys[patient])

    async def _patients(self) -> AsyncIterator[list[tuple[UUID, UUID, bytes, bytes | None]]]:
        after = UUID(int=0)
        while True:
            async with self._pool.connection() as connection:
                rows = await (
                    await connection.execute(
                        "SELECT patient_id, hospital_id, wrapped_key, kept_keys FROM patients"
                        " WHERE wrapped_key IS NOT NULL AND patient_id > %s"
                        " ORDER BY patient_id LIMIT %s",
                        (after, PAGE_ROWS),
                        binary=True,
                    )
                ).fetchall()
            if not rows:
                return
            yield rows
            after = rows[-1][0]


class _Merge:
    """Looks patients up in a file that is sorted like they are."""

    def __init__(self, rows: Iterator[escrow_file.Row]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def row(self, patient_id: UUID, kept: bytes | None) -> escrow_file.Row | None:
        """The row of a patient, if their key is still the same: it changes with ``kept``."""
        while self._next is not None and self._next.patient_id < patient_id:
            self._next = next(self._rows, None)
        found = self._next
        if found is None or found.patient_id != patient_id or found.kept != kept:
            return None
        return found
