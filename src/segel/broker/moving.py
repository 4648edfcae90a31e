"""Moving every key from one KMS to another while work goes on.

::

    begin: KEKs made in the new KMS ─▶ generations.json names both ─▶ new keys go to the new one
      ─▶ the keeper: floors raised, every key unwrapped in the old and wrapped in the new
    finish: backup written ─▶ KEKs destroyed in the old ─▶ it is forgotten

Others agree to either. Broken off anywhere, the next broker opens both and goes on. Until
``finish`` the old KMS still opens what an older database holds: nothing is lost where the new one
turns out to be a mistake.
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.approvals import Approvals
from segel.broker.errors import BrokerUnavailable, MoveRefused
from segel.broker.generations import Generations, KmsSettings
from segel.broker.keeper import Keeper
from segel.broker.key_rows import Deed, KeyRecord
from segel.broker.keyring import GENERATION_MAX, Keyring
from segel.broker.messages import ApprovalKind
from segel.broker.secrets import BROKER_KEK, secrets_below
from segel.domain.clock import Clock
from segel.keys import Kms, KmsError, KmsSealed, WrapBroken

_FINISH: Final = "finish"
_PLACES: Final = ("address", "module", "folder")
"""What a KMS's settings call the place where it is, by type."""
SHOWN_MAX: Final = 120
_PROBE: Final = b"segel probe"


class Moving:
    """One broker's moves; the keeper does the work."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        keyring: Keyring,
        keeper: Keeper,
        generations: Generations,
        approvals: Approvals,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._keyring = keyring
        self._keeper = keeper
        self._generations = generations
        self._approvals = approvals
        self._clock = clock
        keeper.due.append(self._go_on)
        keeper.settled.append(self._empty)

    def beginning(self, settings: KmsSettings) -> Mapping[str, str]:
        """What is agreed to before keys go to another KMS. Raises MoveRefused.

        The settings themselves, by their digest: nobody puts another KMS in the place of this one.
        """
        if self._keyring.older:
            raise MoveRefused(
                "Keys are being moved already.",
                remedy="`segel keys status` shows how far; end it with `segel keys move --finish`.",
            )
        generation = self._keyring.generation + 1
        if generation > GENERATION_MAX:
            raise MoveRefused("Keys were moved as often as can be told apart.")
        exact = msgspec.json.encode(settings, order="deterministic")
        where = next((str(settings[name]) for name in _PLACES if settings.get(name)), "")
        return {
            "generation": str(generation),
            "to": f"{settings.get('type', '')} {where}".strip()[:SHOWN_MAX],
            "settings": f"SHA-256 {hashlib.sha256(exact).hexdigest()}",
        }

    async def begin(self, settings: KmsSettings, approval_id: UUID) -> None:
        """Have keys go to another KMS from now on. Raises MoveRefused, BrokerUnavailable, and what
        the approvals raise.
        """
        matter = self.beginning(settings)
        keyring, generation = self._keyring, self._keyring.generation + 1
        keks = [BROKER_KEK, *(one.kek_id for one in await self._keeper.rows.hospitals())]
        try:
            kms = await asyncio.to_thread(self._prepared, settings, keks)
        except KmsError as failure:
            raise BrokerUnavailable(
                f"The KMS to move to cannot be used. {failure.what}", remedy=failure.remedy
            ) from failure
        record = KeyRecord(Deed.MOVED, self._clock(), detail={"begin": str(generation)})
        await self._keeper.log(
            f"keys move to KMS generation {generation}",
            record,
            first=self._agreed(approval_id, matter),
        )
        await asyncio.to_thread(self._generations.add, keyring.generation, generation, settings)
        keyring.begin(generation, kms)
        self._keeper.wake()

    def end(self) -> Mapping[str, str]:
        """What is agreed to before the old KMS is emptied. Raises MoveRefused."""
        older = self._keyring.older
        if not older:
            raise MoveRefused("No keys are being moved.", remedy="segel keys move --to SETTINGS")
        generations = {"from": str(older[0]), "to": str(self._keyring.generation)}
        return generations | {"empty": self._keyring.adapter(older[0])}

    async def finish(self, approval_id: UUID) -> None:
        """Empty the old KMS, for good. Raises MoveRefused, and what the approvals raise."""
        matter = await asyncio.to_thread(self.end)
        left = await self._left()
        if left or self._keeper.busy:
            raise MoveRefused(
                f"{left:,} keys are still in the old KMS; it is not emptied before they moved.",
                remedy="Wait: `segel keys status` shows how far it is.",
            )
        record = KeyRecord(
            Deed.MOVED, self._clock(), detail={_FINISH: str(self._keyring.generation)}
        )
        await self._keeper.log(
            "old KMS to be emptied", record, first=self._agreed(approval_id, matter)
        )
        self._keeper.wake()

    def _agreed(
        self, approval_id: UUID, matter: Mapping[str, str]
    ) -> Callable[[psycopg.AsyncCursor], Awaitable[None]]:
        async def agreed(cursor: psycopg.AsyncCursor) -> None:
            await self._approvals.consume(cursor, approval_id, ApprovalKind.KEY_MOVE, matter)

        return agreed

    async def _left(self) -> int:
        """Keys that are not in the newest KMS: patients' below their floors, and the broker's."""
        hospitals = await self._keeper.rows.hospitals()
        here = bytes([self._keyring.generation])
        below = sum(one.floor < here for one in hospitals)
        async with self._pool.connection() as connection:
            below += await secrets_below(connection, here)
        below += sum([await guest.left() for guest in self._keeper.guests])
        return below + await self._keeper.remaining()

    async def _go_on(self) -> None:
        """Raise the floors that are still those of an older KMS. Raises KmsError."""
        keyring = self._keyring
        for hospital in await self._keeper.rows.hospitals():
            if keyring.older and hospital.floor[0] < keyring.generation:
                await asyncio.to_thread(keyring.create_kek, hospital.kek_id)
                label = await asyncio.to_thread(keyring.newest_label, hospital.kek_id)
                record = KeyRecord(Deed.MOVED, self._clock(), hospital.code, label)
                await self._keeper.log("key moves", record, hospital.hospital_id, label)

    async def _empty(self) -> None:
        """Do what ``finish`` was allowed to, now or in an earlier life."""
        keyring = self._keyring
        if not keyring.older or not await self._is_finishing():
            return
        # First the backup: it is what an older database is healed from once the old KMS is empty.
        await self._keeper.back_up()
        hospitals = await self._keeper.rows.hospitals()
        guests = [kek_id for guest in self._keeper.guests for kek_id in await guest.keks()]
        for kek_id in [*(one.kek_id for one in hospitals), *guests, BROKER_KEK]:
            await asyncio.to_thread(keyring.empty_older, kek_id)
        await asyncio.to_thread(self._generations.keep_only, keyring.generation)
        keyring.close_older()
        record = KeyRecord(Deed.MOVED, self._clock(), detail={"emptied": str(keyring.generation)})
        await self._keeper.log("old KMS emptied", record)

    async def _is_finishing(self) -> bool:
        wanted = str(self._keyring.generation)
        return any(
            record.deed is Deed.MOVED and record.detail.get(_FINISH) == wanted
            for record in await self._keeper.rows.records()
        )

    def _prepared(self, settings: KmsSettings, keks: list[str]) -> Kms:
        """The KMS of these settings, open, another one than ours, and with every KEK."""
        kms = self._generations.open_new(settings)
        if kms.status().sealed:
            raise KmsSealed
        for kek_id in keks:
            kms.create_kek(kek_id)
        probe = os.urandom(32)
        wrapped = self._keyring.newest.wrap(BROKER_KEK, probe, _PROBE)
        try:
            kms.unwrap(BROKER_KEK, wrapped, _PROBE)
        except WrapBroken:
            return kms
        raise MoveRefused(
            "That is the KMS that the keys are in.", remedy="Give the settings of another one."
        )
