"""``/leaks/…/columns``: what the sample's columns were taken for, to be corrected; passwords."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from segel.broker.messages import CaseView
from segel.console.errors import FormBroken
from segel.console.http.leak_answer import finding_of
from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of
from segel.console.http.wiring import Console, Here
from segel.domain.cases import ObjectKind
from segel.domain.strangers import neutral
from segel.leaks.examining import (
    CORRECTIONS,
    SAMPLE,
    Corrections,
    CorrectionsBroken,
    Examination,
)
from segel.leaks.telling import KINDS, ColumnKind

TABLES_SHOWN: Final = 50
COLUMNS_SHOWN: Final = 80
"""Of a table; what is more is corrected at the command line."""


@get("/leaks/{case_id:uuid}/columns")
async def columns_page(
    request: AnyRequest, console: Here, case_id: FromPath[UUID]
) -> Response[str]:
    """The form."""
    return await _form(request, console, case_id, "")


@post("/leaks/{case_id:uuid}/columns")
async def correct_columns(
    request: AnyRequest, console: Here, case_id: FromPath[UUID]
) -> Response[str]:
    """Keep corrections; the next examination heeds them."""
    form = await form_of(request, console.settings.origin)
    asker = overseeing(request)
    view = await console.broker.cases.show(asker, case_id)
    known, version = await console.evidence.corrections(asker, view)
    sample = await finding_of(request, console, case_id, SAMPLE, Examination)
    try:
        made = _corrected(form, known, sample, _evidence(view))
        body = made.packed()
    except CorrectionsBroken as broken:
        return await _form(request, console, case_id, broken.field or "columns")
    if made != known:
        await console.broker.cases.put_finding(asker, case_id, CORRECTIONS, body, version)
    return console.pages.onward(f"/leaks/{case_id}#warrants")


def _corrected(
    form: Mapping[str, str],
    known: Corrections,
    sample: Examination | None,
    evidence: Sequence[str],
) -> Corrections:
    kinds: dict[str, ColumnKind | None] = {}
    for at, table in enumerate(sample.tables[:TABLES_SHOWN] if sample else ()):
        for place, column in enumerate(table.columns[:COLUMNS_SHOWN]):
            said = form.get(f"column.{at}.{place}")
            if said is None:
                continue
            if said and said not in set(ColumnKind):
                raise FormBroken("The form is not one of ours.", field="column")
            name = f"{table.name}.{column.name or place}"
            kinds[name] = ColumnKind(said) if said else None
    lines = form.get("passwords", "").splitlines()
    return msgspec.structs.replace(
        known.with_kinds(kinds),
        passwords=tuple(one for line in lines if (one := line.strip("\r\n"))),
        second=tuple(name for at, name in enumerate(evidence) if form.get(f"second.{at}") == "1"),
    )


async def _form(
    request: AnyRequest, console: Console, case_id: UUID, unclear: str
) -> Response[str]:
    session = await session_of(request, console.broker)
    asker = overseeing(request)
    view = await console.broker.cases.show(asker, case_id)
    known, _ = await console.evidence.corrections(asker, view)
    sample = await finding_of(request, console, case_id, SAMPLE, Examination)
    tables = sample.tables if sample else ()
    return console.pages.answer(
        request,
        "leak_columns.html",
        session=session,
        status=422 if unclear else 200,
        section="leaks",
        view=view,
        sample=sample,
        tables=tables[:TABLES_SHOWN],
        columns_shown=COLUMNS_SHOWN,
        more=len(tables) > TABLES_SHOWN or any(len(t.columns) > COLUMNS_SHOWN for t in tables),
        known=known,
        evidence=_evidence(view),
        kinds=KINDS,
        unclear=unclear,
        neutral=neutral,
    )


def _evidence(view: CaseView) -> list[str]:
    names = [one.name for one in view.objects if one.kind is ObjectKind.EVIDENCE and one.kept]
    return list(dict.fromkeys(names))


HANDLERS = [columns_page, correct_columns]
