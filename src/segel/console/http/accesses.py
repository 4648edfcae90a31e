"""The officer's list of accesses: what no reason explains, most remarkable first."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from segel.console.http.sessions import AnyRequest, chosen, form_of, overseeing, session_of
from segel.console.http.wiring import Here
from segel.domain.break_glass import Verdict


@get("/accesses")
async def accesses_page(request: AnyRequest, console: Here) -> Response[str]:
    """The top of the list, and how much is explained in all."""
    session = await session_of(request, console.broker)
    found = await console.broker.accesses.listed(overseeing(request))
    return console.pages.answer(
        request, "accesses.html", session=session, section="accesses", found=found
    )


@post("/accesses/{access_id:uuid}")
async def review_access(
    request: AnyRequest, console: Here, access_id: FromPath[UUID]
) -> Response[str]:
    """Take one off the list, with what was found."""
    form = await form_of(request, console.settings.origin)
    finding = chosen(form, "finding", Verdict)
    await console.broker.accesses.review(overseeing(request), access_id, finding)
    return console.pages.onward("/accesses")


@get("/accesses/{access_id:uuid}", sync_to_thread=False)
def review_again(console: Here, access_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward("/accesses")


HANDLERS = [accesses_page, review_access, review_again]
