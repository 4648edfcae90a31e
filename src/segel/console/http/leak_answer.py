"""``/leaks/…/answer``: what the examination found, on one page."""

from typing import Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from segel.broker.errors import CaseUnclear
from segel.console.http.sessions import AnyRequest, overseeing, session_of
from segel.console.http.wiring import Console, Here
from segel.leaks.examining import (
    EXTENT,
    ORIGIN,
    SAMPLE,
    VERDICT,
    Examination,
    Extent,
    Judgement,
    Traced,
)
from segel.leaks.telling import KINDS, WAYS

F = TypeVar("F")

LEADS_SHOWN: Final = 10
"""More stand in the finding itself; a reader looks at the first."""


@get("/leaks/{case_id:uuid}/answer")
async def answer_page(request: AnyRequest, console: Here, case_id: FromPath[UUID]) -> Response[str]:
    """The answer, the counts, the extent; to the case's own officers the origin, too."""
    session = await session_of(request, console.broker)
    view = await console.broker.cases.show(overseeing(request), case_id)
    may_work = "leaks:case" in session.permissions
    return console.pages.answer(
        request,
        "leak_answer.html",
        session=session,
        section="leaks",
        view=view,
        verdict=await finding_of(request, console, case_id, VERDICT, Judgement),
        sample=await finding_of(request, console, case_id, SAMPLE, Examination),
        extent=await finding_of(request, console, case_id, EXTENT, Extent),
        origin=await finding_of(request, console, case_id, ORIGIN, Traced) if may_work else None,
        leads_shown=LEADS_SHOWN,
        kinds=KINDS,
        ways=WAYS,
        may_contain="leaks:contain" in session.permissions,
    )


async def finding_of(
    request: AnyRequest, console: Console, case_id: UUID, kind: str, form: type[F]
) -> F | None:
    """A finding of a case, None where there is none yet."""
    try:
        found = await console.broker.cases.finding(overseeing(request), case_id, kind)
    except CaseUnclear:
        return None  # it was not examined yet
    return msgspec.json.decode(found.body, type=form)


HANDLERS = [answer_page]
