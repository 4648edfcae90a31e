"""Goes on telling the platform: a task for each hospital, and one process for all of an archive.

While the platform is away it is asked, ever more rarely, whether it is there, before anybody's
chart is opened for it.
"""

import asyncio
import contextlib
import random
import ssl
import time
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool

from segel.broker import BrokerClient, Requester
from segel.broker.errors import (
    BrokerError,
    BudgetExhausted,
    Frozen,
    NationalUnknown,
    TokenInvalid,
)
from segel.broker.messages import Letter, NationalGrant, OpenedOrganisation, SettleNational
from segel.domain.purpose import Purpose
from segel.records.national.errors import PlatformAway, Refused
from segel.records.national.office import Office
from segel.records.national.platform import Addresses, Credentials, Platform
from segel.records.national.sending import Result, Round
from segel.records.national.sent import Books
from segel.records.national.systems import Organisation
from segel.records.outgoing import HICCUP_S, LOOK_S, Turn, backoff_s, in_turn
from segel.records.repo import Repo
from segel.store.database import DatabaseAway

ROUTE: Final = "national"
TOKEN_MARGIN_S: Final = 300
ATTEMPTS_MAX: Final = 10
"""Rounds with one patient that the platform breaks off, though it answers otherwise."""

FROZEN_PAUSE_S: Final = 30.0
"""What two people lift is not lifted in a moment."""

BUDGET_PAUSE_MAX_S: Final = 300.0
TOLD_EVERY_S: Final = 15.0
"""How often it is kept that something was sent."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Means:
    """What all hospitals' rounds share."""

    broker: BrokerClient = field(repr=False)
    pool: AsyncConnectionPool = field(repr=False)
    addresses: Addresses
    tls: ssl.SSLContext = field(repr=False)
    chance: random.Random = field(default_factory=random.SystemRandom, repr=False)


async def run(means: Means) -> None:
    """Tell, until cancelled."""
    await in_turn(means.pool, Turn.NATIONAL, lambda turn: _keep_telling(means, turn))


async def _keep_telling(means: Means, turn: psycopg.AsyncConnection) -> None:
    """A task for each hospital that tells. Raises psycopg.Error where the turn was lost."""
    telling: dict[UUID, tuple[UUID, asyncio.Task[None]]] = {}
    try:
        while True:
            await turn.execute("SELECT 1")
            wanted = await means.broker.national.organisations()
            for hospital_id, (revision, task) in list(telling.items()):
                if task.done() and not task.cancelled() and (defect := task.exception()):
                    log.error("defect", kind=type(defect).__name__)
                if task.done() or wanted.get(hospital_id) != revision:
                    await _end(task)
                    del telling[hospital_id]
            for hospital_id, revision in wanted.items():
                if hospital_id not in telling:
                    task = asyncio.create_task(Telling(means, hospital_id).run())
                    telling[hospital_id] = (revision, task)
            await asyncio.sleep(LOOK_S)
    finally:
        for _, task in telling.values():
            await _end(task)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


class Telling:
    """One hospital's. It ends where its session does; whoever keeps it begins another."""

    def __init__(self, means: Means, hospital_id: UUID) -> None:
        self._means = means
        self._hospital_id = hospital_id
        self._requester = Requester("")
        self._failures = 0
        self._told = ("?", 0.0)

    async def run(self) -> None:
        """Tell until the session is nearly over, or nothing is to be told any more."""
        try:
            opened = await self._means.broker.national.open(self._hospital_id)
        except NationalUnknown:
            return
        self._requester = Requester(token=opened.token, purpose=Purpose.OPERATIONS, route=ROUTE)
        credentials = Credentials(opened.client_id, opened.client_secret)
        platform = Platform(self._means.addresses, credentials, self._means.tls)
        office = self._office(opened, platform)
        try:
            while opened.expires_s - time.time() > TOKEN_MARGIN_S:
                pause_s = await self._step(office)
                await asyncio.sleep(pause_s)
        except TokenInvalid:
            return  # it was set up anew, or switched off
        finally:
            await platform.close()

    def _office(self, opened: OpenedOrganisation, platform: Platform) -> Office:
        national = self._means.broker.national

        async def disclose(entry_id: UUID, resource_type: str) -> None:
            await national.disclose(self._requester, entry_id, resource_type)

        async def add_number(entry_id: UUID, number: str) -> None:
            await national.add_number(self._requester, entry_id, number)

        return Office(
            Organisation(opened.organisation, opened.location),
            platform,
            Repo(self._means.pool),
            Books(self._means.pool),
            disclose,
            add_number if opened.add_numbers else None,
            self._means.addresses.timeout_s,
        )

    async def _step(self, office: Office) -> float:
        """One patient, or one question whether the platform is there; how long to wait then."""
        try:
            if self._failures:
                await self._require_open(office)
            grant = await self._means.broker.national.take(self._requester)
            if grant is None:
                await self._tell("", sent=False)
                return LOOK_S
            await self._round(office, grant)
        except PlatformAway as away:
            self._failures += 1
            await self._tell(away.trouble, sent=False)
            log.warning("platform away", reason=away.trouble)
            return backoff_s(self._failures, away.retry_after_s, self._means.chance)
        except BudgetExhausted as exhausted:
            return min(float(exhausted.retry_after_s), BUDGET_PAUSE_MAX_S)
        except TokenInvalid:
            raise
        except Frozen:
            return FROZEN_PAUSE_S
        except (BrokerError, DatabaseAway) as failure:
            log.warning("platform not told", kind=type(failure).__name__)
            return HICCUP_S
        return 0.0

    async def _require_open(self, office: Office) -> None:
        with contextlib.suppress(Refused):  # it answers, whatever it thinks of the question
            await office.platform.require_open(office.organisation.number)
        self._failures = 0

    async def _round(self, office: Office, grant: NationalGrant) -> None:
        """Raises PlatformAway, with the patient's turn put off."""
        one = Round(office, grant)
        try:
            result = await one.run()
        except PlatformAway as away:
            await self._put_off(one, grant, away.retry_after_s)
            raise
        except (BrokerError, DatabaseAway):
            raise
        except Exception as defect:  # its text may quote a record; nobody else's turn waits for it
            log.error("defect", kind=type(defect).__name__)
            await self._put_off(one, grant, 0.0)
            return
        await self._settle(grant, letters=result.letters)
        await self._tell("", sent=bool(result.sent))
        self._log(result)

    async def _put_off(self, one: Round, grant: NationalGrant, retry_after_s: float) -> None:
        """Have a patient's turn come later, or set aside what is always broken off."""
        if grant.attempts >= ATTEMPTS_MAX:
            await self._settle(grant, letters=[*one.result.letters, one.broken_off_at])
            return
        later_s = backoff_s(grant.attempts + 1, retry_after_s, self._means.chance)
        await self._settle(grant, later_s=later_s)

    async def _settle(
        self, grant: NationalGrant, *, later_s: float = 0.0, letters: list[Letter] | None = None
    ) -> None:
        await self._means.broker.national.settle(
            SettleNational(self._requester, grant.entry_id, grant.mark, later_s, letters)
        )

    async def _tell(self, trouble: str, *, sent: bool) -> None:
        """Keep how the platform is, where that is news."""
        known, at_s = self._told
        now_s = time.monotonic()
        if trouble or known != trouble or (sent and now_s - at_s > TOLD_EVERY_S):
            await self._means.broker.national.tell(self._requester, trouble, sent=sent)
            self._told = (trouble, now_s if sent else at_s)

    def _log(self, result: Result) -> None:
        if result.sent or result.letters:
            log.info("platform told", count=result.sent)
