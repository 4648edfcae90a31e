"""``segel requests``: what people ask about their own data, at the command line."""

import sys
import time
from typing import Annotated, Final
from uuid import UUID, uuid4

import typer
from rich.console import Console
from rich.table import Table

from segel.app.freeze_commands import DEFAULT_HOME, HomeFolder, PersonsToken, moment, requester
from segel.app.operator import ask
from segel.broker.messages import RequestLine, RequestText, RequestView
from segel.domain.subject_requests import LAWS, OPEN, Part, Reply, RequestKind, Sureness, Use

HOUR_S: Final = 3_600
HOURS_MAX: Final = 30 * 24

RequestId = Annotated[UUID, typer.Argument(help="The request, as `requests list` shows it.")]

app = typer.Typer(
    help="What people ask about their own data: correction, restriction, access, erasure.",
    no_args_is_help=True,
)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command("list")
def list_(
    token: PersonsToken,
    every: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """List the hospital's requests, what is due first. Nobody is named."""
    found = ask(home, lambda broker: broker.requests.listed(requester(token)))
    lines = [line for line in found.lines if every or line.state in OPEN]
    if not lines:
        console.print("There are no requests." if every else "Nothing waits for an answer.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("number", "kind", "state", "received", "answer by", "request"):
        table.add_column(title)
    for line in lines:
        table.add_row(
            line.number,
            line.kind,
            line.state,
            moment(line.received_s),
            _clock(line),
            str(line.request_id),
        )
    console.print(table)
    console.print(f"{found.waiting} wait, {found.overdue} overdue.")


@app.command()
def show(request_id: RequestId, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Show one request with its words. That it was read stands in the patient's trail."""
    view = ask(home, lambda broker: broker.requests.read(requester(token), request_id))
    for line in _lines(view):
        console.print(line)


@app.command()
def answer(
    request_id: RequestId,
    reply: Annotated[Reply, typer.Argument(help="What the hospital answers.")],
    token: PersonsToken,
    text: Annotated[str, typer.Option(help="The explanation that the asker reads.")] = "",
    article: Annotated[str, typer.Option(help="The article that a refusal stands on.")] = "",
    changed: Annotated[str, typer.Option(help="What was mended: Patient/ID.")] = "",
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Answer a request. To grant an erasure orders it; others then approve it."""
    ask(
        home,
        lambda broker: broker.requests.answer(
            requester(token), request_id, reply, text, article, changed
        ),
    )
    view = ask(home, lambda broker: broker.requests.read(requester(token), request_id))
    console.print(f"{view.line.number}: {view.line.state}.")
    for turn in view.turns:
        if turn.erasure_id:
            console.print(f"Its erasure waits for approval: segel erase show {turn.erasure_id}")


@app.command()
def receive(
    kind: Annotated[RequestKind, typer.Argument(help="What is asked for.")],
    token: PersonsToken,
    hours_ago: Annotated[
        float, typer.Option(min=0, max=HOURS_MAX, help="When the form came; the clock runs since.")
    ] = 0.0,
    form: Annotated[str, typer.Option(help="The number of the paper form.")] = "",
    part: Annotated[Part | None, typer.Option(help="Of a correction: what is wrong.")] = None,
    use: Annotated[
        list[Use] | None, typer.Option(help="Of a restriction: a use objected to.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Enter a paper form; asks for the patient's number and the words, which stay out of the
    shell's history."""
    number = _asked("The patient's number")
    corrects = kind is RequestKind.CORRECTION
    wrong = _asked("What it says now") if corrects else ""
    right = _asked("What is right") if corrects else ""
    text = RequestText(kind, part, wrong, right, _asked("Explanation"), tuple(use or ()))
    request_id = ask(
        home,
        lambda broker: broker.requests.file(
            requester(token), uuid4(), number, time.time() - hours_ago * HOUR_S, text, form
        ),
    )
    console.print(f"Received as {request_id}.")


@app.command()
def law() -> None:
    """Show the articles, and how sure it is that each gives 3 × 24 hours."""
    for kind, one in LAWS.items():
        read = one.clock is Sureness.TEXT_READ
        sure = "read in the text" if read else "no time was found there; the same clock is kept"
        console.print(f"{kind:<12} {one.article:<20} {sure}")


def _asked(what: str) -> str:
    """From the terminal, or the next line of what is piped in."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, default="", show_default=False)).strip()
    return sys.stdin.readline().strip()


def _clock(line: RequestLine) -> str:
    if line.state not in OPEN:
        return f"closed {moment(line.closed_s)}{', late' if line.late else ''}"
    return f"{moment(line.due_s)}{', overdue' if line.overdue else ''}"


def _lines(view: RequestView) -> list[str]:
    line = view.line
    lines = [
        f"{line.number} {line.kind}: {line.state}, {line.channel}",
        f"Received {moment(line.received_s)}; {_clock(line)}",
    ]
    if view.patient is not None:
        lines.append(f"Asked by {view.patient.name}, {view.patient.patient_id}")
    if not view.readable:
        lines.append("The patient's key was destroyed; the words cannot be read any more.")
    if view.part is not None:
        lines += [f"Part: {view.part}", f"It says: {view.wrong}", f"Right is: {view.right}"]
    if line.uses:
        lines.append(f"Objects to: {', '.join(line.uses)}")
    if view.text:
        lines.append(view.text)
    if view.kept_until:
        lines.append(f"It has to be kept until {view.kept_until}.")
    for turn in view.turns:
        who = f"{turn.reply}, {turn.by}, {turn.article}" if turn.reply else "the asker"
        lines.append(f"{moment(turn.at_s)}  {who}: {turn.text} {turn.changed}".rstrip())
    return lines
