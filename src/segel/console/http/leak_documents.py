"""``/leaks/…/findings``, ``/leaks/…/documents``: what is known of a leak, and what is told of it.

A draft is looked at before it is signed: the form carries the date and the SHA-256 of what was
looked at, and nothing else is signed.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from segel.console.errors import FormBroken, PageMissing
from segel.console.findings_form import fields_of, findings_of, places_of
from segel.console.headers import picture_headers
from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of
from segel.console.http.ways_in import id_of
from segel.console.http.wiring import Console, Here
from segel.domain.cases import Language, NoticeKind
from segel.domain.strangers import neutral
from segel.leaks.telling import (
    KINDS,
    MEASURES,
    WAYS,
    BundleKind,
    FindingsBroken,
    Verdict,
    as_docx,
    as_pdf,
    as_text,
)

PDF: Final = "application/pdf"
FORMATS: Final = {
    "txt": (as_text, "text/plain; charset=utf-8"),
    "docx": (as_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": (as_pdf, PDF),
}


@get("/leaks/{case_id:uuid}/findings")
async def findings_page(
    request: AnyRequest, console: Here, case_id: FromPath[UUID]
) -> Response[str]:
    """The form of the findings, as they are."""
    return await _form(request, console, case_id, None, "")


@post("/leaks/{case_id:uuid}/findings")
async def write_findings(
    request: AnyRequest, console: Here, case_id: FromPath[UUID]
) -> Response[str]:
    """Write the findings' next version."""
    form = await form_of(request, console.settings.origin)
    asker = overseeing(request)
    known = await console.telling.known(asker, case_id)
    seen = form.get("seen", "")
    if not seen.isascii() or not seen.isdigit():
        raise FormBroken("The form is not one of ours.", field="seen")
    try:
        findings = findings_of(form, known.findings)
        await console.telling.write(asker, case_id, findings, int(seen[:9]))
    except FindingsBroken as broken:
        return await _form(request, console, case_id, form, broken.field or "findings")
    return console.pages.onward(f"/leaks/{case_id}#documents")


@get("/leaks/{case_id:uuid}/documents/{kind:str}")
async def draft_page(
    request: AnyRequest,
    console: Here,
    case_id: FromPath[UUID],
    kind: FromPath[str],
    language: FromQuery[str] = "id",
) -> Response[str]:
    """A draft, to be looked at; by whoever may sign it, to be signed."""
    session = await session_of(request, console.broker)
    may_sign = "leaks:sign" in session.permissions
    draft = await console.telling.draft(
        overseeing(request),
        case_id,
        _one_of(NoticeKind, kind),
        _one_of(Language, language),
        signer=session.display_name if may_sign else "",
    )
    return console.pages.answer(
        request,
        "leak_document.html",
        session=session,
        section="leaks",
        case_id=case_id,
        draft=draft,
        formats=list(FORMATS),
    )


@post("/leaks/{case_id:uuid}/documents/{kind:str}")
async def sign_draft(
    request: AnyRequest, console: Here, case_id: FromPath[UUID], kind: FromPath[str]
) -> Response[str]:
    """Sign what was looked at, or say that whom a signed document is for was told by it."""
    form = await form_of(request, console.settings.origin)
    asker = overseeing(request)
    match form.get("deed"):
        case "sign":
            session = await session_of(request, console.broker)
            await console.telling.sign(
                asker,
                case_id,
                _one_of(NoticeKind, kind),
                _one_of(Language, form.get("language", "")),
                signer=session.display_name,
                at_s=_whole(form, "dated"),
                digest=_digest(form),
            )
        case "told":
            await console.broker.cases.tell(
                asker, case_id, id_of(form, "notice"), time.time() - 1, form.get("how", "")
            )
        case _:
            raise FormBroken("The form is not one of ours.", field="deed")
    return console.pages.onward(f"/leaks/{case_id}#documents")


@get("/leaks/{case_id:uuid}/documents/{kind:str}/file")
async def draft_file(
    request: AnyRequest,
    console: Here,
    case_id: FromPath[UUID],
    kind: FromPath[str],
    language: FromQuery[str] = "id",
    form: FromQuery[str] = "pdf",
) -> Response[Any]:
    """A draft as a file: marked as one on each page."""
    await session_of(request, console.broker)
    if form not in FORMATS:
        raise PageMissing("No such form of a document.")
    named, spoken = _one_of(NoticeKind, kind), _one_of(Language, language)
    draft = await console.telling.whole(overseeing(request), case_id, named, spoken)
    draw, media = FORMATS[form]
    made = await asyncio.to_thread(draw, draft)
    return _saved(made, media, f"{named.value}-draft-{spoken.value}.{form}")


@get("/leaks/{case_id:uuid}/bundle/{kind:str}")
async def bundle_file(
    request: AnyRequest, console: Here, case_id: FromPath[UUID], kind: FromPath[str]
) -> Response[bytes]:
    """What responders' machines read: STIX 2.1, or a MISP event."""
    await session_of(request, console.broker)
    named = _one_of(BundleKind, kind)
    made = await console.telling.bundle(overseeing(request), case_id, named)
    return _saved(made, "application/json", f"{named.value}.json")


@get("/leaks/{case_id:uuid}/signed/{object_id:uuid}")
async def signed_file(
    request: AnyRequest, console: Here, case_id: FromPath[UUID], object_id: FromPath[UUID]
) -> Response[bytes]:
    """A signed document, as it was signed; of a guest, one of their files."""
    await session_of(request, console.broker)
    pdf = await console.telling.signed(overseeing(request), case_id, object_id)
    return _saved(pdf, PDF, f"{object_id}.pdf")


def _saved(content: Any, media: str, name: str) -> Response[Any]:
    headers = {**picture_headers(), "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media, headers=headers)


async def _form(
    request: AnyRequest,
    console: Console,
    case_id: UUID,
    typed: Mapping[str, str] | None,
    unclear: str,
) -> Response[str]:
    session = await session_of(request, console.broker)
    asker = overseeing(request)
    view = await console.broker.cases.show(asker, case_id)
    known = await console.telling.of(asker, view)
    fields = dict(typed) if typed is not None else fields_of(known.findings)
    if not known.version and typed is None:
        fields["organisation"] = session.hospital_name
    lines, hypotheses = places_of(known.findings)
    return console.pages.answer(
        request,
        "leak_findings.html",
        session=session,
        status=422 if unclear else 200,
        section="leaks",
        view=view,
        seen=fields.get("seen", str(known.version)),
        fields=fields,
        unclear=unclear,
        evidence=[one for one in view.objects if one.kept and one.kind.value == "evidence"],
        verdicts=list(Verdict),
        kinds=KINDS,
        measures=MEASURES,
        ways=WAYS,
        lines=lines,
        hypotheses=hypotheses,
        neutral=neutral,
    )


def _one_of(kind: Any, value: str) -> Any:
    """A part of an address. Raises PageMissing."""
    try:
        return kind(value)
    except ValueError:
        raise PageMissing("No such document.") from None


def _whole(form: Mapping[str, str], field: str) -> float:
    said = form.get(field, "")
    if not said.isascii() or not said.isdigit():
        raise FormBroken("The form is not one of ours.", field=field)
    return float(said[:12])


def _digest(form: Mapping[str, str]) -> bytes:
    try:
        return bytes.fromhex(form.get("sha256", ""))
    except ValueError:
        raise FormBroken("The form is not one of ours.", field="sha256") from None


HANDLERS = [
    findings_page,
    write_findings,
    draft_page,
    sign_draft,
    draft_file,
    bundle_file,
    signed_file,
]
