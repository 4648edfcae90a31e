"""The desk where people ask about their own data, and where the hospital answers."""

from uuid import UUID

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.directory import Directory, LiveSession
from segel.broker.erasing import Erasing
from segel.broker.errors import Forbidden
from segel.broker.ledger import Charge, Ledger
from segel.broker.limits import NOBODY, BudgetLimits
from segel.broker.live import Sessions
from segel.broker.patients import PatientRow
from segel.broker.policy import Permission, authorise
from segel.broker.registry import Registry
from segel.broker.request_rows import RequestRows, SubjectRequest
from segel.broker.request_rules import Answer, Turn, Words, number_of
from segel.broker.requesting import Received, Requesting, turn_of
from segel.domain.patient import PatientIdentity
from segel.domain.subject_requests import Channel, Reply, RequestKind


class RequestsDesk:
    """Answers patients about their own requests, and officers about their hospital's."""

    def __init__(
        self,
        sessions: Sessions,
        directory: Directory,
        registry: Registry,
        rows: RequestRows,
        requesting: Requesting,
        erasing: Erasing,
        ledger: Ledger,
        limits: BudgetLimits,
    ) -> None:
        self._sessions = sessions
        self._directory = directory
        self._registry = registry
        self._rows = rows
        self._requesting = requesting
        self._erasing = erasing
        self._ledger = ledger
        self._limits = limits

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.AskAboutSelf, self._ask),
            Offer(m.ListOwnRequests, self._list_own),
            Offer(m.FileRequest, self._file),
            Offer(m.AddToRequest, self._add),
            Offer(m.WithdrawRequest, self._withdraw),
            Offer(m.ListRequests, self._list),
            Offer(m.ReadRequest, self._read),
            Offer(m.AnswerRequest, self._answer),
        ]

    # --- who asks -----------------------------------------------------------------------------

    async def _ask(self, asked: m.AskAboutSelf) -> m.Reply:
        session, patient_id = await self._asker(asked.requester)
        request_id = await self._requesting.ask(
            session,
            asked.requester,
            patient_id,
            asked.nonce,
            asked.asked,
            Received(Channel.OWN_PAGE),
        )
        return m.Done(request_id)

    async def _list_own(self, asked: m.ListOwnRequests) -> m.Reply:
        session, patient_id = await self._asker(asked.requester)
        patient = await self._requesting.person(session, patient_id)
        found = await self._rows.of_patient(patient_id)
        return m.OwnRequests([self._view(one, patient) for one in found])

    async def _add(self, asked: m.AddToRequest) -> m.Reply:
        session, known = await self._asker_or_clerk(asked.requester, asked.request_id)
        await self._requesting.add(session, asked.requester, known, asked.text)
        return m.Done(asked.request_id)

    async def _withdraw(self, asked: m.WithdrawRequest) -> m.Reply:
        session, known = await self._asker_or_clerk(asked.requester, asked.request_id)
        await self._requesting.withdraw(session, asked.requester, known)
        return m.Done(asked.request_id)

    # --- who answers --------------------------------------------------------------------------

    async def _file(self, asked: m.FileRequest) -> m.Reply:
        session = await self._officer(asked.requester)
        assert session.hospital_id is not None
        assert session.hospital is not None
        patient_id, _ = await self._registry.patient_by_number(
            session.hospital_id, session.hospital, asked.patient_number
        )
        request_id = await self._requesting.ask(
            session,
            asked.requester,
            patient_id,
            asked.nonce,
            asked.asked,
            Received(Channel.PAPER, asked.received_s, asked.form),
            self._charge(session, patient_id),
        )
        return m.Done(request_id)

    async def _list(self, asked: m.ListRequests) -> m.Reply:
        session = await self._officer(asked.requester)
        assert session.hospital_id is not None
        found = await self._rows.of_hospital(session.hospital_id)
        now_s = self._ledger.now()
        return m.RequestList(
            [_line(one, now_s) for one in found],
            await self._rows.waiting_in(session.hospital_id),
            sum(one.record.is_overdue(now_s) for one in found),
        )

    async def _read(self, asked: m.ReadRequest) -> m.Reply:
        session = await self._officer(asked.requester)
        known = await self._rows.one(session.hospital_id, asked.request_id)
        patient = await self._requesting.person(session, known.record.patient_id)
        charge = self._charge(session, known.record.patient_id)
        await self._requesting.noted_reading(session, asked.requester, patient, known, charge)
        return await self._opened(session, known, patient)

    async def _answer(self, asked: m.AnswerRequest) -> m.Reply:
        session = await self._officer(asked.requester)
        known = await self._rows.one(session.hospital_id, asked.request_id)
        if known.record.kind is RequestKind.ERASURE and asked.reply is Reply.DONE:
            authorise(
                session.principal,
                Permission.RECORDS_ERASE,
                asked.requester.purpose,
                session.hospital_id,
            )
        turn = turn_of(asked.text, asked.changed, self._ledger.now())
        await self._requesting.answer(
            session, asked.requester, known, asked.reply, turn, asked.article
        )
        return m.Done(asked.request_id)

    # --- how ----------------------------------------------------------------------------------

    async def _asker(self, asked: m.Requester) -> tuple[LiveSession, UUID]:
        session = await self._sessions.live(asked)
        patient_id = session.account.patient_id
        authorise(
            session.principal,
            Permission.REQUEST_OWN,
            asked.purpose,
            session.hospital_id,
            patient_id,
        )
        assert patient_id is not None, "the policy permits it to patients only"
        return session, patient_id

    async def _officer(self, asked: m.Requester) -> LiveSession:
        session = await self._sessions.live(asked)
        authorise(session.principal, Permission.REQUEST_ANSWER, asked.purpose, session.hospital_id)
        return session

    async def _asker_or_clerk(
        self, asked: m.Requester, request_id: UUID
    ) -> tuple[LiveSession, SubjectRequest]:
        """Whoever asked, or an officer where it was on paper. Raises Forbidden, RequestUnknown."""
        session = await self._sessions.live(asked)
        if session.account.patient_id is not None:
            session, patient_id = await self._asker(asked)
            known = await self._requesting.own(session.hospital_id, patient_id, request_id)
            return session, known
        session = await self._officer(asked)
        known = await self._rows.one(session.hospital_id, request_id)
        if known.record.channel is not Channel.PAPER:
            raise Forbidden(
                "What somebody asked on their own page, they add to and withdraw there.",
                remedy="Answer it, or ask them for more.",
            )
        return session, known

    def _charge(self, session: LiveSession, patient_id: UUID) -> Charge | None:
        """A fifth of an opened patient, for those who are shown who asks."""
        limits = self._limits.reading(session.account.role)
        if limits == NOBODY:
            return None
        account_id = session.claims.account_id
        return Charge(account_id, limits, (patient_id,), False, session.hospital_id)

    async def _opened(
        self, session: LiveSession, known: SubjectRequest, patient: PatientRow | None
    ) -> m.RequestView:
        shown = self._charge(session, known.record.patient_id) is not None
        names = await self._names(known)
        kept_until = ""
        if known.record.kind is RequestKind.ERASURE and known.record.is_open:
            assert session.hospital is not None
            until = await self._erasing.kept_until(session.hospital, known.record.patient_id)
            kept_until = f"{until:%Y-%m}" if until else ""
        return self._view(
            known,
            patient,
            names=names,
            identity=patient.identity if patient and shown else None,
            kept_until=kept_until,
        )

    async def _names(self, known: SubjectRequest) -> dict[UUID, str]:
        people = await self._directory.people({one.by for one in known.record.answers})
        return {one: who.name for one, (who, _) in people.items()}

    def _view(
        self,
        known: SubjectRequest,
        patient: PatientRow | None,
        *,
        names: dict[UUID, str] | None = None,
        identity: PatientIdentity | None = None,
        kept_until: str = "",
    ) -> m.RequestView:
        words = known.words(patient.keys) if patient else Words()
        return m.RequestView(
            line=_line(known, self._ledger.now()),
            readable=patient is not None,
            part=words.part,
            wrong=words.wrong,
            right=words.right,
            text=words.text,
            form=words.form,
            turns=_turns(known.record.answers, words, names or {}),
            patient=identity,
            kept_until=kept_until,
        )


def _line(known: SubjectRequest, now_s: float) -> m.RequestLine:
    record = known.record
    return m.RequestLine(
        request_id=known.request_id,
        number=number_of(known.request_id),
        kind=record.kind,
        channel=record.channel,
        state=record.state,
        received_s=record.received_s,
        due_s=record.due_s,
        closed_s=record.closed_s,
        overdue=record.is_overdue(now_s),
        late=record.was_late,
        uses=record.uses,
    )


def _turns(answers: tuple[Answer, ...], words: Words, names: dict[UUID, str]) -> list[m.TurnLine]:
    """What was said, in order: answers as the broker keeps them, with their words where these can
    still be opened."""
    lines, rest = [], iter(answers)
    for turn in words.turns:
        answer = next(rest, None) if turn.of_hospital else None
        lines.append(_turn(turn, answer, names))
    return lines + [_turn(None, answer, names) for answer in rest]


def _turn(turn: Turn | None, answer: Answer | None, names: dict[UUID, str]) -> m.TurnLine:
    at_s = answer.at_s if answer else turn.at_s if turn else 0.0
    return m.TurnLine(
        at_s=at_s,
        reply=answer.reply if answer else None,
        text=turn.text if turn else "",
        article=answer.article if answer else "",
        changed=turn.changed if turn else "",
        by=names.get(answer.by, "") if answer else "",
        erasure_id=answer.erasure_id if answer else None,
    )
