"""A study, opened to be reported, and the pages that show what there is of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response

from segel.access import HandleBroken
from segel.broker import Session
from segel.broker.errors import Forbidden, TokenInvalid
from segel.console.http.chart import chart_address
from segel.console.http.faults import fault_of
from segel.console.http.sessions import (
    FRAGMENT_HEADER,
    SESSION_STATE,
    AnyRequest,
    counted,
    requester_of,
    session_of,
    token_of,
)
from segel.console.http.wiring import Console
from segel.console.report_page import (
    ROWS,
    WRITES_REPORTS,
    Form,
    asked_of,
    examination_of,
    page_key,
    report_document,
    unfilled,
)
from segel.console.study_page import StudyFacts, study_facts, viewer_content
from segel.console.worklist import open_study_handle
from segel.domain.errors import SegelError
from segel.records import (
    REASON_MAX,
    SECTIONS,
    TEXT_MAX,
    Author,
    Content,
    Examination,
    Report,
    StudyReports,
    templates,
)


@dataclass(frozen=True, slots=True)
class Desk:
    """One study, opened to be reported, and what there is of it."""

    handle: str
    session: Session
    facts: StudyFacts
    content: list[list[dict[str, Any]]]
    examination: Examination
    reports: StudyReports

    @property
    def author(self) -> Author:
        """Whoever is at the page."""
        return Author(self.session.account_id, self.session.display_name)

    @property
    def writes(self) -> bool:
        """Whether fields are shown."""
        return self.session.role in WRITES_REPORTS


async def open_desk(
    request: AnyRequest, console: Console, handle: str, *, to_write: bool = False
) -> Desk:
    """Open a study and its patient's reports. Raises the broker's errors.

    ``to_write``: only for whom fields are shown. Clinicians may write reports of their own kind by
    other doors: those of radiologists they read.
    """
    session = await session_of(request, console.broker)
    if to_write and session.role not in WRITES_REPORTS:
        raise not_a_reporter()
    token, requester = token_of(request), requester_of(request)
    study = await console.reader.study(requester, open_study_handle(token, handle))
    facts = study_facts(study, token)
    examination = examination_of(study, facts, session)
    reports = await console.reports.of_study(requester, examination)
    session = await counted(request, console.broker, session)
    return Desk(handle, session, facts, viewer_content(study, token), examination, reports)


def form_answer(
    request: AnyRequest, console: Console, desk: Desk, form: Form, *, status: int = 200
) -> Response[str]:
    """The page with its fields; for our script the fields alone."""
    assert desk.writes, "nobody else is shown fields"
    fragment = bool(request.headers.get(FRAGMENT_HEADER))
    return console.pages.answer(
        request,
        "_report_form.html" if fragment else "report.html",
        session=desk.session,
        status=status,
        form=form,
        shown=None,
        earlier=(),
        fault="",
        **around(request, console, desk),
    )


async def shown_answer(
    request: AnyRequest, console: Console, desk: Desk, *, status: int = 200, fault: str = ""
) -> Response[str]:
    """The page with a report that is read: the signed one and what it replaced."""
    report = desk.reports.report
    earlier: list[Report] = []
    if report is not None and report.signed and report.reason:
        earlier = await console.reports.earlier(requester_of(request), report)
    return console.pages.answer(
        request,
        "report.html",
        session=desk.session,
        status=status,
        form=None,
        shown=report,
        earlier=earlier,
        fault=fault,
        **around(request, console, desk),
    )


def review_answer(
    request: AnyRequest, console: Console, desk: Desk, content: Content, form: Form
) -> Response[str]:
    return console.pages.answer(
        request,
        "report_review.html",
        session=desk.session,
        form=form,
        content=content,
        unfilled=unfilled(content),
        **around(request, console, desk),
    )


def kept_answer(
    request: AnyRequest, console: Console, fields: Mapping[str, str], why: SegelError
) -> Response[str]:
    """The text that was sent where it could not be saved: nothing of it is lost."""
    if request.headers.get(FRAGMENT_HEADER):
        raise why  # our script still has it
    fault = fault_of(why)
    return console.pages.answer(
        request,
        "report_kept.html",
        session=request.state.get(SESSION_STATE),
        status=fault.status,
        error=fault,
        ended=isinstance(why, TokenInvalid | HandleBroken),
        key=fields.get("key", "")[:32],
        sections=[name for name in (*SECTIONS, "addendum") if fields.get(name, "").strip()],
        texts=fields,
    )


def around(request: AnyRequest, console: Console, desk: Desk) -> dict[str, Any]:
    """What every page of a report has."""
    token, examination = token_of(request), desk.examination
    return {
        "section": "worklist",
        "ohif": bool(console.settings.viewer_origin),
        "handle": desk.handle,
        "closes_to": f"/studies/{desk.handle}",
        "study": desk.facts,
        "content_of_viewer": desk.content,
        "chart": chart_address(token, examination.patient_id),
        "reports": desk.reports,
        "asked": asked_of(desk.reports.order),
        "document": lambda report: report_document(token, report),
        "writes": desk.writes,
        "sections": SECTIONS,
        "rows": ROWS,
        "templates": templates(),
        "text_max": TEXT_MAX,
        "reason_max": REASON_MAX,
        "key": page_key(examination.study_uid, desk.session.account_id),
    }


def not_a_reporter() -> Forbidden:
    return Forbidden("Reports are written by radiologists.", remedy="Read it on the study's page.")
