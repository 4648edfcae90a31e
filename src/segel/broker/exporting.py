"""Bulk exports: the records of a hospital's patients, for a purpose and a recipient.

::

    asked: the patients' list is sealed ─▶ two people approve ─▶ opened one by one ─▶ over

The list is the budget that those who approve see: neither more patients are ever opened by it nor
others. Nothing of a record is gathered or kept. Each opening is the asker's own, with a live token:
policy and the patient's consent are asked again, and it stands in the patient's trail before the
key is released. Decision 043.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.approval_rules import Approval, Subject
from segel.broker.approvals import Approvals, Concern, Matter
from segel.broker.audit import Kind
from segel.broker.consents import Consents, nobody_hidden
from segel.broker.decoys import DecoyMarks
from segel.broker.directory import LiveSession
from segel.broker.errors import ExportUnclear, Forbidden, PatientUnknown, no_such_export
from segel.broker.export_decoys import ExportDecoys
from segel.broker.export_marks import ExportDecoy, ExportMark, ExportMarks
from segel.broker.export_rows import ExportRows
from segel.broker.export_rules import (
    EXPORTED_TYPES,
    WAITING_MAX,
    Export,
    checked_count,
    checked_recipient,
    checked_types,
    decision_on,
    is_over,
    require_known,
    require_open,
)
from segel.broker.folders import Folders
from segel.broker.freezes import Freezes
from segel.broker.index import Index
from segel.broker.ledger import Intent, Ledger
from segel.broker.messages import (
    ApprovalKind,
    ApprovalState,
    AskExport,
    ChartGrant,
    Exported,
    ExportReport,
    FolderGrant,
    LogExportFile,
    OpenExported,
    Requester,
    StudyMatch,
    StudyQuery,
)
from segel.broker.patients import PatientRow, Patients
from segel.broker.policy import Permission, authorise
from segel.broker.reasons import checked_reason
from segel.broker.releases import Asker, Releases, event_for, event_of
from segel.broker.search import Finder
from segel.domain.records import PATIENT
from segel.domain.scopes import IMAGING
from segel.sealing import new_patient_key

STUDIES_MAX: Final = 1_000
"""Studies of one patient that are told of: a lifetime's."""

DIGEST_BYTES: Final = 32


class Exporting:
    """Takes requests for exports, and opens what was approved."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        rows: ExportRows,
        approvals: Approvals,
        releases: Releases,
        patients: Patients,
        folders: Folders,
        finder: Finder,
        consents: Consents,
        freezes: Freezes,
        ledger: Ledger,
        index: Index,
        marks: DecoyMarks,
        export_marks: ExportMarks,
        export_decoys: ExportDecoys,
    ) -> None:
        self._pool = pool
        self._rows = rows
        self._approvals = approvals
        self._releases = releases
        self._patients = patients
        self._folders = folders
        self._finder = finder
        self._consents = consents
        self._freezes = freezes
        self._ledger = ledger
        self._index = index
        self._marks = marks
        self._export_marks = export_marks
        self._export_decoys = export_decoys

    def matter(self) -> Matter:
        """An export is asked for here alone, and is approved by the approval that was missing."""
        return Matter(_asked_elsewhere, effect=self._approve)

    # --- asking -------------------------------------------------------------------------------

    async def ask(self, session: LiveSession, asked: AskExport) -> ExportReport:
        """Ask for an export. Raises Forbidden, Frozen, ExportUnclear, ReasonMissing."""
        requester = asked.requester
        types = await self._permitted(session, requester, checked_types(asked.types))
        assert session.hospital_id is not None, "the policy asks for a hospital"
        recipient, reason = checked_recipient(asked.recipient), checked_reason(asked.reason)
        self._require_recipient(recipient, session.hospital_id)
        own = session.claims.account_id
        going = await self._rows.going(session.hospital_id)
        if sum(one.account_id == own for one in going.values()) >= WAITING_MAX:
            raise ExportUnclear(
                f"This account has {WAITING_MAX} exports that are asked for or open.",
                remedy="End one that is no longer needed.",
            )
        export_id, asked_s = uuid4(), self._ledger.now()
        assert session.hospital is not None, "who has a hospital has its record"
        found = await self._rows.patients_of(session.hospital_id)
        real = [one for one in found if not self._marks.is_decoy(one)]
        decoys = await self._export_decoys.made(
            session.hospital_id, session.hospital, checked_count(real), requester.purpose
        )
        listed = [*real, *(one.patient_id for one in decoys)]
        taken, parts = await asyncio.to_thread(self._listed, export_id, listed)
        mark = ExportMark(session.hospital_id, own, recipient, asked_s, decoys)
        export = Export(
            hospital_id=session.hospital_id,
            account_id=own,
            recipient=recipient,
            purpose=requester.purpose,
            types=types,
            since_s=asked.since_s,
            address=asked.address,
            patients=taken,
            asked_s=asked_s,
        )
        subject = {
            "recipient": recipient,
            "purpose": export.purpose.value,
            "types": ", ".join(types),
            "since": _shown_moment(export.since_s),
            "patients": str(taken),
        }
        concern = Concern(session.hospital_id, subject, Permission.RECORDS_EXPORT, types[0])

        async def insert(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.insert(cursor, export_id, export, parts)
            await self._export_marks.insert(cursor, export_id, mark)

        await self._approvals.request(
            session,
            requester,
            ApprovalKind.EXPORT,
            subject,
            reason,
            concern=concern,
            made=(export_id, insert),
        )
        return await self.show(session, export_id)

    async def show(self, session: LiveSession, export_id: UUID) -> ExportReport:
        """How an own export stands. Raises ExportUnknown, ExportRefused."""
        export, approval = await self._known(session, export_id)
        now_s = self._ledger.now()
        return ExportReport(
            export_id=export_id,
            state=approval.state(now_s),
            recipient=export.recipient,
            purpose=export.purpose,
            types=export.types,
            since_s=export.since_s,
            patients=export.patients,
            parts=export.parts,
            address=export.address,
            at_s=export.asked_s,
            expires_s=export.gives_until_s if export.approved_s else approval.expires_s,
            approved=len(approval.decisions),
            needed=approval.needed,
        )

    async def end(self, session: LiveSession, asked: Requester, export_id: UUID) -> None:
        """Take an own export back, or end it. Raises ExportUnknown."""
        export, approval = await self._known(session, export_id)
        if approval.state(self._ledger.now()) is ApprovalState.WAITING:
            await self._approvals.withdraw(session, asked, export_id)
        ended = msgspec.structs.replace(export, ended_s=self._ledger.now())

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.end(cursor, export_id, ended)

        event = event_of(
            session, export.purpose, asked.route, Kind.EXPORT_FILE, detail=f"{export_id} ended"
        )
        await self._ledger.commit(Intent(event, apply=apply))

    async def look(self) -> int:
        """End what is over: rejected, withdrawn or past its time. How many there were."""
        ended, now_s = 0, self._ledger.now()
        for export_id, export in (await self._rows.going()).items():
            state = await self._approvals.state_of(export_id)
            if is_over(export, state, now_s):
                over = msgspec.structs.replace(export, ended_s=now_s)
                async with self._pool.connection() as connection, connection.cursor() as cursor:
                    await self._rows.end(cursor, export_id, over)
                ended += 1
        return ended

    # --- giving -------------------------------------------------------------------------------

    async def open(self, session: LiveSession, asked: OpenExported) -> Exported:
        """What an export may take of one patient.

        Raises ExportUnknown, ExportWaiting, ExportRefused, Forbidden, Frozen.
        """
        export, asker = await self._admitted(
            session, asked.requester, asked.export_id, asked.resource_type
        )
        nothing = Exported(export.asked_s, export.since_s)
        listed = await self._rows.part(asked.export_id, asked.part)
        if not 0 <= asked.place < len(listed):
            return msgspec.structs.replace(nothing, over=True)
        decoys = await self._export_marks.decoys_of(asked.export_id)
        decoy = decoys.get(listed[asked.place])
        if decoy is not None:
            return await self._open_decoy(asker, decoy, asked, export, nothing)
        patient = await self._to_be_exported(asker, listed[asked.place], export)
        if patient is None:
            return nothing
        given = self._given(nothing, export, patient.patient_id)
        detail = f"{asked.export_id} to {export.recipient}"
        kind = asked.resource_type
        if kind == IMAGING:
            studies = await self._studies(asker, patient.patient_id)
            if studies:
                event = event_for(
                    asker, Kind.RECORDS_EXPORT, patient_id=patient.patient_id, detail=detail
                )
                await self._releases.commit(
                    session, asker.requester, Intent(event, patient.audit_key)
                )
            return msgspec.structs.replace(
                given, studies=tuple(studies), hospital_id=patient.hospital_id
            )
        folder = FolderGrant(
            kind, self._folders.id_of(patient.patient_id, kind), patient.folder_key(kind)
        )
        if kind != PATIENT and not await self._folders.holds_any(folder.folder_id):
            return nothing  # no key leaves for nothing, and the trail stays readable
        event = event_for(
            asker,
            Kind.RECORDS_EXPORT,
            patient_id=patient.patient_id,
            folders=((kind, folder.folder_id),),
            detail=detail,
        )
        intent = Intent(event, patient.audit_key)
        logged = await self._releases.commit(session, asker.requester, intent)
        grant = ChartGrant(
            patient.patient_id,
            patient.hospital_id,
            (folder,),
            self._releases.receipt(logged),
            patient.identity if kind == PATIENT else None,
        )
        return msgspec.structs.replace(given, grant=grant)

    async def log_file(self, session: LiveSession, asked: LogExportFile) -> None:
        """Write down a file that is about to be given whole, with a keyed digest by which it is
        known again. Raises as ``open``."""
        if len(asked.digest) != DIGEST_BYTES:
            raise ExportUnclear("A file is named by its SHA-256.", field="digest")
        _, asker = await self._admitted(
            session, asked.requester, asked.export_id, asked.resource_type
        )
        token = self._index.export_file(asked.digest).hex()
        detail = (
            f"{asked.export_id} {asked.resource_type} {asked.part}: {asked.rows} rows,"
            f" {asked.size} bytes, {token}"
        )
        event = event_for(asker, Kind.EXPORT_FILE, detail=detail)
        await self._releases.commit(session, asker.requester, Intent(event))

    # --- how ----------------------------------------------------------------------------------

    def _listed(self, export_id: UUID, patients: list[UUID]) -> tuple[int, list[bytes]]:
        """How many are taken, and their sealed list: in an order that is this export's own, so that
        a leaked file tells by it which one it comes from."""
        ordered = sorted(patients, key=lambda one: self._index.exported(export_id, one))
        return len(ordered), self._rows.sealed_parts(export_id, ordered)

    def _given(self, nothing: Exported, export: Export, patient_id: UUID) -> Exported:
        """With the id by which the recipient is to know somebody."""
        known_as = self._export_marks.pseudonym(export.hospital_id, export.recipient, patient_id)
        return msgspec.structs.replace(nothing, patient_id=patient_id, pseudonym=known_as)

    async def _open_decoy(
        self,
        asker: Asker,
        decoy: ExportDecoy,
        asked: OpenExported,
        export: Export,
        nothing: Exported,
    ) -> Exported:
        """What an export has of somebody invented for it: to the door it looks like anybody whom
        images alone brought here."""
        kind = asked.resource_type
        given = self._given(nothing, export, decoy.patient_id)
        if kind not in (PATIENT, IMAGING) or (kind == IMAGING and not decoy.studies):
            return nothing
        detail = f"{asked.export_id} to {export.recipient}"
        event = event_for(asker, Kind.RECORDS_EXPORT, detail=detail)
        logged = await self._releases.commit(asker.session, asker.requester, Intent(event))
        if kind == IMAGING:
            return msgspec.structs.replace(
                given, studies=decoy.studies, hospital_id=export.hospital_id
            )
        # A folder in which nothing lies, under a key of nothing.
        folder = FolderGrant(kind, uuid4(), new_patient_key())
        grant = ChartGrant(
            decoy.patient_id,
            export.hospital_id,
            (folder,),
            self._releases.receipt(logged),
            decoy.identity,
        )
        return msgspec.structs.replace(given, grant=grant)

    async def _permitted(
        self, session: LiveSession, requester: Requester, named: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The types that somebody may export: those they named, or of all what they may."""
        if named:
            for one in named:
                await self._admit(session, requester, one)
            return named
        permitted = []
        for one in EXPORTED_TYPES:
            try:
                authorise(
                    session.principal,
                    Permission.RECORDS_EXPORT,
                    requester.purpose,
                    session.hospital_id,
                    resource=one,
                )
            except Forbidden:
                continue
            permitted.append(one)
        if not permitted:
            await self._admit(session, requester, PATIENT)
        return tuple(permitted)

    async def _admit(self, session: LiveSession, asked: Requester, resource: str) -> Asker:
        return await self._releases.admit(
            session, asked, Permission.RECORDS_EXPORT, Kind.RECORDS_EXPORT, resource=resource
        )

    async def _known(self, session: LiveSession, export_id: UUID) -> tuple[Export, Approval]:
        export = await self._rows.one(export_id)
        approval = await self._approvals.of(export_id)
        now_s = self._ledger.now()
        require_known(export, session.claims.account_id, approval.state(now_s), now_s)
        return export, approval

    async def _admitted(
        self, session: LiveSession, asked: Requester, export_id: UUID, resource_type: str
    ) -> tuple[Export, Asker]:
        """An open export, and its asker, who asks for its purpose."""
        export = await self._rows.one(export_id)
        now_s = self._ledger.now()
        state = await self._approvals.state_of(export_id)
        require_open(export, session.claims.account_id, state, now_s)
        if resource_type not in export.types or session.hospital_id != export.hospital_id:
            raise no_such_export()
        self._require_recipient(export.recipient, export.hospital_id)
        requester = msgspec.structs.replace(asked, purpose=export.purpose)
        return export, await self._admit(session, requester, resource_type)

    def _require_recipient(self, recipient: str, hospital_id: UUID) -> None:
        self._freezes.active.require_recipient(recipient, hospital_id, self._ledger.now())

    async def _to_be_exported(
        self, asker: Asker, patient_id: UUID, export: Export
    ) -> PatientRow | None:
        """A patient who is still here, and whose record may go where it goes."""
        try:
            patient = await self._patients.read(asker.hospital_id, asker.hospital, patient_id)
        except PatientUnknown:
            return None
        rules = (await self._consents.of({patient_id: patient.marked})).get(patient_id, ())
        try:
            authorise(
                asker.session.principal,
                Permission.RECORDS_EXPORT,
                export.purpose,
                asker.hospital_id,
                resource=PATIENT,
                consent=decision_on(rules, export.purpose, self._ledger.now()),
            )
        except Forbidden:
            return None
        return patient

    async def _studies(self, asker: Asker, patient_id: UUID) -> list[StudyMatch]:
        query = StudyQuery(patient_id=patient_id, limit=STUDIES_MAX)
        page = await self._finder.find(asker.hospital_id, asker.hospital, query, nobody_hidden)
        return page.matches

    async def _approve(
        self, cursor: psycopg.AsyncCursor, approval_id: UUID, approval: Approval
    ) -> None:
        export = await self._rows.read(cursor, approval_id)
        self._require_recipient(export.recipient, export.hospital_id)
        approved = msgspec.structs.replace(export, approved_s=approval.used_s)
        await self._rows.write(cursor, approval_id, approved)


def _shown_moment(at_s: float) -> str:
    """A moment as those who approve see it; '' for none."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M UTC") if at_s else ""


async def _asked_elsewhere(session: LiveSession, subject: Subject) -> Concern:
    del session, subject
    raise ExportUnclear(
        "An export of records is asked for where it is fetched.",
        remedy="See docs/guide/fhir.md: GET /fhir/Patient/$export.",
    )
