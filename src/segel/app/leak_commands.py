"""``segel leak``: a case of an alleged leak, from the first minute to its close."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console

from segel.app import leak_inspect_command, leak_patients_commands, letter_commands
from segel.app.account_commands import print_link
from segel.app.case_names import CaseInputBroken, CaseName, case_of
from segel.app.freeze_commands import DEFAULT_HOME, HOUR_S, HomeFolder, PersonsToken, moment
from segel.app.freeze_commands import requester as requester_of
from segel.app.leak_drill_command import drill
from segel.app.operator import ask
from segel.domain.cases import Claim, ClockKind, Language, NoticeKind, Tlp
from segel.domain.sizes import parse_size
from segel.domain.strangers import neutral

if TYPE_CHECKING:  # what other commands need not wait for
    from segel.broker import Requester
    from segel.broker.messages import CaseView

app = typer.Typer(help="An alleged leak: the case, its evidence, its clocks.", no_args_is_help=True)
guest = typer.Typer(help="Guests of a case: a regulator, an agency.", no_args_is_help=True)
task = typer.Typer(help="What is to be done in a case.", no_args_is_help=True)
app.add_typer(guest, name="guest")
app.add_typer(task, name="task")
app.add_typer(letter_commands.app, name="letters")
app.add_typer(leak_patients_commands.app, name="patients")
app.command()(drill)
app.command("inspect")(leak_inspect_command.inspect)
console = Console(soft_wrap=True, highlight=False, markup=False)


class Form(StrEnum):
    """How a document is drawn."""

    TXT = "txt"
    DOCX = "docx"
    PDF = "pdf"


class Told(StrEnum):
    """What is drafted: a document, or what responders' machines read."""

    AUTHORITY = "authority"
    PATIENTS = "patients"
    CSIRT = "csirt"
    HOSPITALS = "hospitals"
    PRESS = "press"
    REPORT = "report"
    STIX = "stix"
    MISP = "misp"


@app.command("open")
def open_(
    claim: Annotated[str, typer.Argument(help="What somebody says they have, in their words.")],
    token: PersonsToken,
    source: Annotated[str, typer.Option(help="Where it was seen.")] = "",
    size: Annotated[str, typer.Option(help="Offered size, as in 720GB.")] = "",
    people: Annotated[int, typer.Option(min=0, help="Offered number of people.")] = 0,
    price: Annotated[str, typer.Option(help="What is asked for it.")] = "",
    known: Annotated[
        str, typer.Option(help="When it became known (2026-01-31T14:05, UTC); else now.")
    ] = "",
    seen: Annotated[
        list[str] | None,
        typer.Option(help="When an offer was seen, for each; else when it became known."),
    ] = None,
    tlp: Annotated[Tlp, typer.Option(help="With whom it may be shared.")] = Tlp.AMBER_STRICT,
    vital: Annotated[
        bool, typer.Option("--vital", help="Vital infrastructure: 24 hours to the CSIRT.")
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Open a case. Its clocks run from when the leak became known."""
    known_s = _moment(known) if known else time.time() - 1
    seen_s = tuple(_moment(one) for one in seen) if seen else (known_s,)
    said = Claim(claim, source, _size(size), people, price, seen_s)
    case_id = ask(
        home,
        lambda broker: broker.cases.open(
            requester_of(token), said, tlp=tlp, known_s=known_s, vital=vital
        ),
    )
    view = ask(home, lambda broker: broker.cases.show(requester_of(token), case_id))
    console.print(f"Case {view.number} is open.")
    _print_clocks(view)
    console.print(f"Next: segel leak add {view.number} FILE…")


@app.command("list")
def list_(token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """List the organisation's cases, what is due first."""
    lines = ask(home, lambda broker: broker.cases.listed(requester_of(token)))
    if not lines:
        console.print("There is no case.")
    for line in lines:
        if line.is_open and line.due:
            state = f"{line.due} due {moment(line.due_s)} ({line.state})"
        else:
            state = "open" if line.is_open else f"closed {moment(line.closed_s)}"
        console.print(f"{line.number}  TLP:{line.tlp.upper()}  {state}  {line.verdict}".rstrip())


@app.command()
def show(
    case: CaseName,
    token: PersonsToken,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    proofs: Annotated[
        bool,
        typer.Option("--proofs", help="Its branch of the log, each entry proved, as JSON."),
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Show a case: claim, clocks, files, tasks, timeline."""
    import msgspec

    from segel.broker.case_proofs import verify_case

    case_id, who = case_of(home, token, case), requester_of(token)
    if proofs:
        document = ask(home, lambda broker: broker.cases.proofs(who, case_id))
        verify_case(document, document.log)
        typer.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    view = ask(home, lambda broker: broker.cases.show(who, case_id))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(view)).decode())
        return
    _print(view)


@app.command()
def note(
    case: CaseName,
    text: Annotated[str, typer.Argument(help="What there is to write down.")],
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Add a note to the timeline."""
    case_id = case_of(home, token, case)
    ask(home, lambda broker: broker.cases.note(requester_of(token), case_id, text))
    console.print("Noted.")


@app.command()
def told(
    case: CaseName,
    kind: Annotated[NoticeKind, typer.Argument(help="Who was told.")],
    how: Annotated[str, typer.Option(help="By what: a letter's number, an e-mail.")],
    token: PersonsToken,
    at: Annotated[str, typer.Option(help="When (UTC); else now.")] = "",
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Say that somebody was told, by the signed document where there is one: their clock stops."""
    case_id, at_s = case_of(home, token, case), _moment(at) if at else time.time() - 1
    who = requester_of(token)
    view = ask(home, lambda broker: broker.cases.show(who, case_id))
    current = [one for one in view.notices if one.kind is kind and one.is_current]
    for one in current:
        if not one.told_s:
            _tell_by(home, who, case_id, one.notice_id, at_s, how)
            console.print(f"Told by {kind} {one.number} ({one.language}).")
    if not current:
        try:
            clock = ClockKind(kind)
        except ValueError:
            raise CaseInputBroken(
                "Nothing of this kind was signed.", field="kind", remedy="`segel leak sign` first."
            ) from None
        ask(home, lambda broker: broker.cases.meet(who, case_id, clock, at_s, how))
        console.print(f"The clock of {clock} is met.")


@app.command()
def close(
    case: CaseName,
    reason: Annotated[str, typer.Option(help="Why it is closed.")],
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Close a case. After its time its key is destroyed."""
    case_id = case_of(home, token, case)
    ask(home, lambda broker: broker.cases.close(requester_of(token), case_id, reason))
    console.print("The case is closed.")


@app.command()
def reopen(
    case: CaseName,
    reason: Annotated[str, typer.Option(help="Why it is opened again.")],
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Work on a closed case again."""
    case_id = case_of(home, token, case)
    ask(home, lambda broker: broker.cases.reopen(requester_of(token), case_id, reason))
    console.print("The case is open again.")


@app.command()
def add(
    case: CaseName,
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="The sample's files.")
    ],
    token: PersonsToken,
    source: Annotated[str, typer.Option(help="Where they are from, for the custody.")] = "",
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Seal files as evidence of a case. They are read as bytes alone; nothing in them is opened."""
    from segel.app import leak_files

    case_id = case_of(home, token, case)
    for kept in leak_files.add(home, requester_of(token), case_id, files, source):
        console.print(f"{kept.object_id}  {kept.length:,} bytes  sha256 {kept.sha256.hex()}")


@task.command("add")
def task_add(
    case: CaseName,
    title: Annotated[str, typer.Argument(help="What is to be done.")],
    token: PersonsToken,
    owner: Annotated[str, typer.Option(help="By whom.")] = "",
    hours: Annotated[float, typer.Option(min=0, help="Within how many hours.")] = 0,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Add a task."""
    case_id, due_s = case_of(home, token, case), time.time() + hours * HOUR_S if hours else 0.0
    made = ask(
        home,
        lambda broker: broker.cases.add_task(requester_of(token), case_id, title, owner, due_s),
    )
    console.print(f"Task {made}.")


@task.command("done")
def task_done(
    case: CaseName, task_id: UUID, token: PersonsToken, home: HomeFolder = DEFAULT_HOME
) -> None:
    """A task is done."""
    case_id = case_of(home, token, case)
    ask(home, lambda broker: broker.cases.finish_task(requester_of(token), case_id, task_id))
    console.print("Done.")


@guest.command("invite")
def guest_invite(
    case: CaseName,
    name: Annotated[str, typer.Argument(help="Who is invited.")],
    body: Annotated[str, typer.Option(help="The regulator or agency.")],
    token: PersonsToken,
    days: Annotated[int, typer.Option(min=1, max=90)] = 7,
    looks: Annotated[int, typer.Option(min=1, help="How often they may look.")] = 100,
    files: Annotated[int, typer.Option(min=0, help="How many documents they may take.")] = 20,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Invite somebody to read one case: answers, counts, documents. The link is shown once."""

    case_id = case_of(home, token, case)
    made = ask(
        home,
        lambda broker: broker.cases.invite_guest(
            requester_of(token), case_id, name, body, days=days, looks=looks, files=files
        ),
    )
    print_link(home, made.secret, made.until_s)


@guest.command("end")
def guest_end(
    case: CaseName,
    guest_id: Annotated[UUID, typer.Argument(help="As `segel leak show` lists them.")],
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """End a guest's access at once."""
    case_id = case_of(home, token, case)
    ask(home, lambda broker: broker.cases.end_guest(requester_of(token), case_id, guest_id))
    console.print("Ended.")


# --- findings and documents ---------------------------------------------------------------------


@app.command()
def finding(
    case: CaseName,
    token: PersonsToken,
    source: Annotated[
        Path | None,
        typer.Option("--from", exists=True, dir_okay=False, help="Findings as JSON to be kept."),
    ] = None,
    version: Annotated[int, typer.Option(min=0, help="An earlier version; 0 for the newest.")] = 0,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Print a case's findings as JSON, or keep others (--from), of which documents are made."""
    import msgspec

    from segel.app import leak_documents
    from segel.leaks.telling import packed, unpacked

    case_id, who = case_of(home, token, case), requester_of(token)
    if source is not None:
        findings = unpacked(source.read_bytes())
        leak_documents.ask(home, lambda telling: telling.write(who, case_id, findings))
        console.print("The findings are kept.")
        return
    known = leak_documents.ask(home, lambda telling: telling.known(who, case_id, version))
    typer.echo(msgspec.json.format(packed(known.findings)).decode())


@app.command()
def tell(
    case: CaseName,
    kind: Annotated[Told, typer.Option(help="Whom it is for, or which bundle.")],
    token: PersonsToken,
    language: Annotated[Language, typer.Option(help="In which language.")] = Language.INDONESIAN,
    form: Annotated[
        Form, typer.Option("--format", help="As text, to be edited, or as it is signed.")
    ] = Form.TXT,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Where to; else to the terminal (txt).")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Draft a document from the findings; each of its pages says that it is a draft.

    ``stix`` and ``misp`` are JSON for responders' machines, without personal data.
    """
    from segel.app import leak_documents
    from segel.leaks.telling import BundleKind

    bundled = kind in (Told.STIX, Told.MISP)
    if not bundled and out is None and form is not Form.TXT:
        raise CaseInputBroken("This is no text.", field="out", remedy="Say where to: --out FILE.")
    case_id, who = case_of(home, token, case), requester_of(token)
    if bundled:
        drawn = leak_documents.ask(
            home, lambda telling: telling.bundle(who, case_id, BundleKind(kind))
        )
    else:
        made = leak_documents.ask(
            home, lambda telling: telling.whole(who, case_id, NoticeKind(kind), language)
        )
        drawn = leak_documents.DRAWING[form](made)
    if out is None:
        console.print(_plain_lines(drawn.decode()), end="")
        return
    with leak_documents.opened_to_write(out) as file:
        file.write(drawn)
    console.print(f"{out}: a {kind if bundled else 'draft'}.")


@app.command()
def sign(
    case: CaseName,
    kind: Annotated[NoticeKind, typer.Option(help="Whom it is for.")],
    token: PersonsToken,
    language: Annotated[Language, typer.Option(help="In which language.")] = Language.INDONESIAN,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Where the signed PDF is written to.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is right.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Sign a document as data protection officer, after it was shown."""
    from segel.app import leak_documents

    case_id, who = case_of(home, token, case), requester_of(token)
    name = ask(home, lambda broker: broker.session(token)).display_name
    draft = leak_documents.ask(
        home, lambda telling: telling.draft(who, case_id, kind, language, signer=name)
    )
    shown, signed = leak_documents.to_be_signed(draft)
    console.print(_plain_lines(shown), end="")
    console.print(f"sha256 {signed.digest.hex()}")
    if not yes and not typer.confirm(f"Sign this in the name of {name}?"):
        raise typer.Exit(1)
    with ExitStack() as stack:
        file = stack.enter_context(leak_documents.opened_to_write(out)) if out else None
        leak_documents.ask(
            home,
            lambda telling: telling.sign(
                who, case_id, kind, language, signer=name, at_s=draft.at_s, digest=signed.digest
            ),
            writes=True,
        )
        if file is not None:
            file.write(signed.pdf)
    console.print("Signed. Next: send it, then `segel leak told`.")


# --- how ----------------------------------------------------------------------------------------


def _tell_by(
    home: Path, who: "Requester", case_id: UUID, notice_id: UUID, at_s: float, how: str
) -> None:
    ask(home, lambda broker: broker.cases.tell(who, case_id, notice_id, at_s, how))


def _moment(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CaseInputBroken(
            "This is no time.", field="time", remedy="Write it as 2026-01-31T14:05, in UTC."
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _size(text: str) -> int:
    size = parse_size(text)
    if size is None:
        raise CaseInputBroken("This is no size.", field="size", remedy="Write it as in 720GB.")
    return size


def _print(view: "CaseView") -> None:
    state = "open" if view.is_open else f"closed: {view.closed_why}"
    console.print(f"{view.number}  TLP:{view.tlp.upper()}  {state}")
    console.print(f"{neutral(view.claim.text)}  ({neutral(view.claim.source)})")
    _print_clocks(view)
    for one in view.objects:
        kept = f"{one.length:,} bytes  sha256 {one.sha256.hex()}" if one.kept else "not whole"
        console.print(f"{one.kind}  {one.object_id}  {neutral(one.name)}  {kept}")
    for task_line in view.tasks:
        mark = "x" if task_line.done_s else " "
        console.print(f"[{mark}] {task_line.task_id}  {neutral(task_line.title)}")
    for found in view.findings:
        console.print(f"finding  {found.kind}  version {found.version}")
    for notice in view.notices:
        state = "signed" if notice.is_current else "superseded"
        told = f", told {moment(notice.told_s)}" if notice.told_s else ""
        console.print(
            f"document  {notice.kind} {notice.number} ({notice.language})  {state}{told}"
            f"  sha256 {notice.sha256.hex()}"
        )
    for one_guest in view.guests:
        ended = "ended" if one_guest.ended_s else f"until {moment(one_guest.until_s)}"
        console.print(
            f"guest  {one_guest.guest_id}  {neutral(one_guest.name)}, {neutral(one_guest.body)}"
            f"  {one_guest.looks} of {one_guest.looks_max} looks, {ended}"
        )
    for entry in view.entries:
        text = f": {neutral(entry.text)}" if entry.text else ""
        console.print(f"{moment(entry.at_s)}  {entry.what}  {entry.by}{text}")


def _print_clocks(view: "CaseView") -> None:
    for clock in view.clocks:
        console.print(f"{clock.kind}: {clock.state}, due {moment(clock.due_s)}")


def _plain_lines(text: str) -> str:
    return "\n".join(neutral(line) for line in text.split("\n"))
