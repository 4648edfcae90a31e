"""Breaking the glass: begun and ended by who treats, reviewed by the officer of the hospital."""

from typing import Final
from uuid import UUID, uuid4

from segel.broker import messages as m
from segel.broker.accesses import Accesses
from segel.broker.alerts import Alert, AlertKind, Alerts
from segel.broker.audit import Kind, Outcome
from segel.broker.desks.offers import Offer
from segel.broker.directory import Directory, LiveSession
from segel.broker.errors import BreakGlassBarred, BreakGlassUsedUp, Frozen, ReasonUnclear
from segel.broker.glass_deeds import GlassDeeds, glass_closed
from segel.broker.glass_rules import VERDICT_LENGTH_MAX, Hindrance, checked_reason
from segel.broker.glasses import Glass, Glasses, Opening
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.policy import Permission, authorise
from segel.broker.releases import event_of
from segel.domain.break_glass import Emergency, Verdict
from segel.domain.purpose import Purpose
from segel.domain.reasons import Explanation

PAST_MAX: Final = 10
"""Of an account's own glasses, as many as its page shows."""

_HINDRANCES: Final = {
    Hindrance.OPEN: "open",
    Hindrance.BARRED: "barred",
    Hindrance.USED_UP: "used-up",
}


class BreakGlassDesk:
    """Answers who breaks the glass, and who reviews it."""

    def __init__(
        self,
        glasses: Glasses,
        deeds: GlassDeeds,
        sessions: Sessions,
        directory: Directory,
        ledger: Ledger,
        alerts: Alerts,
        accesses: Accesses,
    ) -> None:
        self._glasses = glasses
        self._deeds = deeds
        self._sessions = sessions
        self._directory = directory
        self._ledger = ledger
        self._alerts = alerts
        self._accesses = accesses

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.OwnBreakGlass, self._own),
            Offer(m.BeginBreakGlass, self._begin),
            Offer(m.EndBreakGlass, self._end),
            Offer(m.ListReviews, self._list),
            Offer(m.ReadReview, self._read),
            Offer(m.DecideReview, self._decide),
        ]

    # --- who treats ---------------------------------------------------------------------------

    async def _own(self, asked: m.OwnBreakGlass) -> m.Reply:
        return await self._state(await self._session(asked.requester, Permission.BREAK_GLASS))

    async def _begin(self, asked: m.BeginBreakGlass) -> m.Reply:
        session = await self._session(asked.requester, Permission.BREAK_GLASS)
        reason = checked_reason(asked.reason)
        glass_id = uuid4()
        event = event_of(
            session,
            Purpose.EMERGENCY_TREATMENT,
            asked.requester.route,
            Kind.BREAK_GLASS,
            detail=asked.code,
            break_glass_id=glass_id,
        )
        begin = self._deeds.beginning(glass_id, session, asked.code, reason)
        try:
            await self._ledger.commit(Intent(event, apply=begin))
        except BreakGlassBarred:
            await self._tell_barred(session, asked.requester)
            raise
        except BreakGlassUsedUp:
            if not await self._is_begun(session, asked.code, reason):
                raise
        return await self._state(session)

    async def _end(self, asked: m.EndBreakGlass) -> m.Reply:
        session = await self._session(asked.requester, Permission.BREAK_GLASS)
        glass = await self._glasses.open_of(session.claims.account_id)
        if glass is None:
            raise glass_closed()
        event = event_of(
            session,
            Purpose.EMERGENCY_TREATMENT,
            asked.requester.route,
            Kind.GLASS_ENDED,
            break_glass_id=glass.glass_id,
        )
        await self._ledger.commit(Intent(event, apply=self._deeds.ending(glass)))
        return await self._state(session)

    async def _is_begun(self, session: LiveSession, code: Emergency, reason: str) -> bool:
        """Whether the open one was begun with these words: a request that was sent twice."""
        glass = await self._glasses.open_of(session.claims.account_id)
        return glass is not None and (glass.record.code, glass.record.reason) == (code, reason)

    async def _tell_barred(self, session: LiveSession, asked: m.Requester) -> None:
        """That a barred account tried: once for each review that bars it."""
        account_id, now_s = session.claims.account_id, self._glasses.now()
        overdue = [
            one
            for one in await self._glasses.of_account(account_id)
            if one.record.is_overdue(now_s)
        ]
        event = event_of(
            session,
            Purpose.EMERGENCY_TREATMENT,
            asked.route,
            Kind.BREAK_GLASS,
            Outcome.REFUSED,
            detail=BreakGlassBarred.code,
        )
        alerts = [
            Alert(
                AlertKind.BREAK_GLASS_BARRED,
                one.hospital_id,
                account_id,
                one.glass_id,
                once_for=str(one.glass_id),
            )
            for one in overdue
        ]
        await self._ledger.commit(self._alerts.raised_with(Intent(event), *alerts))

    async def _state(self, session: LiveSession) -> m.GlassState:
        account_id = session.claims.account_id
        stands = await self._glasses.standing(account_id)
        rules = self._glasses.rules
        past = (await self._glasses.of_account(account_id))[:PAST_MAX]
        return m.GlassState(
            open=await open_glass(self._glasses, account_id),
            hindrance=_HINDRANCES[stands.hindrance] if stands.hindrance else "",
            left_today=stands.left_today,
            again_s=stands.again_s,
            patients=rules.patients,
            window_s=rules.window_s,
            per_day=rules.per_day,
            review_s=rules.review_s,
            past=[await self._line(one, session.account.name) for one in past],
        )

    # --- who reviews --------------------------------------------------------------------------

    async def _list(self, asked: m.ListReviews) -> m.Reply:
        session = await self._session(asked.requester, Permission.REVIEW_READ)
        glasses = await self._glasses.of_hospital(session.hospital_id)
        lines = [await self._line(one) for one in glasses]
        waiting = sum(not one.record.is_decided for one in glasses)
        return m.ReviewList(lines, waiting)

    async def _read(self, asked: m.ReadReview) -> m.Reply:
        session = await self._session(asked.requester, Permission.REVIEW_READ)
        glass = await self._glasses.one(session.hospital_id, asked.glass_id)
        event = event_of(
            session,
            asked.requester.purpose,
            asked.requester.route,
            Kind.REVIEW,
            detail="read",
            break_glass_id=glass.glass_id,
        )
        await self._ledger.commit(Intent(event))
        return await self._review(session, glass)

    async def _decide(self, asked: m.DecideReview) -> m.Reply:
        session = await self._session(asked.requester, Permission.REVIEW_DECIDE)
        text = " ".join(asked.text.split())[:VERDICT_LENGTH_MAX]
        if asked.verdict is not Verdict.JUSTIFIED and not text:
            raise ReasonUnclear(
                "A verdict that is not in the account's favour needs words.",
                field="text",
                remedy="Say what was found, or what is to be done.",
            )
        event = event_of(
            session,
            asked.requester.purpose,
            asked.requester.route,
            Kind.REVIEW,
            detail=asked.verdict,
            break_glass_id=asked.glass_id,
        )
        apply = self._deeds.verdict(
            session.hospital_id, asked.glass_id, session, asked.verdict, text
        )
        await self._ledger.commit(Intent(event, apply=apply))
        return await self._review(
            session, await self._glasses.one(session.hospital_id, asked.glass_id)
        )

    async def _review(self, session: LiveSession, glass: Glass) -> m.Review:
        openings = await self._glasses.openings(glass.glass_id)
        return m.Review(
            line=await self._line(glass),
            account_id=glass.record.account_id,
            openings=_numbered(openings, await self._explained(glass, openings)),
            own=glass.record.account_id == session.claims.account_id,
        )

    async def _explained(
        self, glass: Glass, openings: list[Opening]
    ) -> dict[tuple[UUID | None, float], list[str]]:
        """What besides the break-glass itself explains each opening, once it was matched."""
        account_id = glass.record.account_id
        ids = {
            (one.study_id, one.at_s): self._accesses.id_of(account_id, one.study_id, one.at_s)
            for one in openings
            if one.study_id is not None
        }
        known = await self._accesses.of(list(ids.values()))
        return {
            key: [why for why in known[access_id].explained_by if why != Explanation.EMERGENCY]
            for key, access_id in ids.items()
            if access_id in known
        }

    async def _line(self, glass: Glass, account: str = "") -> m.GlassLine:
        record = glass.record
        if not account:
            account = (await self._directory.account(record.account_id))[0].name
        return m.GlassLine(
            glass_id=glass.glass_id,
            account=account,
            code=record.code,
            reason=record.reason,
            patients=record.patients,
            used=await self._glasses.used(glass),
            begun_s=record.begun_s,
            until_s=record.until_s,
            ended_s=record.ended_s,
            due_s=record.due_s,
            overdue=record.is_overdue(self._glasses.now()),
            verdict=record.verdict,
            verdict_text=record.verdict_text,
            verdict_s=record.verdict_s,
            reviewer=record.reviewer,
        )

    async def _session(self, asked: m.Requester, permission: Permission) -> LiveSession:
        session = await self._sessions.live(asked.token)
        if session.frozen:
            raise Frozen("The account is frozen.", remedy="Ask the data protection officer.")
        authorise(session.principal, permission, asked.purpose, session.hospital_id)
        return session


async def open_glass(glasses: Glasses, account_id: UUID) -> m.OpenGlass | None:
    """The account's open break-glass with what is used of it."""
    glass = await glasses.open_of(account_id)
    if glass is None:
        return None
    record = glass.record
    return m.OpenGlass(
        glass.glass_id,
        record.begun_s,
        record.until_s,
        record.patients,
        await glasses.used(glass),
    )


def _numbered(
    openings: list[Opening], explained: dict[tuple[UUID | None, float], list[str]]
) -> list[m.OpeningLine]:
    """The openings with each patient as a number of this review: who it is, it does not say."""
    numbers: dict[UUID, int] = {}
    for opening in openings:
        for patient in opening.patients:
            numbers.setdefault(patient, len(numbers) + 1)
    return [
        m.OpeningLine(
            at_s=one.at_s,
            kind=one.kind,
            patients=[numbers[patient] for patient in one.patients],
            beyond=one.beyond,
            reasons=explained.get((one.study_id, one.at_s), []),
        )
        for one in openings
    ]
