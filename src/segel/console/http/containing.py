"""``/leaks/…/contain``: stop what leaks, having seen what stops with it."""

import time
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from segel.broker.errors import CaseUnclear, Forbidden, TargetUnknown
from segel.broker.messages import ApprovalKind, Effect, Measure, MeasureKind
from segel.console.errors import FormBroken
from segel.console.http.oversight import HOUR_S, HOURS
from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of
from segel.console.http.wiring import Console, Here

ALL: Final = "*"
NAMED: Final = (
    MeasureKind.ACCOUNT,
    MeasureKind.SESSION,
    MeasureKind.HOSPITAL,
    MeasureKind.RECIPIENT,
)
"""What is named in a field of the form, one a line."""


@get("/leaks/{case_id:uuid}/contain")
async def contain_page(
    request: AnyRequest, console: Here, case_id: FromPath[UUID]
) -> Response[str]:
    """What the case has frozen, and the form for more."""
    return await _page(request, console, case_id, {})


@post("/leaks/{case_id:uuid}/contain")
async def contain(request: AnyRequest, console: Here, case_id: FromPath[UUID]) -> Response[str]:
    """Show what it stops; do it; rehearse it; ask for it to be lifted. ``deed`` says which."""
    form = await form_of(request, console.settings.origin)
    asker, containing = overseeing(request), console.broker.containing
    deed = form.get("deed")
    if deed == "release":
        await console.broker.approvals.request(
            asker,
            ApprovalKind.UNFREEZE,
            {"freeze": " ".join(form.get("freezes", "").split())},
            form.get("reason", ""),
        )
        return console.pages.onward("/approvals")
    if deed not in {"foresee", "contain", "rehearse", "change"}:
        raise FormBroken("The form is not one of ours.", field="deed")
    if deed == "change":
        return await _page(request, console, case_id, form)
    measures = _measures(form)
    try:
        if deed == "foresee":
            effects = await containing.foresee(asker, case_id, measures)
            return await _page(request, console, case_id, form, effects=effects)
        await containing.contain(
            asker,
            case_id,
            measures,
            form.get("reason", ""),
            until_s=_until(form),
            rehearse=deed == "rehearse",
        )
    except (CaseUnclear, TargetUnknown, Forbidden) as unclear:
        if isinstance(unclear, Forbidden) and not unclear.field:
            raise
        return await _page(request, console, case_id, form, unclear=unclear.field or "measures")
    return console.pages.onward(f"/leaks/{case_id}/contain")


async def _page(
    request: AnyRequest,
    console: Console,
    case_id: UUID,
    form: Mapping[str, str],
    *,
    effects: list[Effect] | None = None,
    unclear: str = "",
) -> Response[str]:
    session = await session_of(request, console.broker)
    freezes = await console.broker.containing.listed(overseeing(request), case_id)
    return console.pages.answer(
        request,
        "leak_contain.html",
        session=session,
        status=422 if unclear else 200,
        section="leaks",
        case_id=case_id,
        form=form,
        effects=effects,
        unclear=unclear,
        freezes=freezes,
        held=" ".join(str(one.freeze_id) for one in freezes if one.holds),
        named=[one.value for one in NAMED],
        hours=HOURS,
    )


def _measures(form: Mapping[str, str]) -> list[Measure]:
    named = [
        Measure(kind, line.strip())
        for kind in NAMED
        for line in form.get(kind.value, "").splitlines()
        if line.strip()
    ]
    if form.get("archive"):
        named.append(Measure(MeasureKind.ARCHIVE))
    if form.get("keys", "").strip():
        code = form["keys"].strip()
        named.append(Measure(MeasureKind.KEYS, "" if code == ALL else code))
    if form.get("cards"):
        named.append(Measure(MeasureKind.CARDS))
    return list(dict.fromkeys(named))


def _until(form: Mapping[str, str]) -> float:
    hours = form.get("hours", "")
    if hours not in HOURS:
        raise FormBroken("This end is not offered.", field="hours", remedy="Choose one.")
    return time.time() + int(hours) * HOUR_S if hours else 0.0


HANDLERS = [contain_page, contain]
