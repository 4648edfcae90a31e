"""A study's report: read by who treats, written, signed and amended by radiologists.

What is typed is never lost by an answer: a form that is refused, or whose session ended, comes back
with its text.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath

from segel.console.errors import FormBroken
from segel.console.http.pages import preferences_of
from segel.console.http.report_desk import (
    Desk,
    form_answer,
    kept_answer,
    open_desk,
    review_answer,
    shown_answer,
)
from segel.console.http.sessions import (
    FRAGMENT_HEADER,
    AnyRequest,
    form_of,
    requester_of,
)
from segel.console.http.wiring import Console, Here
from segel.console.report_page import (
    Form,
    asked_of,
    first_form,
    form_of_report,
    with_template,
)
from segel.domain.errors import SegelError
from segel.records import (
    SECTIONS,
    Amendment,
    Content,
    ReportError,
    ReportSigned,
    VersionConflict,
)

SAVED_HEADER: Final = "X-Report-Version"
"""Tells our own script which version a saved draft has."""


@get("/studies/{handle:str}/report")
async def report_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """The pictures, and beside them the fields of a draft, or the signed report."""
    desk = await open_desk(request, console, handle)
    report = desk.reports.report
    if not desk.writes or (report is not None and report.signed):
        return await shown_answer(request, console, desk)
    return form_answer(request, console, desk, _fields(request, console, desk))


@post("/studies/{handle:str}/report")
async def save(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Save the draft. For our script: an empty answer, or the form with what came between."""
    return await _saved(request, console, handle, f"/studies/{quote(handle, safe='')}/report")


@post("/studies/{handle:str}/report/review")
async def save_to_review(
    request: AnyRequest, console: Here, handle: FromPath[str]
) -> Response[str]:
    """Save the draft, and show it as it will be signed."""
    return await _saved(
        request, console, handle, f"/studies/{quote(handle, safe='')}/report/review"
    )


@post("/studies/{handle:str}/report/template")
async def choose_template(
    request: AnyRequest, console: Here, handle: FromPath[str]
) -> Response[str]:
    """The form under another template. It saves nothing, and takes nothing that was written."""
    fields = await form_of(request, console.settings.origin)
    try:
        desk = await open_desk(request, console, handle, to_write=True)
        form = _typed(fields)
    except SegelError as refused:
        return kept_answer(request, console, fields, refused)
    content = with_template(form.content, fields.get("chosen", ""), fields.get("language", "id"))
    return form_answer(request, console, desk, replace(form, content=content))


@get("/studies/{handle:str}/report/review")
async def review_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """The stored draft as it will be signed, to be confirmed."""
    desk = await open_desk(request, console, handle, to_write=True)
    report = desk.reports.report
    if report is None or report.signed:
        return console.pages.onward(f"/studies/{quote(handle, safe='')}/report")
    try:
        report.content.require_whole()
    except ReportError as refused:
        form = replace(form_of_report(report), fault=refused.code, fault_at=refused.field or "")
        return form_answer(request, console, desk, form, status=422)
    return review_answer(request, console, desk, report.content, Form("draft", report.version,
                   report.content, stored=True))  # fmt: skip


@post("/studies/{handle:str}/report/sign")
async def sign(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Sign the version that was reviewed."""
    fields = await form_of(request, console.settings.origin)
    desk = await open_desk(request, console, handle, to_write=True)
    try:
        await console.reports.sign(
            requester_of(request), desk.examination, desk.author, _version(fields)
        )
    except VersionConflict:  # what was reviewed is not what is there: it is to be seen first
        desk = await open_desk(request, console, handle, to_write=True)
        report = desk.reports.report
        if report is None or report.signed:
            return await shown_answer(request, console, desk, status=409, fault="report-signed")
        form = replace(form_of_report(report), fault="report-changed")
        return form_answer(request, console, desk, form, status=409)
    except ReportSigned as refused:
        return await shown_answer(request, console, desk, status=409, fault=refused.code)
    return console.pages.onward(f"/studies/{quote(handle, safe='')}/report")


@get("/studies/{handle:str}/report/amend")
async def amend_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """The fields of a signed report, with a reason and an addendum."""
    desk = await open_desk(request, console, handle, to_write=True)
    report = desk.reports.report
    if report is None or not report.signed:
        return console.pages.onward(f"/studies/{quote(handle, safe='')}/report")
    return form_answer(request, console, desk, form_of_report(report))


@post("/studies/{handle:str}/report/amend")
async def amend(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Show the amendment as it will be signed; once that is confirmed, sign it."""
    fields = await form_of(request, console.settings.origin)
    try:
        return await _amended(request, console, handle, fields)
    except SegelError as refused:
        return kept_answer(request, console, fields, refused)


async def _amended(
    request: AnyRequest, console: Console, handle: str, fields: Mapping[str, str]
) -> Response[str]:
    desk = await open_desk(request, console, handle, to_write=True)
    before = desk.reports.report
    if before is None or not before.signed:
        return console.pages.onward(f"/studies/{quote(handle, safe='')}/report")
    form = _raw(fields, "amend")
    try:
        form = _typed(fields, "amend")
        amendment = Amendment.written(before.content, form.content, form.addendum, form.reason)
        if before.version != form.version:
            form = replace(form, version=before.version, theirs=before)
            return form_answer(request, console, desk, form, status=409)
        if fields.get("confirmed") != "yes":
            return review_answer(request, console, desk, amendment.content, form)
        await console.reports.amend(
            requester_of(request), desk.examination, amendment, desk.author, form.version
        )
    except VersionConflict:
        desk = await open_desk(request, console, handle, to_write=True)
        theirs = desk.reports.report
        form = replace(form, version=theirs.version if theirs else 0, theirs=theirs)
        return form_answer(request, console, desk, form, status=409)
    except ReportError as refused:
        form = replace(form, fault=refused.code, fault_at=refused.field or "")
        return form_answer(request, console, desk, form, status=422)
    return console.pages.onward(f"/studies/{quote(handle, safe='')}/report")


@get(["/studies/{handle:str}/report/sign", "/studies/{handle:str}/report/template"])
async def form_again(console: Here, handle: FromPath[str]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(f"/studies/{quote(handle, safe='')}/report")


# --- saving ---------------------------------------------------------------------------------------


async def _saved(request: AnyRequest, console: Console, handle: str, onward: str) -> Response[str]:
    fields = await form_of(request, console.settings.origin)
    form = _raw(fields, "draft")
    try:
        desk = await open_desk(request, console, handle, to_write=True)
        form = _typed(fields)
        version = await console.reports.save(
            requester_of(request), desk.examination, form.content, desk.author, form.version
        )
    except (VersionConflict, ReportSigned):
        desk = await open_desk(request, console, handle, to_write=True)
        theirs = desk.reports.report
        signed = theirs is not None and theirs.signed
        form = replace(
            form,
            mode="amend" if signed else "draft",
            version=theirs.version if theirs else 0,
            theirs=theirs,
            stored=False,
        )
        return form_answer(request, console, desk, form, status=409)
    except ReportError as refused:
        form = replace(form, fault=refused.code, fault_at=refused.field or "")
        return form_answer(request, console, desk, form, status=422)
    except SegelError as refused:
        return kept_answer(request, console, fields, refused)
    if request.headers.get(FRAGMENT_HEADER):
        answer = console.pages.onward(onward)
        return Response(
            "", headers={**answer.headers, SAVED_HEADER: str(version.number)}, status_code=200
        )
    return console.pages.onward(onward)


def _typed(fields: Mapping[str, str], mode: str = "draft") -> Form:
    """The form as it was sent. Raises ReportTooLong."""
    content = Content.written(
        fields,
        language=fields.get("language", ""),
        template=fields.get("template", ""),
        assessment=fields.get("assessment", ""),
    )
    return replace(_raw(fields, mode), content=content)


def _raw(fields: Mapping[str, str], mode: str) -> Form:
    """The form as it was sent, unchecked: to be shown again."""
    sections = {name: fields.get(name, "") for name in SECTIONS}
    language = "en" if fields.get("language") == "en" else "id"
    content = Content(language, fields.get("template", ""), sections, fields.get("assessment", ""))
    return Form(
        mode,
        _version(fields),
        content,
        stored=False,
        addendum=fields.get("addendum", ""),
        reason=fields.get("reason", ""),
    )


def _version(fields: Mapping[str, str]) -> int:
    stated = fields.get("version", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) < 10):
        raise FormBroken("The version is missing.", field="version", remedy="Open the page again.")
    return int(stated)


def _fields(request: AnyRequest, console: Console, desk: Desk) -> Form:
    """What the fields begin with."""
    if desk.reports.report is not None:
        return form_of_report(desk.reports.report)
    language = preferences_of(request).language
    asked = asked_of(desk.reports.order)
    return first_form(desk.examination, language, asked.question if asked else "")


HANDLERS = [
    report_page,
    save,
    save_to_review,
    choose_template,
    review_page,
    sign,
    amend_page,
    amend,
    form_again,
]
