"""``/record``: a patient's own page of who opened their record, and the same as a file."""

from typing import Any, Final

from litestar import Response, get
from litestar.enums import MediaType
from litestar.params import FromPath

from segel.access import open_handle, seal_handle
from segel.broker import Requester, Session
from segel.broker.messages import FILE_LINES_MAX, PAGE_LINES
from segel.console.headers import picture_headers
from segel.console.http.pages import read_asset
from segel.console.http.sessions import AnyRequest, session_of, token_of
from segel.console.http.wiring import Console, Here
from segel.console.record_page import (
    entry_of,
    fingerprint_of,
    policy_of,
    proofs_of,
    runs_of,
)
from segel.domain.purpose import Purpose

HANDLE: Final = "record"
FILE_NAME: Final = "segel-audit-record.html"


@get("/record")
async def record_page(request: AnyRequest, console: Here) -> Response[str]:
    """The newest events."""
    return await _page(request, console, "")


@get("/record/older/{handle:str}")
async def older_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """The events before those of another page."""
    return await _page(request, console, handle)


@get("/record/file")
async def record_file(request: AnyRequest, console: Here) -> Response[str]:
    """The newest events as one file that checks itself, offline."""
    return await _file(request, console, "")


@get("/record/file/{handle:str}")
async def older_file(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Earlier events as such a file."""
    return await _file(request, console, handle)


async def _page(request: AnyRequest, console: Console, handle: str) -> Response[str]:
    session = await session_of(request, console.broker)
    values = await _record(request, console, handle, PAGE_LINES)
    return console.pages.answer(
        request, "record.html", session=session, section="looked", handle=handle, **values
    )


async def _file(request: AnyRequest, console: Console, handle: str) -> Response[str]:
    session: Session = await session_of(request, console.broker)
    values = await _record(request, console, handle, FILE_LINES_MAX)
    script, style = read_asset("record.js"), read_asset("console.css")
    html = console.pages.render(
        request,
        "record_file.html",
        session=session,
        script=script.decode(),
        style=style.decode(),
        policy=policy_of(script, style),
        **values,
    )
    return Response(
        html,
        media_type=MediaType.HTML,
        headers={
            **picture_headers(),
            "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
            # Should a browser show it all the same, it is as closed in as on a disk.
            "Content-Security-Policy": f"sandbox allow-scripts; {policy_of(script, style)}",
        },
    )


async def _record(request: AnyRequest, console: Console, handle: str, limit: int) -> dict[str, Any]:
    token = token_of(request)
    before = int(open_handle(token, HANDLE, handle)) if handle else 0
    requester = Requester(token, Purpose.PATIENT_REQUEST, "console")
    found = await console.broker.record.open(requester, before, limit)
    entries = [entry_of(line) for line in found.document.lines]
    return {
        "entries": entries,
        "runs": runs_of(entries),
        "proofs": proofs_of(found.record),
        "fingerprint": fingerprint_of(found.document),
        "made_s": found.document.made_s,
        "patient_name": found.patient_name,
        "erased": found.erased,
        "older": seal_handle(token, HANDLE, str(found.older)) if found.older else "",
    }


HANDLERS = [record_page, older_page, record_file, older_file]
