"""Who may be registered twice: two registrations side by side, and what somebody says of them."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from segel.console.http.sessions import AnyRequest, chosen, form_of, overseeing, session_of
from segel.console.http.wiring import Here
from segel.domain.pairs import PairState

SHOWN: Final = 10
"""Pairs on a page; each shows two people, and each of them costs a fifth of an opened patient."""


@get("/duplicates")
async def duplicates_page(
    request: AnyRequest, console: Here, decided: FromQuery[str] = ""
) -> Response[str]:
    """Pairs that wait, the likeliest first; or those that were decided, to take it back."""
    session = await session_of(request, console.broker)
    found = await console.broker.pairs.listed(
        overseeing(request), decided=bool(decided), limit=SHOWN
    )
    return console.pages.answer(
        request,
        "duplicates.html",
        session=session,
        section="duplicates",
        found=found,
        decided=bool(decided),
    )


@post("/duplicates/{pair_id:uuid}")
async def decide_pair(request: AnyRequest, console: Here, pair_id: FromPath[UUID]) -> Response[str]:
    """Say that two registrations are of one person or of two, or take that back."""
    form = await form_of(request, console.settings.origin)
    state = chosen(form, "state", PairState)
    await console.broker.pairs.decide(overseeing(request), pair_id, state)
    return console.pages.onward("/duplicates")


@get("/duplicates/{pair_id:uuid}", sync_to_thread=False)
def decide_again(console: Here, pair_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward("/duplicates")


HANDLERS = [duplicates_page, decide_pair, decide_again]
