"""The officer's reviews: each break-glass with its reason, what was opened, and the verdict."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from segel.broker.errors import ReasonUnclear
from segel.broker.messages import TargetKind
from segel.console.http.sessions import AnyRequest, chosen, form_of, overseeing, session_of
from segel.console.http.wiring import Here
from segel.domain.break_glass import Verdict


@get("/reviews")
async def reviews_page(request: AnyRequest, console: Here) -> Response[str]:
    """What waits first, by its deadline; then what is decided."""
    session = await session_of(request, console.broker)
    found = await console.broker.break_glass.reviews(overseeing(request))
    decided = (Verdict.JUSTIFIED, Verdict.NOT_JUSTIFIED)
    return console.pages.answer(
        request,
        "reviews.html",
        session=session,
        section="reviews",
        waiting=[line for line in found.lines if line.verdict not in decided],
        decided=[line for line in found.lines if line.verdict in decided],
    )


@get("/reviews/{glass_id:uuid}")
async def review_page(
    request: AnyRequest, console: Here, glass_id: FromPath[UUID]
) -> Response[str]:
    """One break-glass. That it was read is logged."""
    return await _review(request, console, glass_id, "", 200)


@get("/reviews/{glass_id:uuid}/freeze", sync_to_thread=False)
def freeze_again(console: Here, glass_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(f"/reviews/{glass_id}")


@post("/reviews/{glass_id:uuid}")
async def decide(request: AnyRequest, console: Here, glass_id: FromPath[UUID]) -> Response[str]:
    """Write the verdict."""
    form = await form_of(request, console.settings.origin)
    verdict = chosen(form, "verdict", Verdict)
    try:
        await console.broker.break_glass.decide(
            overseeing(request), glass_id, verdict, form.get("text", "")
        )
    except ReasonUnclear:
        return await _review(request, console, glass_id, verdict, 422)
    return console.pages.onward(f"/reviews/{glass_id}")


@post("/reviews/{glass_id:uuid}/freeze")
async def freeze(request: AnyRequest, console: Here, glass_id: FromPath[UUID]) -> Response[str]:
    """Freeze the account of a review: all its sessions, at every door, until it is lifted."""
    await form_of(request, console.settings.origin)
    asker = overseeing(request)
    review = await console.broker.break_glass.review(asker, glass_id)
    reason = f"review of break-glass {glass_id}"
    await console.broker.freezes.freeze(asker, TargetKind.ACCOUNT, str(review.account_id), reason)
    return console.pages.onward(f"/reviews/{glass_id}")


async def _review(
    request: AnyRequest, console: Here, glass_id: UUID, wordless: str, status: int
) -> Response[str]:
    session = await session_of(request, console.broker)
    asker = overseeing(request)
    review = await console.broker.break_glass.review(asker, glass_id)
    frozen = {line.target for line in await console.broker.freezes.listed(asker) if line.holds}
    return console.pages.answer(
        request,
        "review.html",
        session=session,
        status=status,
        section="reviews",
        line=review.line,
        openings=review.openings,
        patients=len({number for one in review.openings for number in one.patients}),
        beyond=len({number for one in review.openings if one.beyond for number in one.patients}),
        may_decide=not review.own
        and review.line.verdict not in (Verdict.JUSTIFIED, Verdict.NOT_JUSTIFIED),
        verdicts=list(Verdict),
        wordless=wordless,
        frozen=str(review.account_id) in frozen,
        own=review.own,
    )


HANDLERS = [reviews_page, review_page, decide, freeze, freeze_again]
