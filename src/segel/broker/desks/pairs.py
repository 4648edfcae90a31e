"""Who may be registered twice: shown to a medical records officer, and decided by one."""

from collections.abc import Mapping
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker import messages as m
from segel.broker.audit import Kind
from segel.broker.desks.offers import Offer
from segel.broker.directory import Directory, LiveSession
from segel.broker.ledger import Charge, Intent, Ledger
from segel.broker.limits import BudgetLimits
from segel.broker.live import Sessions
from segel.broker.pairing import traits_of
from segel.broker.pairs import Decision, Pair, Pairs
from segel.broker.patient_keys import PatientKeys
from segel.broker.patients import no_such_patient
from segel.broker.policy import Permission, authorise
from segel.broker.registry import Registry, open_identity
from segel.broker.releases import Releases, event_of
from segel.domain.clock import Clock
from segel.domain.pairs import PairState
from segel.domain.person_matching import compare

LIMIT_MAX = 50
ASKED = "duplicates"
"""What the log says was asked for."""


class PairsDesk:
    """Lists pairs and takes what somebody found."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        pairs: Pairs,
        sessions: Sessions,
        directory: Directory,
        registry: Registry,
        ledger: Ledger,
        releases: Releases,
        limits: BudgetLimits,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._pairs = pairs
        self._sessions = sessions
        self._directory = directory
        self._registry = registry
        self._ledger = ledger
        self._releases = releases
        self._limits = limits
        self._clock = clock

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.ListPairs, self._list),
            Offer(m.DecidePair, self._decide),
            Offer(m.JoinPatients, self._join),
        ]

    async def _list(self, asked: m.ListPairs) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester, Permission.PAIR_READ)
        found, total = await self._pairs.of_hospital(
            hospital_id, waiting=not asked.decided, limit=max(1, min(asked.limit, LIMIT_MAX))
        )
        patients = tuple({one: None for _, pair in found for one in (pair.one, pair.other)})
        sides = await self._sides(session, patients)
        event = event_of(
            session,
            asked.requester.purpose,
            asked.requester.route,
            Kind.QUERY,
            listed=patients,
            asked=(ASKED,),
        )
        charge = Charge(
            session.claims.account_id,
            self._limits.reading(session.account.role),
            patients,
            False,
            hospital_id,
        )
        intent = Intent(event, charge=charge if patients else None)
        await self._releases.commit(session, asked.requester, intent)
        by = {pair.decisions[-1].by for _, pair in found if pair.decisions}
        names = {one: who.name for one, (who, _) in (await self._directory.people(by)).items()}
        lines = [
            _line(pair_id, pair, sides, names)
            for pair_id, pair in found
            if pair.one in sides and pair.other in sides
        ]
        return m.PairList(lines, total, damaged=len(found) - len(lines))

    async def _decide(self, asked: m.DecidePair) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester, Permission.PAIR_DECIDE)
        pair = await self._pairs.read(hospital_id, asked.pair_id)
        event = event_of(
            session,
            asked.requester.purpose,
            asked.requester.route,
            Kind.LINK,
            listed=(pair.one, pair.other),  # both see it in who opened their record
            detail=f"pair {asked.pair_id}: {asked.state}",
        )
        decision = Decision(asked.state, session.claims.account_id, self._clock())
        apply = self._pairs.deciding(hospital_id, asked.pair_id, decision)
        await self._ledger.commit(Intent(event, apply=apply))
        return m.Done(asked.pair_id)

    async def _join(self, asked: m.JoinPatients) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester, Permission.PAIR_DECIDE)
        both = (asked.one, asked.other)
        sides = await self._sides(session, both)
        if len(sides) != len(both):
            raise no_such_patient()
        found = compare(*(traits_of(sides[one].identity) for one in both))
        now_s = self._clock()
        degrees = {name: degree.value for name, degree in found.degrees.items()}
        pair = Pair(asked.one, asked.other, hospital_id, found.bits, degrees, now_s)
        pair_id = self._pairs.id_of(pair)
        decision = Decision(PairState.SAME, session.claims.account_id, now_s)
        decide = self._pairs.deciding(hospital_id, pair_id, decision)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._pairs.find(cursor, pair)  # where no comparison had found it
            await decide(cursor)

        event = event_of(
            session,
            asked.requester.purpose,
            asked.requester.route,
            Kind.LINK,
            listed=both,  # both see it in who opened their record
            detail=f"pair {pair_id}: joined",
        )
        await self._ledger.commit(Intent(event, apply=apply))
        return m.Done(pair_id)

    async def _admit(self, asked: m.Requester, permission: Permission) -> tuple[LiveSession, UUID]:
        session = await self._sessions.live(asked)
        authorise(session.principal, permission, asked.purpose, session.hospital_id)
        assert session.hospital_id is not None
        return session, session.hospital_id

    async def _sides(
        self, session: LiveSession, patients: tuple[UUID, ...]
    ) -> Mapping[UUID, m.PairSide]:
        """The registrations of those who are the hospital's and can be opened."""
        assert session.hospital is not None
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT p.patient_id, p.wrapped_key, p.kept_keys, p.sealed,"
                    " (SELECT count(*) FROM studies s WHERE s.patient_id = p.patient_id)"
                    " FROM patients p"
                    " WHERE p.patient_id = ANY(%b::uuid[]) AND p.wrapped_key IS NOT NULL"
                    " AND p.hospital_id = %s",
                    (list(patients), session.hospital_id),
                )
            ).fetchall()
        keys: Mapping[UUID, PatientKeys] = await self._registry.open_patients(
            session.hospital.kek_id, {row[0]: (row[1], row[2]) for row in rows}
        )
        return {
            patient: m.PairSide(open_identity(keys[patient], patient, sealed), studies)
            for patient, _, _, sealed, studies in rows
            if patient in keys
        }


def _line(
    pair_id: UUID, pair: Pair, sides: Mapping[UUID, m.PairSide], names: Mapping[UUID, str]
) -> m.PairLine:
    last = pair.decisions[-1] if pair.decisions else None
    return m.PairLine(
        pair_id,
        pair.state,
        sides[pair.one],
        sides[pair.other],
        dict(pair.degrees),
        pair.found_s,
        m.DecisionTold(last.state, names.get(last.by, ""), last.at_s) if last else None,
    )
