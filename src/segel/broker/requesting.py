"""What people ask about their own data: received, answered, added to, withdrawn.

Each of these is one transaction of the ledger, and stands in the patient's own trail.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg

from segel.broker.audit import Kind
from segel.broker.consents import Consents
from segel.broker.directory import LiveSession
from segel.broker.erasing import Erasing
from segel.broker.erasure import Ground
from segel.broker.errors import RequestUnclear, RequestUnknown
from segel.broker.index import Index
from segel.broker.ledger import Charge, Intent, Ledger
from segel.broker.messages import Requester, RequestText
from segel.broker.patients import PatientRow, Patients, no_such_patient
from segel.broker.releases import event_of
from segel.broker.request_rows import RequestRows, SubjectRequest, seal_words, unknown
from segel.broker.request_rules import (
    OPEN_MAX,
    Answer,
    RequestRecord,
    Turn,
    Words,
    added_to,
    answered,
    checked_article,
    checked_text,
    number_of,
    received,
    require_open,
    said,
    withdrawn,
    worded,
)
from segel.domain.purpose import Purpose
from segel.domain.subject_requests import LAWS, Channel, Reply, RequestKind, Use

STOPPED: Final = {Use.RESEARCH: Purpose.RESEARCH, Use.SHARING: Purpose.COORDINATION}
"""Uses that are a purpose here, and stop with the restriction. The others are not made by this
archive: whoever makes them is told by the hospital."""


@dataclass(frozen=True, slots=True)
class Received:
    """How a request came. ``at_s``: 0 for just now."""

    channel: Channel
    at_s: float = 0.0
    form: str = ""


class Requesting:
    """For sessions that the policy lets ask or answer (``desks/requests``)."""

    def __init__(
        self,
        rows: RequestRows,
        patients: Patients,
        erasing: Erasing,
        ledger: Ledger,
        index: Index,
        consents: Consents,
    ) -> None:
        self._rows = rows
        self._patients = patients
        self._erasing = erasing
        self._ledger = ledger
        self._index = index
        self._consents = consents

    async def person(self, session: LiveSession, patient_id: UUID) -> PatientRow | None:
        """The patient, opened; None where they were erased. Raises BrokerUnavailable."""
        assert session.hospital_id is not None
        assert session.hospital is not None
        found = await self._patients.opened(session.hospital_id, session.hospital, [patient_id])
        return found[0] if found else None

    async def ask(
        self,
        session: LiveSession,
        asked: Requester,
        patient_id: UUID,
        nonce: UUID,
        text: RequestText,
        how: Received,
        charge: Charge | None = None,
    ) -> UUID:
        """Receive a request; again the same changes nothing. Raises RequestUnclear."""
        patient = await self.person(session, patient_id)
        if patient is None:
            raise no_such_patient()
        request_id = self._index.request(patient_id, nonce)
        now_s = self._ledger.now()
        record = received(
            kind=text.kind,
            patient_id=patient_id,
            channel=how.channel,
            received_s=how.at_s or now_s,
            now_s=now_s,
            entered_by=session.claims.account_id,
            uses=text.uses,
        )
        plain = Words(
            part=text.part, wrong=text.wrong, right=text.right, text=text.text, form=how.form
        )
        words = worded(text.kind, plain)
        sealed = seal_words(patient.keys, patient_id, request_id, words)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            try:
                await self._rows.read(cursor, request_id)
            except RequestUnknown:
                pass
            else:
                return
            if await self._rows.count_open(cursor, patient_id) >= OPEN_MAX:
                raise RequestUnclear(
                    f"{OPEN_MAX} requests of this person wait for an answer already.",
                    remedy="Add to one of them, or withdraw one.",
                )
            await self._rows.insert(cursor, request_id, patient.hospital_id, record, sealed)

        await self._log(session, asked, patient, request_id, record, "received", apply, charge)
        return request_id

    async def answer(
        self,
        session: LiveSession,
        asked: Requester,
        known: SubjectRequest,
        reply: Reply,
        turn: Turn,
        article: str,
    ) -> None:
        """Answer a request. Raises RequestOver, RequestUnclear, ErasureRefused."""
        require_open(known.record)
        kind = known.record.kind
        if reply is not Reply.DONE and not turn.text:
            raise RequestUnclear(
                "Whoever asked is told why, or what is missing.",
                field="text",
                remedy="Say it in a sentence they understand.",
            )
        article = checked_article(article) or (LAWS[kind].article if reply is Reply.DONE else "")
        erasure_id = None
        if kind is RequestKind.ERASURE and reply is Reply.DONE:
            erasure_id = await self._order(session, asked, known)
        answer = Answer(reply, session.claims.account_id, turn.at_s, article, erasure_id)
        answered(known.record, answer)  # refused before anything is asked of the database

        async def also(cursor: psycopg.AsyncCursor, patient: PatientRow) -> None:
            if kind is RequestKind.RESTRICTION and reply in (Reply.DONE, Reply.PARTLY):
                stopped = [STOPPED[use] for use in known.record.uses if use in STOPPED]
                await self._consents.restrict(
                    cursor, patient.patient_id, patient.keys, stopped, self._ledger.now()
                )

        await self._change(
            session,
            asked,
            known,
            lambda one: answered(one, answer),
            turn,
            f"answered {reply}",
            also,
        )

    async def add(
        self, session: LiveSession, asked: Requester, known: SubjectRequest, text: str
    ) -> None:
        """What the asker adds. Raises RequestOver, RequestUnclear."""
        text = checked_text(text, "text")
        if not text:
            raise RequestUnclear("Nothing was said.", field="text", remedy="Say what you add.")
        turn = Turn(self._ledger.now(), of_hospital=False, text=text)
        await self._change(session, asked, known, added_to, turn, "added to")

    async def withdraw(self, session: LiveSession, asked: Requester, known: SubjectRequest) -> None:
        """The asker takes it back. Raises RequestOver."""
        now_s = self._ledger.now()
        await self._change(
            session, asked, known, lambda one: withdrawn(one, now_s), None, "withdrawn"
        )

    async def _order(
        self, session: LiveSession, asked: Requester, known: SubjectRequest
    ) -> UUID | None:
        """Order the erasure that was asked for; the one ordered before where there is one."""
        subject = await self._erasing.of_patient(known.record.patient_id)
        reference = number_of(known.request_id)
        ordered = [one for one in subject.before if one.record.reference == reference]
        if ordered:
            return ordered[0].erasure_id
        erasure = await self._erasing.order(session, asked, subject, Ground.REQUEST, reference)
        return erasure.erasure_id

    async def _change(
        self,
        session: LiveSession,
        asked: Requester,
        known: SubjectRequest,
        change: Callable[[RequestRecord], RequestRecord],
        turn: Turn | None,
        verb: str,
        also: Callable[[psycopg.AsyncCursor, PatientRow], Awaitable[None]] | None = None,
    ) -> None:
        patient = await self.person(session, known.record.patient_id)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            now = await self._rows.read(cursor, known.request_id)
            record, words = change(now.record), now.sealed_words
            if patient is not None and turn is not None:
                spoken = said(now.words(patient.keys), turn)
                words = seal_words(patient.keys, patient.patient_id, known.request_id, spoken)
            if also is not None and patient is not None:
                await also(cursor, patient)
            await self._rows.write(cursor, known.request_id, record, words)

        await self._log(session, asked, patient, known.request_id, known.record, verb, apply)

    async def _log(
        self,
        session: LiveSession,
        asked: Requester,
        patient: PatientRow | None,
        request_id: UUID,
        record: RequestRecord,
        verb: str,
        apply: Callable[[psycopg.AsyncCursor], Awaitable[None]] | None = None,
        charge: Charge | None = None,
        kind: Kind = Kind.SUBJECT_REQUEST,
    ) -> None:
        event = event_of(
            session,
            asked.purpose,
            asked.route,
            kind,
            patient_id=record.patient_id,
            detail=f"{record.kind} {number_of(request_id)} {verb}",
        )
        key = patient.audit_key if patient else None
        await self._ledger.commit(Intent(event, key, charge=charge, apply=apply))

    async def noted_reading(
        self,
        session: LiveSession,
        asked: Requester,
        patient: PatientRow | None,
        known: SubjectRequest,
        charge: Charge | None,
    ) -> None:
        """Log that an officer reads a request. Raises BudgetExhausted."""
        await self._log(
            session,
            asked,
            patient,
            known.request_id,
            known.record,
            "read",
            charge=charge,
            kind=Kind.REQUEST_READ,
        )

    async def own(
        self, hospital_id: UUID | None, patient_id: UUID, request_id: UUID
    ) -> SubjectRequest:
        """A patient's own request. Raises RequestUnknown."""
        known = await self._rows.one(hospital_id, request_id)
        if known.record.patient_id != patient_id:
            raise unknown()
        return known


def turn_of(text: str, changed: str, now_s: float) -> Turn:
    """Something that the hospital says. Raises RequestUnclear."""
    turn = Turn(now_s, of_hospital=True, text=checked_text(text, "text"), changed=changed.strip())
    said(Words(), turn)  # refuses an address that is none
    return turn
