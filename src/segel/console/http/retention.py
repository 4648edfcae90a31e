"""``/retention``: when records may go, runs that destroy what is past it, and holds."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from segel.console.errors import FormBroken
from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of
from segel.console.http.wiring import Here
from segel.domain.subject_requests import RETENTION_ARTICLE

UNDER_WAY = frozenset({"counting", "running", "destroyed"})


@get("/retention")
async def retention_page(request: AnyRequest, console: Here) -> Response[str]:
    """The newest count as a schedule by year, the runs before it, and what is held."""
    session = await session_of(request, console.broker)
    found = await console.broker.retention.runs(overseeing(request))
    holds = await console.broker.retention.holds(overseeing(request))
    counted = [one for one in found.runs if one.state not in ("counting", "given_up")]
    return console.pages.answer(
        request,
        "retention.html",
        session=session,
        section="retention",
        years=found.years,
        article=RETENTION_ARTICLE,
        newest=counted[0] if counted else None,
        most=max(counted[0].ends.values(), default=1) if counted else 1,
        runs=found.runs,
        under_way=any(one.state in UNDER_WAY for one in found.runs),
        holds=holds,
    )


@post("/retention")
async def plan_run(request: AnyRequest, console: Here) -> Response[str]:
    """Count anew."""
    await form_of(request, console.settings.origin)
    await console.broker.retention.plan(overseeing(request))
    return console.pages.onward("/retention")


@post("/retention/runs/{run_id:uuid}")
async def move_run(request: AnyRequest, console: Here, run_id: FromPath[UUID]) -> Response[str]:
    """Ask for the approval of a plan, begin it once approved, or drop it."""
    form = await form_of(request, console.settings.origin)
    asker, calls = overseeing(request), console.broker.retention
    match form.get("deed", ""):
        case "ask":
            await calls.ask(asker, run_id, form.get("reason", ""))
        case "begin":
            await calls.begin(asker, run_id)
        case "give-up":
            await calls.give_up(asker, run_id)
        case _:
            raise FormBroken("Nothing was chosen.", field="deed", remedy="Choose a button.")
    return console.pages.onward("/retention")


@get("/retention/runs/{run_id:uuid}", sync_to_thread=False)
def run_again(console: Here, run_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(f"/retention#run-{run_id}")


@get("/retention/runs/{run_id:uuid}/certificate")
async def run_certificate(
    request: AnyRequest, console: Here, run_id: FromPath[UUID]
) -> Response[str]:
    """The certificate of a complete run, as a file."""
    text = await console.broker.retention.certificate(overseeing(request), run_id)
    return console.pages.file(text, "destruction-run.segel")


@post("/retention/holds")
async def place_hold(request: AnyRequest, console: Here) -> Response[str]:
    """Keep a patient's record, or the whole hospital's, from destruction."""
    form = await form_of(request, console.settings.origin)
    number = form.get("number", "").strip()
    if not number and form.get("whole") != "1":
        raise FormBroken(
            "Neither a patient nor the whole hospital was chosen.",
            field="number",
            remedy="Give a record number, or choose the whole hospital.",
        )
    await console.broker.retention.hold(
        overseeing(request), form.get("reference", ""), form.get("reason", ""), number
    )
    return console.pages.onward("/retention#holds")


@post("/retention/holds/{hold_id:uuid}")
async def end_hold(request: AnyRequest, console: Here, hold_id: FromPath[UUID]) -> Response[str]:
    """End a hold."""
    form = await form_of(request, console.settings.origin)
    await console.broker.retention.end_hold(overseeing(request), hold_id, form.get("reason", ""))
    return console.pages.onward("/retention#holds")


@get(["/retention/holds", "/retention/holds/{hold_id:uuid}"], sync_to_thread=False)
def hold_again(console: Here) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward("/retention#holds")


HANDLERS = [
    retention_page,
    plan_run,
    move_run,
    run_again,
    run_certificate,
    place_hold,
    end_hold,
    hold_again,
]
