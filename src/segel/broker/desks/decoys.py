"""The operator's desk for decoys: ordered, counted, composed. Nobody is told which they are."""

import random
import time
from typing import Final
from uuid import UUID, uuid4

from psycopg_pool import AsyncConnectionPool

from segel.broker import messages as m
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.decoy_planning import ASKED_EVERY_S, Planner, busy_now, due, missing
from segel.broker.decoy_watch import DecoyOrder, DecoyWatch, DecoyWatches
from segel.broker.decoys import DecoyMarks
from segel.broker.desks.offers import OPERATOR_ONLY, PLANTING, Offer
from segel.broker.directory import Directory
from segel.broker.errors import Forbidden
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.sessions import PEER_SESSION_S
from segel.broker.tripwires import WINDOW_S, Toucher, Tripwire
from segel.domain.clock import Clock
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

COMPOSED_MAX: Final = 64
"""Decoys in one answer: each takes some milliseconds and reads one pattern."""


class DecoysDesk:
    """Answers ``segel decoys`` and the process that plants."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        directory: Directory,
        sessions: Sessions,
        ledger: Ledger,
        planner: Planner,
        watches: DecoyWatches,
        marks: DecoyMarks,
        tripwire: Tripwire,
        clock: Clock,
        *,
        share_max: float,
    ) -> None:
        self._pool = pool
        self._directory = directory
        self._sessions = sessions
        self._ledger = ledger
        self._planner = planner
        self._watches = watches
        self._marks = marks
        self._tripwire = tripwire
        self._clock = clock
        self._share_max = share_max

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.PlanDecoys, self._plan, OPERATOR_ONLY),
            Offer(m.ReportDecoys, self._report, OPERATOR_ONLY),
            Offer(m.ComposeDecoys, self._compose, PLANTING),
            Offer(m.BeginPlanting, self._begin, PLANTING),
        ]

    async def _plan(self, asked: m.PlanDecoys) -> m.Reply:
        if not 0 <= asked.share <= self._share_max or asked.over_s < 0:
            raise Forbidden(
                f"The share of decoys is from 0 to {self._share_max:.0%}.",
                remedy="One in two hundred (0.5%) is what the drills are made for.",
                field="share",
            )
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        now_s = self._clock()
        _, had = await self._planner.counted(hospital_id)
        order = DecoyOrder(asked.share, now_s, now_s + asked.over_s, had)
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await self._watches.ensure(cursor)
            watch = await self._watches.read(cursor, hospital_id)
            await self._watches.write(cursor, hospital_id, DecoyWatch(order, watch.touches))
        await self._ledger.commit(Intent(_ordered(hospital_id, asked)))
        return await self._report(m.ReportDecoys())

    async def _report(self, _: m.ReportDecoys) -> m.Reply:
        now_s, lines = self._clock(), []
        for hospital_id, watch in await self._all():
            patients, decoys = await self._planner.counted(hospital_id)
            order = watch.order
            lately = {one.session_id for one in watch.touches if one.at_s > now_s - WINDOW_S}
            lines.append(
                m.HospitalDecoys(
                    (await self._directory.hospital(hospital_id)).code,
                    patients,
                    decoys,
                    order.share if order else 0.0,
                    missing(order, patients, decoys),
                    order.until_s if order else 0.0,
                    len(lately),
                )
            )
        lines.sort(key=lambda line: line.hospital)
        return m.DecoysReport(lines, self._is_armed(), now_s)

    async def _compose(self, asked: m.ComposeDecoys) -> m.Reply:
        now_s, room = self._clock(), min(asked.limit, COMPOSED_MAX)
        patterns: list[m.DecoyPattern] = []
        at_once = False
        for hospital_id, watch in await self._all():
            order = watch.order
            people, had = await self._planner.counted(hospital_id) if order else (0, 0)
            short = missing(order, people, had)
            if order is None or not short or len(patterns) >= room:
                continue
            hospital = await self._directory.hospital(hospital_id)
            sample = await self._planner.sample(hospital_id, hospital)
            busy = busy_now(sample, time.localtime(now_s).tm_hour)
            count = due(short, order, now_s, busy, random.SystemRandom())
            at_once = at_once or order.until_s <= order.begun_s
            count = min(count, room - len(patterns))
            patterns += await self._planner.patterns(hospital_id, hospital, people, count, sample)
        return m.DecoyBatch(patterns, 0.0 if at_once else ASKED_EVERY_S)

    async def _begin(self, asked: m.BeginPlanting) -> m.Reply:
        account_id = asked.account_id or await self._reader(asked.hospital_code)
        account, _ = await self._directory.account(account_id)
        if account.role is not Role.MODALITY:
            raise Forbidden("Decoys come from devices.", remedy="Let a device store images first.")
        # As a device's own session begins, but for what is sealed in its row.
        return await self._sessions.begin(
            account_id, PEER_SESSION_S, "ae-title", "dimse", plants=True
        )

    async def _reader(self, hospital_code: str) -> UUID:
        """The system account by which a hospital's patterns are read."""
        hospital_id = await self._directory.hospital_by_code(hospital_code)
        name = f"segel decoys {hospital_code}"
        account_id, _ = await self._directory.enrol_account(
            name, Role.MODALITY, hospital_id, demo=False
        )
        return account_id

    async def _all(self) -> list[tuple[UUID, DecoyWatch]]:
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await self._watches.ensure(cursor)
            await cursor.execute("SELECT hospital_id FROM hospitals")
            ids = [row[0] for row in await cursor.fetchall()]
            return [(one, await self._watches.read(cursor, one)) for one in ids]

    def _is_armed(self) -> bool:
        """Whether a decoy's release would trip, and a patient's would not."""
        nobody = Toucher(uuid4(), uuid4(), uuid4())
        trips = self._tripwire.guarded(self._marks.new_id(), nobody) is not None
        return trips and self._tripwire.guarded(uuid4(), nobody) is None


def _ordered(hospital_id: UUID, asked: m.PlanDecoys) -> Event:
    return Event(
        kind=Kind.KEYS,
        outcome=Outcome.SUCCESS,
        account_id=None,
        role="operator",
        hospital_id=hospital_id,
        session_id=None,
        purpose=Purpose.SYSTEM_ADMINISTRATION,
        route="operator",
        detail=f"decoys ordered: {asked.share:.3%} within {asked.over_s / 86_400:.1f} days",
    )
