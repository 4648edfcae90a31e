"""Writing reports: a draft, its signing, and amendments of what is signed.

Everything goes through the charts, with the caller's own session: who may, the broker decides. A
report, its PDF and who signed it are written in one statement, and so is the mark that the study
has been reported: a keyed token that the broker made and that names no study to anybody else. What
came in by another door is marked when its study is next looked at (decision 034).
"""

import asyncio
import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from segel.broker import Requester
from segel.domain.records import BINARY
from segel.records.charts import Charts, Plan, conflict
from segel.records.errors import ResourceGone, ResourceUnknown
from segel.records.model import CREATED, Version, instant
from segel.records.offering import valid
from segel.records.r4 import decode, encode
from segel.records.reports.composing import (
    PDF_TYPE,
    Issue,
    binary_of,
    number_of,
    provenance_of,
    report_of,
)
from segel.records.reports.errors import ReportMissing, ReportNotSigned, ReportSigned
from segel.records.reports.model import (
    FINAL,
    Addendum,
    Amendment,
    Author,
    Content,
    Examination,
    Json,
    Report,
    StudyReports,
)
from segel.records.reports.pdf import pdf_of
from segel.records.reports.reading import report_read, reports_among
from segel.records.reports.words import word
from segel.records.signed import DRAFT, SIGNED, tagged
from segel.records.transactions import Transactions

REPORT: Final = "DiagnosticReport"
ORDER: Final = "ServiceRequest"
PDF: Final = b"%PDF-"


@dataclass(frozen=True, slots=True)
class _Signing:
    """A report about to be answered for."""

    examination: Examination
    content: Content
    author: Author
    issue: Issue
    order: Json | None


class Reports:
    """Reports of one archive's studies, for requesters whom the broker has not yet verified."""

    def __init__(
        self, charts: Charts, transactions: Transactions, clock: Callable[[], float] = time.time
    ) -> None:
        self._charts = charts
        self._transactions = transactions
        self._clock = clock

    # --- reading ------------------------------------------------------------------------------

    async def of_study(self, asked: Requester, examination: Examination) -> StudyReports:
        """What there is of a study. Raises ResourceUnknown, ChartFull, BrokerError."""
        opened = await self._charts.of_patient(asked, examination.patient_id, (REPORT, ORDER))
        found = reports_among(
            [one.told() for one in opened],
            examination.hospital_id,
            examination.study_uid,
            examination.accession,
        )
        if examination.mark:
            await self._charts.mark(examination.mark, there=found.reported)
        return found

    async def earlier(self, asked: Requester, report: Report) -> list[Report]:
        """The signed versions that a report replaced, the newest first."""
        versions = await self._charts.history(asked, REPORT, report.report_id)
        told = [one.told() for one in versions if one.resource is not None]
        return [
            one for one in map(report_read, told) if one.version < report.version and one.signed
        ]

    async def document(self, asked: Requester, report: Mapping[str, Any], number: int) -> bytes:
        """The PDF at a place in a report's ``presentedForm``. Raises ReportMissing."""
        forms = report.get("presentedForm", ())
        form = forms[number] if 0 <= number < len(forms) else {}
        data = form.get("data", "")
        kind, _, binary_id = str(form.get("url", "")).rpartition("/")
        try:
            if not data and kind.rpartition("/")[2] == BINARY:
                file = (await self._read(asked, BINARY, binary_id)).content
            else:
                file = base64.b64decode(str(data), validate=True)
        except (ValueError, binascii.Error):
            file = b""
        if not file.startswith(PDF):
            raise ReportMissing("There is no such document.", remedy="Open the record again.")
        return file

    # --- writing ------------------------------------------------------------------------------

    async def save(
        self,
        asked: Requester,
        examination: Examination,
        content: Content,
        author: Author,
        expected: int,
    ) -> Version:
        """A draft, durable when this returns. ``expected``: the version it was made of, 0: none.

        Raises VersionConflict where somebody else wrote meanwhile, and ReportSigned.
        """
        found = await self.of_study(asked, examination)
        resource = report_of(examination, content, author, Issue(), order=found.order)
        if found.report is None:
            number = number_of(examination)
            written = await self._transactions.create_once(
                asked,
                tagged(_writable(resource), DRAFT),
                f"identifier={number['system']}|{number['value']}",
            )
            if written.made:
                return written.version
            # Somebody began it in the same instant.
            raise conflict()
        if found.report.signed:
            raise signed_already()
        return await self._charts.update(
            asked,
            tagged(_writable(resource), DRAFT),
            found.report.report_id,
            expected,
            reporting=True,
        )

    async def sign(
        self, asked: Requester, examination: Examination, author: Author, expected: int
    ) -> Version:
        """Sign the draft as it is stored. Raises ReportIncomplete, ReportSigned, VersionConflict,
        ReportMissing."""
        found = await self.of_study(asked, examination)
        if found.report is None:
            raise ReportMissing("There is no draft to be signed.", remedy="Write the report.")
        if found.report.signed:
            raise signed_already()
        content = found.report.content.require_whole()
        signing = _Signing(examination, content, author, Issue(FINAL, self._clock()), found.order)
        return await self._sign(asked, found.report, signing, expected)

    async def amend(
        self,
        asked: Requester,
        examination: Examination,
        amendment: Amendment,
        author: Author,
        expected: int,
    ) -> Version:
        """Sign an amendment of what is signed. Raises ReportNotSigned, VersionConflict, ..."""
        found = await self.of_study(asked, examination)
        if found.report is None or not found.report.signed:
            raise ReportNotSigned("Nobody has signed this report.", remedy="Change the draft.")
        before, at_s = found.report, self._clock()
        addenda = before.addenda
        if amendment.addendum:
            addenda += (Addendum(amendment.addendum, author.name, instant(at_s)),)
        status = amendment.status_after(before.content)
        issue = Issue(status, at_s, addenda, amendment.reason)
        signing = _Signing(examination, amendment.content, author, issue, found.order)
        return await self._sign(asked, before, signing, expected)

    async def _sign(
        self, asked: Requester, before: Report, signing: _Signing, expected: int
    ) -> Version:
        examination, issue = signing.examination, signing.issue
        file = await asyncio.to_thread(pdf_of, examination, signing.content, signing.author, issue)
        binary_id, version = uuid4(), before.version + 1
        attachment = {
            "contentType": PDF_TYPE,
            "language": signing.content.language,
            "url": f"Binary/{binary_id}",
            "size": len(file),
            # R4 asks for SHA-1 here; who signed what is proven by the versions, not by this.
            "hash": base64.b64encode(hashlib.sha1(file).digest()).decode(),  # noqa: S324
            "title": word(signing.content.language, "title"),
            "creation": instant(issue.at_s),
        }
        report = report_of(
            examination, signing.content, signing.author, issue,
            order=signing.order, document=attachment,
        )  # fmt: skip
        binary = binary_of(examination, base64.b64encode(file).decode())
        provenance = provenance_of(
            examination, signing.author, issue,
            report=(before.report_id, version), binary_id=str(binary_id),
        )  # fmt: skip
        plan = await self._charts.plan_update(
            asked,
            tagged(_writable(report), SIGNED),
            before.report_id,
            expected,
            reporting=True,
        )
        beside = await self._beside(
            asked, examination.patient_id, ((uuid4(), provenance), (binary_id, binary))
        )
        marks = [examination.mark] if examination.mark else []
        await self._charts.commit(asked, [plan, *beside], marks)
        return plan.version

    async def _beside(
        self, asked: Requester, patient_id: UUID, made: Sequence[tuple[UUID, Json]]
    ) -> list[Plan]:
        """New resources that are written together with a signature."""
        types = [one["resourceType"] for _, one in made]
        folders = {
            folder.resource_type: folder
            for folder in await self._charts.open_to_write(asked, patient_id, types)
        }
        return [
            self._charts.planned(
                folders[one["resourceType"]],
                resource_id,
                1,
                CREATED,
                tagged(_writable(one), SIGNED),
            )
            for resource_id, one in made
        ]

    async def _read(self, asked: Requester, kind: str, resource_id: str) -> Version:
        try:
            return await self._charts.read(asked, kind, resource_id)
        except (ResourceUnknown, ResourceGone) as gone:
            raise ReportMissing(gone.what, remedy=gone.remedy) from None


def signed_already() -> ReportSigned:
    """Somebody answered for it."""
    return ReportSigned(
        "The report is signed: it is not edited any more.", remedy="Amend it, and say why."
    )


def _writable(resource: Json) -> Json:
    """A resource as it is written: one of R4, by the same check as at FHIR's door."""
    return valid(decode(encode(resource)), resource["resourceType"])
