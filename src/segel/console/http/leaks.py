"""``/leaks``: alleged leaks, from opening a case to its close; and a patient's own answer."""

import re
import time
from collections.abc import AsyncIterator, Mapping
from typing import Final
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from segel.broker import Requester
from segel.broker.errors import CaseUnclear
from segel.broker.messages import WARRANT_HOURS_MAX, CasePerson
from segel.console.errors import FormBroken
from segel.console.http.own_requests import nonce_of
from segel.console.http.pages import preferences_of
from segel.console.http.sessions import (
    FRAGMENT_HEADER,
    AnyRequest,
    chosen,
    form_of,
    overseeing,
    refuse_foreign,
    session_of,
    token_of,
)
from segel.console.http.ways_in import id_of
from segel.console.http.wiring import Console, Here
from segel.domain.cases import HOUR_S, Claim, ClockKind, Language, NoticeKind, Tlp
from segel.domain.purpose import Purpose
from segel.domain.sizes import parse_size
from segel.domain.strangers import neutral

HOURS_BACK_MAX: Final = 24 * 366
NAME_LENGTH_MAX: Final = 300
EXAMINING: Final = "examining"
"""The part of a case's page that it asks for again and again."""
ROWS_MAX: Final = 200_000_000
_NUMBER: Final = re.compile(r"\d{0,12}", re.ASCII)


@get("/leaks")
async def leaks_page(request: AnyRequest, console: Here) -> Response[str]:
    """The organisation's cases; of a guest the one."""
    session = await session_of(request, console.broker)
    lines = await console.broker.cases.listed(overseeing(request))
    return console.pages.answer(
        request,
        "leaks.html",
        session=session,
        section="leaks",
        open_cases=[one for one in lines if one.is_open],
        closed=[one for one in lines if not one.is_open],
        may_open="leaks:case" in session.permissions,
        neutral=neutral,
    )


@get("/leaks/new")
async def new_leak_page(request: AnyRequest, console: Here) -> Response[str]:
    """The form of a new case."""
    return await _new(request, console, {}, "")


@post("/leaks/new")
async def open_leak(request: AnyRequest, console: Here) -> Response[str]:
    """Open a case."""
    form = await form_of(request, console.settings.origin)
    nonce = nonce_of(form)
    try:
        known_s = time.time() - 1 - _number(form, "hours", HOURS_BACK_MAX) * HOUR_S
        claim = Claim(
            form.get("text", ""),
            form.get("source", ""),
            _size(form),
            _number(form, "people", 10**10),
            form.get("price", ""),
        )
        case_id = await console.broker.cases.open(
            overseeing(request),
            claim,
            tlp=chosen(form, "tlp", Tlp),
            known_s=known_s,
            vital=form.get("vital") == "1",
            nonce=nonce,
        )
    except (CaseUnclear, FormBroken) as unclear:
        return await _new(request, console, form, unclear.field or "text")
    return console.pages.onward(f"/leaks/{case_id}")


@get("/leaks/{case_id:uuid}")
async def leak_page(request: AnyRequest, console: Here, case_id: FromPath[UUID]) -> Response[str]:
    """One case; while its evidence is examined, that part alone, which opens nothing of it."""
    if request.headers.get(FRAGMENT_HEADER) == EXAMINING:
        session = await session_of(request, console.broker)
        examining = console.evidence.examining(case_id, session.hospital_id)
        if examining is not None and "leaks:case" in session.permissions:
            return console.pages.answer(
                request, "_leak_examining.html", session=session, examining=examining
            )
    return await _shown(request, console, case_id)


@post("/leaks/{case_id:uuid}")
async def change_leak(request: AnyRequest, console: Here, case_id: FromPath[UUID]) -> Response[str]:
    """One of the page's forms: ``deed`` says which."""
    form = await form_of(request, console.settings.origin)
    asker, cases = overseeing(request), console.broker.cases
    match form.get("deed"):
        case "note":
            await cases.note(asker, case_id, form.get("text", ""))
        case "person":
            person = CasePerson(form.get("name", ""), form.get("part", ""), form.get("contact", ""))
            await cases.add_person(asker, case_id, person)
        case "task":
            await cases.add_task(asker, case_id, form.get("title", ""), form.get("owner", ""))
        case "task-done":
            await cases.finish_task(asker, case_id, id_of(form, "task"))
        case "met":
            kind = chosen(form, "kind", ClockKind)
            await cases.meet(asker, case_id, kind, time.time() - 1, form.get("how", ""))
        case "close":
            await cases.close(
                asker, case_id, form.get("reason", ""), _number(form, "version", 10**9)
            )
        case "reopen":
            await cases.reopen(asker, case_id, form.get("reason", ""))
        case "guest-end":
            await cases.end_guest(asker, case_id, id_of(form, "guest"))
        case "warrant":
            await _ask_warrant(asker, console, case_id, form)
        case "examine":
            session = await session_of(request, console.broker)
            await console.evidence.examine(
                asker, session.hospital_id, case_id, id_of(form, "warrant")
            )
        case "warrant-revoke":
            reason = form.get("reason", "")
            await console.broker.warrants.revoke(asker, id_of(form, "warrant"), reason)
        case "warrant-close":
            await console.broker.warrants.close(asker, id_of(form, "warrant"))
        case "tell-patients":
            chosen_ones = [name.partition(".")[2] for name in form if name.startswith("told.")]
            warrants = [id_of({"told": one}, "told") for one in chosen_ones]
            await console.telling.tell_patients(asker, case_id, warrants)
            return console.pages.onward(f"/leaks/{case_id}#patients")
        case "untell-patients":
            await cases.untell_patients(asker, case_id, form.get("reason", ""))
            return console.pages.onward(f"/leaks/{case_id}#patients")
        case "guest":
            return await _invited(request, console, case_id, form)
        case _:
            raise FormBroken("The form is not one of ours.", field="deed")
    return console.pages.onward(f"/leaks/{case_id}")


@post("/leaks/{case_id:uuid}/evidence", status_code=201, request_max_body_size=None)
async def add_evidence(
    request: AnyRequest, console: Here, case_id: FromPath[UUID]
) -> Response[str]:
    """A file as the request's body, sealed while it comes; its name is in a header of its own.

    Whoever may not is refused before the body is read."""
    refuse_foreign(request, console.settings.origin)
    await session_of(request, console.broker)
    name = _header(request, "x-file-name") or "?"
    await console.evidence.add(
        overseeing(request), case_id, name, _header(request, "x-file-source"), _body(request)
    )
    return Response("", status_code=201, media_type="text/plain")


@get("/leaks/{case_id:uuid}/evidence", sync_to_thread=False)
def evidence_again(console: Here, case_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(f"/leaks/{case_id}")


@get("/my/leaks")
async def own_leaks_page(request: AnyRequest, console: Here) -> Response[str]:
    """Whether the patient is on a list that was released."""
    session = await session_of(request, console.broker)
    asker = Requester(token_of(request), Purpose.PATIENT_REQUEST, "console")
    language = Language(preferences_of(request).language)
    lines = await console.broker.cases.affected(asker, language)
    return console.pages.answer(
        request, "my_leaks.html", session=session, section="looked", lines=lines
    )


async def _new(
    request: AnyRequest, console: Console, form: Mapping[str, str], unclear: str
) -> Response[str]:
    session = await session_of(request, console.broker)
    await console.broker.cases.listed(overseeing(request))  # refuses whoever may not
    return console.pages.answer(
        request,
        "leak_new.html",
        session=session,
        status=422 if unclear else 200,
        section="leaks",
        form=form,
        unclear=unclear,
        nonce=form.get("nonce") or str(uuid4()),
        marks=list(Tlp),
        hours_max=HOURS_BACK_MAX,
    )


async def _invited(
    request: AnyRequest, console: Console, case_id: UUID, form: Mapping[str, str]
) -> Response[str]:
    """A guest's link is shown once, on the answer itself."""
    made = await console.broker.cases.invite_guest(
        overseeing(request),
        case_id,
        form.get("name", ""),
        form.get("body", ""),
        days=_number(form, "days", 90),
        looks=_number(form, "looks", 10_000),
        files=_number(form, "files", 1_000),
    )
    link = f"{console.settings.origin}/invitation#{made.secret}"
    return await _shown(request, console, case_id, guest_link=link)


async def _shown(
    request: AnyRequest, console: Console, case_id: UUID, *, guest_link: str = ""
) -> Response[str]:
    """A case's page. Who works on it sees its warrants; a guest does not."""
    session = await session_of(request, console.broker)
    view = await console.broker.cases.show(overseeing(request), case_id)
    may_work = "leaks:case" in session.permissions
    found = None
    if may_work:
        found = await console.broker.warrants.listed(overseeing(request), case_id)
    lacking: dict[NoticeKind, tuple[str, ...]] = dict.fromkeys(NoticeKind, ())
    own_answers = None
    if not view.is_guest:
        lacking = await console.telling.lacking(overseeing(request), view)
        own_answers = await console.telling.own_answers(overseeing(request), view)
    return console.pages.answer(
        request,
        "leak.html",
        session=session,
        section="leaks",
        view=view,
        documents=lacking,
        own_answers=own_answers,
        warrants=found,
        examining=console.evidence.examining(case_id, session.hospital_id) if may_work else None,
        may_work=may_work,
        may_match="leaks:match" in session.permissions,
        may_contain="leaks:contain" in session.permissions,
        now_s=time.time(),
        neutral=neutral,
        guest_link=guest_link,
    )


async def _ask_warrant(
    asker: Requester, console: Console, case_id: UUID, form: Mapping[str, str]
) -> None:
    await console.broker.warrants.ask(
        asker,
        case_id,
        reason=form.get("reason", ""),
        rows=_number(form, "rows", ROWS_MAX),
        people=_number(form, "people", ROWS_MAX),
        hours=_number(form, "hours", WARRANT_HOURS_MAX),
        hospitals=tuple(
            code for one in form.get("hospitals", "").split(",") if (code := one.strip())
        ),
        few_columns=form.get("few") == "1",
    )


async def _body(request: AnyRequest) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        yield chunk


def _header(request: AnyRequest, name: str) -> str:
    """A header's words, percent-encoded as UTF-8."""
    from urllib.parse import unquote

    return unquote(request.headers.get(name, ""), errors="replace")[:NAME_LENGTH_MAX]


def _number(form: Mapping[str, str], field: str, most: int) -> int:
    text = form.get(field, "").strip()
    if not _NUMBER.fullmatch(text) or int(text or "0") > most:
        raise FormBroken("This is no such number.", field=field, remedy=f"Give 0 to {most}.")
    return int(text or "0")


def _size(form: Mapping[str, str]) -> int:
    size = parse_size(form.get("size", ""))
    if size is None:
        raise FormBroken("This is no size.", field="size", remedy="Write it as in 720 GB.")
    return size


HANDLERS = [
    leaks_page,
    new_leak_page,
    open_leak,
    leak_page,
    change_leak,
    add_evidence,
    evidence_again,
    own_leaks_page,
]
