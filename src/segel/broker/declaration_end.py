"""The end of a day's declarations: rows and key taken, the KEK forgotten, the end certified.

::

    living ─▶ rows and wrapped keys gone, logged ─▶ KEK forgotten in every KMS ─▶ certified

Each step may be broken off and is done again by whoever looks next; the log says what was done
before it is done.
"""

import asyncio
import hashlib

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.alone import alone
from segel.broker.arrival_days import ArrivalDay, ArrivalDays
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.declaration_certificates import LAW, CertifiedDay, day_detail, sign_day
from segel.broker.erasure import RetiredKek
from segel.broker.erasure_end import opening_of
from segel.broker.errors import keys_locked
from segel.broker.keyring import Keyring
from segel.broker.ledger import Intent, Ledger
from segel.broker.publisher import Receipts
from segel.broker.secrets import BrokerSecrets
from segel.domain.purpose import Purpose
from segel.keys import KmsError
from segel.tlog import NoteSigner

_LOCK = 0x5E6E5
"""Advisory lock of the broker that ends days; destruction runs have the number before."""


class DeclarationEnd:
    """What ``clocks.watch`` calls."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        keyring: Keyring,
        ledger: Ledger,
        receipts: Receipts,
        days: ArrivalDays,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._keyring = keyring
        self._ledger = ledger
        self._receipts = receipts
        self._days = days

    async def look(self) -> int:
        """End what is due, and certify what has ended; how many days were certified.

        Raises BrokerUnavailable; it is tried again.
        """
        async with alone(self._pool, _LOCK) as ours:
            if not ours:
                return 0
            now_s = self._ledger.now()
            for day in await self._days.living():
                if now_s >= day.window.destroyed_s:
                    await self._end(day)
            living = {day.kek_id for day in await self._days.living()}
            ended = [day for day in await self._days.uncertified() if day.kek_id not in living]
            for day in ended:
                await self._certify(day)
            return len(ended)

    async def _end(self, day: ArrivalDay) -> None:
        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._days.end(cursor, day, self._ledger.now_s)

        event = _event(day, f"declarations of day {day.day_id}: key and rows destroyed")
        await self._ledger.commit(Intent(event, apply=apply))

    async def _certify(self, day: ArrivalDay) -> None:
        try:
            had = await asyncio.to_thread(self._keyring.destroy, day.kek_id)
        except KmsError as failure:
            raise keys_locked(failure) from failure
        retired = [RetiredKek(self._keyring.adapter(one), one, 0) for one in had]
        body = CertifiedDay(
            day_id=day.day_id,
            hospital_id=day.hospital_id,
            arrival=day.record.arrival,
            declared=day.record.declared,
            law=LAW,
            due_s=day.window.destroyed_s,
            destroyed_s=day.record.destroyed_s,
            completed_s=self._ledger.now(),
            retired=retired,
        ).encoded()

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._days.sweep(cursor, day)

        detail = day_detail(day.day_id, hashlib.sha256(body).digest())
        logged = await self._ledger.commit(Intent(_event(day, detail), apply=apply))
        opening = await opening_of(self._pool, self._secrets, logged)
        signer = NoteSigner(self._receipts.verifier.name, self._secrets.log_signing)
        certificate = sign_day(body, opening, self._receipts.receipt(logged), signer)
        await self._days.certify(day, certificate)


def _event(day: ArrivalDay, detail: str) -> Event:
    return Event(
        kind=Kind.RETENTION,
        outcome=Outcome.SUCCESS,
        account_id=None,
        role="broker",
        hospital_id=day.hospital_id,
        session_id=None,
        purpose=Purpose.SYSTEM_ADMINISTRATION,
        route="retention",
        detail=detail,
    )
