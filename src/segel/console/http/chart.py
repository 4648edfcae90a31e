"""A patient's chart: who it is, what happened, and what was attached."""

from typing import Final
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from segel.access import open_handle, seal_handle
from segel.broker import Requester
from segel.console.chart_page import chart_facts, report_of
from segel.console.headers import picture_headers
from segel.console.http.sessions import AnyRequest, counted, requester_of, session_of, token_of
from segel.console.http.wiring import Console, Here

PATIENT: Final = "patient"


def chart_address(token: str, patient_id: UUID) -> str:
    """Where a patient's chart is had, without saying of whom it is."""
    return f"/patients/{seal_handle(token, PATIENT, str(patient_id))}"


@get("/patients/{handle:str}")
async def chart_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Patient banner with photo, and the timeline of studies, reports and results."""
    session = await session_of(request, console.broker)
    token = token_of(request)
    patient_id = UUID(open_handle(token, PATIENT, handle))
    resources = await console.reader.chart(requester_of(request), patient_id)
    session = await counted(request, console.broker, session)
    return console.pages.answer(
        request,
        "chart.html",
        session=session,
        section="worklist",
        holds_pictures=True,
        handle=handle,
        chart=chart_facts(resources, token),
    )


@get("/patients/{handle:str}/documents/{document:str}")
async def document(
    request: AnyRequest, console: Here, handle: FromPath[str], document: FromPath[str]
) -> Response[bytes]:
    """A document that is attached to a report, to be saved or looked at."""
    patient_id = UUID(open_handle(token_of(request), PATIENT, handle))
    return await saved_document(console, requester_of(request), patient_id, document)


async def saved_document(
    console: Console, requester: Requester, patient_id: UUID, document: str
) -> Response[bytes]:
    """The PDF behind a document's handle. Raises ReportMissing, HandleBroken."""
    data = await document_of(console, requester, patient_id, document)
    # Saved, not shown: a document of a stranger's making does not run in this page's origin.
    saved = {"Content-Disposition": 'attachment; filename="laporan.pdf"'}
    return Response(data, media_type="application/pdf", headers={**picture_headers(), **saved})


async def document_of(
    console: Console, requester: Requester, patient_id: UUID, document: str
) -> bytes:
    """The document that a handle stands for. Raises ReportMissing, HandleBroken."""
    report_id, _, number = open_handle(requester.token, "document", document).partition(" ")
    resources = await console.reader.chart(requester, patient_id, ("DiagnosticReport",))
    report = report_of(resources, report_id)
    return await console.reports.document(requester, report, int(number))


HANDLERS = [chart_page, document]
