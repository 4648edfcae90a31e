"""The desk for cases of alleged leaks: officers, their guests, patients who ask."""

from uuid import UUID, uuid4

import msgspec

from segel.broker import messages as m
from segel.broker.audit import Kind
from segel.broker.case_files import CaseFiles
from segel.broker.case_guests import CaseGuests
from segel.broker.case_letters import CaseLetters
from segel.broker.case_notices import CaseNotices
from segel.broker.case_proofs import CaseLog
from segel.broker.case_rows import CaseRows, OpenCaseRow
from segel.broker.case_rules import (
    CaseContent,
    CaseRecord,
    checked_line,
    checked_text,
    met,
    number_of,
    with_person,
    with_task,
    with_task_done,
)
from segel.broker.case_showing import CaseShowing
from segel.broker.cases import Cases, Deed
from segel.broker.desks.offers import Offer
from segel.broker.errors import CaseOver, Forbidden
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.patients_told import PatientsTold
from segel.broker.policy import Permission, authorise
from segel.broker.releases import Asker, event_of
from segel.domain.cases import GUEST_FINDINGS, Happening, ObjectKind, Tlp
from segel.domain.roles import Role


class CasesDesk:
    """Answers for the asking account's own organisation."""

    def __init__(
        self,
        sessions: Sessions,
        cases: Cases,
        rows: CaseRows,
        showing: CaseShowing,
        files: CaseFiles,
        guests: CaseGuests,
        notices: CaseNotices,
        letters: CaseLetters,
        told: PatientsTold,
        log: CaseLog,
        ledger: Ledger,
    ) -> None:
        self._sessions = sessions
        self._cases = cases
        self._rows = rows
        self._showing = showing
        self._files = files
        self._guests = guests
        self._notices = notices
        self._letters = letters
        self._told = told
        self._log = log
        self._ledger = ledger

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.OpenCase, self._open),
            Offer(m.ListCases, self._list),
            Offer(m.ShowCase, self._show),
            Offer(m.AmendCase, self._amend),
            Offer(m.NoteOnCase, self._note),
            Offer(m.AddCasePerson, self._add_person),
            Offer(m.AddCaseTask, self._add_task),
            Offer(m.FinishCaseTask, self._finish_task),
            Offer(m.MeetClock, self._meet),
            Offer(m.CloseCase, self._close),
            Offer(m.ReopenCase, self._reopen),
            Offer(m.BeginObject, self._begin_object),
            Offer(m.FinishObject, self._finish_object),
            Offer(m.AbandonObject, self._abandon_object),
            Offer(m.OpenObject, self._open_object),
            Offer(m.ListLeftObjects, self._left),
            Offer(m.SweptObjects, self._swept),
            Offer(m.PutFinding, self._put_finding),
            Offer(m.ReadFinding, self._read_finding),
            Offer(m.SignNotice, self._sign),
            Offer(m.TellNotice, self._tell),
            Offer(m.ClaimLetters, self._claim_letters),
            Offer(m.NoteLetters, self._note_letters),
            Offer(m.CountLetters, self._count_letters),
            Offer(m.InviteGuest, self._invite),
            Offer(m.EndGuest, self._end_guest),
            Offer(m.TellPatients, self._tell_patients),
            Offer(m.UntellPatients, self._untell_patients),
            Offer(m.AskAffected, self._affected),
            Offer(m.CaseProofs, self._proofs),
        ]

    # --- the case -----------------------------------------------------------------------------

    async def _open(self, asked: m.OpenCase) -> m.Reply:
        return m.Done(await self._cases.open(asked))

    async def _list(self, asked: m.ListCases) -> m.Reply:
        asker = await self._cases.officer(asked.requester, Permission.LEAK_READ)
        if not _is_guest(asker):
            return m.CaseList(await self._cases.listed(asker))
        _, guest = await self._guests.admit(asker)
        row = await self._rows.one(asker.hospital_id, guest.case_id)
        return m.CaseList([_line_for_guest(row.case_id, row.record)])

    async def _show(self, asked: m.ShowCase) -> m.Reply:
        asker, opened = await self._reader(asked.requester, asked.case_id)
        is_guest = _is_guest(asker)
        if is_guest:
            await self._guests.look(asker, asked.case_id)
        else:
            await self._cases.log(asker, asked.case_id, None)
        return await self._showing.view(opened, self._ledger.now(), is_guest=is_guest)

    async def _amend(self, asked: m.AmendCase) -> m.Reply:
        await self._cases.amend(asked)
        return m.Done(asked.case_id)

    async def _note(self, asked: m.NoteOnCase) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        deed = Deed(Happening.NOTED, checked_text(asked.text, "text"))
        await self._cases.change(asker, asked.case_id, deed)
        return m.Done(asked.case_id)

    async def _add_person(self, asked: m.AddCasePerson) -> m.Reply:
        asker = await self._cases.officer(asked.requester)

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            return record, with_person(content, asked.person)

        deed = Deed(Happening.PERSON_ADDED, checked_line(asked.person.name, "name"))
        await self._cases.change(asker, asked.case_id, deed, make, seen=asked.version)
        return m.Done(asked.case_id)

    async def _add_task(self, asked: m.AddCaseTask) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        task_id, now_s = uuid4(), self._ledger.now()
        task = m.TaskLine(task_id=task_id, title=asked.title, owner=asked.owner, due_s=asked.due_s)

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            return record, with_task(content, task, now_s)

        deed = Deed(Happening.TASK_ADDED, checked_line(asked.title, "title"), task_id)
        await self._cases.change(asker, asked.case_id, deed, make, seen=asked.version)
        return m.Done(task_id)

    async def _finish_task(self, asked: m.FinishCaseTask) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        now_s, by = self._ledger.now(), asker.session.account.name

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            return record, with_task_done(content, asked.task_id, now_s, by)

        deed = Deed(Happening.TASK_DONE, subject_id=asked.task_id)
        await self._cases.change(asker, asked.case_id, deed, make, seen=asked.version)
        return m.Done(asked.task_id)

    async def _meet(self, asked: m.MeetClock) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        how, now_s = checked_text(asked.how, "how"), self._ledger.now()

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            told = msgspec.structs.replace(content, how={**content.how, asked.kind.value: how})
            return met(record, asked.kind, asked.at_s, now_s), told

        deed = Deed(Happening.CLOCK_MET, how, proven=f"{asked.kind} {int(asked.at_s)}")
        await self._cases.change(asker, asked.case_id, deed, make, seen=asked.version)
        return m.Done(asked.case_id)

    async def _close(self, asked: m.CloseCase) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        reason, now_s = checked_text(asked.reason, "reason"), self._ledger.now()

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            return (
                msgspec.structs.replace(record, closed_s=now_s),
                msgspec.structs.replace(content, closed_why=reason),
            )

        deed = Deed(Happening.CLOSED, reason)
        await self._cases.change(asker, asked.case_id, deed, make, seen=asked.version)
        return m.Done(asked.case_id)

    async def _reopen(self, asked: m.ReopenCase) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        reason = checked_text(asked.reason, "reason")

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            if record.is_open:
                raise CaseOver("This case is open already.")
            return (
                msgspec.structs.replace(record, closed_s=0.0),
                msgspec.structs.replace(content, closed_why=""),
            )

        deed = Deed(Happening.REOPENED, reason)
        await self._cases.change(
            asker, asked.case_id, deed, make, seen=asked.version, of_closed=True
        )
        return m.Done(asked.case_id)

    # --- files --------------------------------------------------------------------------------

    async def _begin_object(self, asked: m.BeginObject) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        return await self._files.begin(asker, asked)

    async def _finish_object(self, asked: m.FinishObject) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        await self._files.finish(asker, asked)
        return m.Done(asked.object_id)

    async def _abandon_object(self, asked: m.AbandonObject) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        await self._files.abandon(asker, asked.case_id, asked.object_id)
        return m.Done(asked.object_id)

    async def _open_object(self, asked: m.OpenObject) -> m.Reply:
        asker, opened = await self._reader(asked.requester, asked.case_id)
        kind = await self._files.kind_of(opened, asked.object_id)
        if kind is ObjectKind.AFFECTED:  # people, by name: for those who write to them
            await self._cases.officer(asked.requester, Permission.LEAK_TELL)
        if _is_guest(asker):
            if kind is not ObjectKind.DOCUMENT:
                raise Forbidden("A guest of a case is given its documents.")
            await self._guests.look(asker, asked.case_id, file=asked.object_id)
        return await self._files.open(asker, opened, asked.object_id, asked.why)

    async def _left(self, _: m.ListLeftObjects) -> m.Reply:
        found = await self._rows.left_objects(self._ledger.now())
        return m.LeftObjects([m.LeftObject(case_id, one) for case_id, one in found])

    async def _swept(self, asked: m.SweptObjects) -> m.Reply:
        await self._rows.swept(asked.object_ids, self._ledger.now())
        return m.Done()

    # --- findings -----------------------------------------------------------------------------

    async def _put_finding(self, asked: m.PutFinding) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        await self._cases.put_finding(asker, asked.case_id, asked.kind, asked.body, asked.seen)
        return m.Done(asked.case_id)

    async def _read_finding(self, asked: m.ReadFinding) -> m.Reply:
        asker, opened = await self._reader(asked.requester, asked.case_id)
        if not _is_guest(asker):
            await self._cases.log(asker, asked.case_id, None)
        elif asked.kind in GUEST_FINDINGS:
            await self._guests.look(asker, asked.case_id)
        else:
            raise Forbidden("A guest of a case is given its answers and counts.")
        return await self._cases.finding(opened, asked.kind, asked.version)

    # --- documents ----------------------------------------------------------------------------

    async def _sign(self, asked: m.SignNotice) -> m.Reply:
        asker = await self._cases.officer(asked.requester, Permission.LEAK_SIGN)
        return m.Done(await self._notices.sign(asker, asked))

    async def _tell(self, asked: m.TellNotice) -> m.Reply:
        asker = await self._cases.officer(asked.requester, Permission.LEAK_TELL)
        await self._notices.tell(asker, asked)
        return m.Done(asked.notice_id)

    # --- letters ------------------------------------------------------------------------------

    async def _claim_letters(self, asked: m.ClaimLetters) -> m.Reply:
        asker = await self._cases.officer(asked.requester, Permission.LEAK_TELL)
        return await self._letters.claim(asker, asked)

    async def _note_letters(self, asked: m.NoteLetters) -> m.Reply:
        asker = await self._cases.officer(asked.requester, Permission.LEAK_TELL)
        await self._letters.note(asker, asked)
        return m.Done(asked.batch_id)

    async def _count_letters(self, asked: m.CountLetters) -> m.Reply:
        asker = await self._cases.officer(asked.requester, Permission.LEAK_TELL)
        return await self._letters.count(asker, asked)

    # --- guests, patients ---------------------------------------------------------------------

    async def _invite(self, asked: m.InviteGuest) -> m.Reply:
        return await self._guests.invite(await self._cases.officer(asked.requester), asked)

    async def _end_guest(self, asked: m.EndGuest) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        await self._cases.found(asker, asked.case_id)
        await self._guests.end(asker, asked.case_id, asked.guest_id)
        return m.Done(asked.guest_id)

    async def _tell_patients(self, asked: m.TellPatients) -> m.Reply:
        asker = await self._cases.officer(asked.requester, Permission.LEAK_TELL)
        return m.ToldPatients(await self._told.tell(asker, asked))

    async def _untell_patients(self, asked: m.UntellPatients) -> m.Reply:
        asker = await self._cases.officer(asked.requester, Permission.LEAK_TELL)
        await self._told.untell(asker, asked)
        return m.Done(asked.case_id)

    async def _affected(self, asked: m.AskAffected) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        patient_id = session.account.patient_id
        authorise(
            session.principal,
            Permission.RECORD_TRAIL,
            asked.requester.purpose,
            session.hospital_id,
            patient_id,
        )
        assert patient_id is not None, "the policy permits it to patients only"
        event = event_of(
            session,
            asked.requester.purpose,
            asked.requester.route,
            Kind.RECORD_TRAIL,
            detail="affected",
        )
        await self._ledger.commit(Intent(event))
        return m.AffectedList(await self._told.answers(patient_id, asked.language))

    # --- proofs -------------------------------------------------------------------------------

    async def _proofs(self, asked: m.CaseProofs) -> m.Reply:
        asker = await self._cases.officer(asked.requester)
        await self._rows.one(asker.hospital_id, asked.case_id)
        await self._cases.log(asker, asked.case_id, None)
        return await self._log.of(asked.case_id)

    # --- how ----------------------------------------------------------------------------------

    async def _reader(self, requester: m.Requester, case_id: UUID) -> tuple[Asker, OpenCaseRow]:
        """Who may read a case, and the case; a guest's own. Raises Forbidden, CaseUnknown."""
        asker = await self._cases.officer(requester, Permission.LEAK_READ)
        if _is_guest(asker):
            _, guest = await self._guests.admit(asker)
            if guest.case_id != case_id:
                case_id = UUID(int=0)  # answered as what is not there
        return asker, await self._cases.found(asker, case_id)


def _is_guest(asker: Asker) -> bool:
    return asker.session.account.role is Role.CASE_GUEST


def _line_for_guest(case_id: UUID, record: CaseRecord) -> m.CaseLine:
    return m.CaseLine(
        case_id=case_id,
        number=number_of(case_id),
        is_open=record.is_open,
        tlp=Tlp.RED,
        vital=record.vital,
        known_s=record.known_s,
        opened_s=record.opened_s,
        closed_s=record.closed_s,
    )
