"""``segel national``: which hospitals tell the national health platform, and what it did not take.

Credentials come from a prompt or a file, never from the command line, where others could read them.
"""

import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from segel.app.operator import ask
from segel.broker.messages import LetterLine, NationalReport, SetUpNational
from segel.domain.errors import SegelError

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
Hospital = Annotated[str, typer.Argument(help="Code of the hospital.")]
LetterId = Annotated[
    str, typer.Option("--letter", help="One of `segel national letters`; without it all.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
SECRET_LENGTH_MAX = 512

app = typer.Typer(help="The national health platform.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


class CredentialsBroken(SegelError):
    """Credentials that cannot be used."""

    code = "credentials-broken"


class LetterUnknown(SegelError):
    """Not the id of a letter."""

    code = "letter-unknown"


@app.command()
def setup(
    hospital: Hospital,
    organisation: Annotated[str, typer.Option(help="Its IHS number at the platform.")],
    location: Annotated[
        str, typer.Option(help="The id of its Location there; visits are refused without one.")
    ] = "",
    credentials: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A TOML file with client_id and client_secret, readable by you only. Without it"
            " they are asked for.",
        ),
    ] = None,
    add_numbers: Annotated[
        bool,
        typer.Option(
            "--add-numbers",
            help="Add the number that the platform has for a patient to theirs here.",
        ),
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Have a hospital tell the platform what is in its charts from now on."""
    from segel.records.national.systems import Organisation  # all of the records

    Organisation(organisation, location)
    client_id, secret = _read(credentials) if credentials else _prompted()
    message = SetUpNational(hospital, organisation, location, client_id, secret, add_numbers)
    ask(home, lambda operator: operator.national.set_up(message))
    console.print(f"{hospital} tells the national platform as organisation {organisation}.")
    if not location:
        console.print("It has no Location there: visits will be set aside until it has one.")
    if not ask(home, lambda operator: operator.national.report()).platform:
        console.print("The settings name no platform yet: set national_fhir, and start again.")


@app.command("off")
def off(hospital: Hospital, home: HomeFolder = DEFAULT_HOME) -> None:
    """Tell the platform nothing more of a hospital. Its credentials are kept."""
    ask(home, lambda operator: operator.national.switch(hospital, on=False))
    console.print(f"{hospital} tells the national platform nothing any more.")


@app.command("on")
def on(hospital: Hospital, home: HomeFolder = DEFAULT_HOME) -> None:
    """Tell it again, from now on: charts that changed meanwhile follow at their next change."""
    ask(home, lambda operator: operator.national.switch(hospital, on=True))
    console.print(f"{hospital} tells the national platform again.")


@app.command()
def status(home: HomeFolder = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Show how it stands with each hospital. Exit status 1 where the platform is away."""
    report = ask(home, lambda operator: operator.national.report())
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        _show(report)
    raise typer.Exit(1 if any(one.on and one.trouble for one in report.hospitals) else 0)


@app.command()
def letters(
    hospital: Annotated[str, typer.Argument(help="Code of the hospital; without it all.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    home: HomeFolder = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """List the records that were set aside, and why."""
    lines = ask(home, lambda operator: operator.national.letters(hospital, limit))
    if as_json:
        typer.echo(msgspec.json.encode(lines).decode())
        return
    if not lines:
        console.print("Nothing was set aside.")
    for line in lines:
        _show_letter(line)


@app.command()
def retry(hospital: Hospital, letter: LetterId = "", home: HomeFolder = DEFAULT_HOME) -> None:
    """Try records that were set aside once more."""
    chosen = _letter_id(letter)
    count = ask(home, lambda operator: operator.national.retry(hospital, chosen))
    console.print(f"{count} tried again.")


@app.command()
def drop(hospital: Hospital, letter: LetterId = "", home: HomeFolder = DEFAULT_HOME) -> None:
    """Let records that were set aside be, until they change. They stay in the archive."""
    chosen = _letter_id(letter)
    count = ask(home, lambda operator: operator.national.drop(hospital, chosen))
    console.print(f"{count} dropped.")


def _show(report: NationalReport) -> None:
    if not report.platform:
        console.print("The settings name no platform: set national_fhir and national_token.")
    if not report.hospitals:
        console.print("No hospital tells it yet: `segel national setup CODE --organisation ...`.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("hospital", "organisation", "state", "patients waiting", "set aside", "last"):
        table.add_column(title)
    for one in report.hospitals:
        state = "off" if not one.on else "on"
        if one.on and one.trouble:
            state = f"{one.trouble} since {_time(one.since_s)}"
        table.add_row(
            one.hospital,
            one.organisation,
            state,
            str(one.waiting),
            str(one.letters),
            _time(one.last_sent_s),
        )
    console.print(table)
    if any(one.letters for one in report.hospitals):
        console.print("`segel national letters` says why records were set aside.")


def _show_letter(line: LetterLine) -> None:
    one = line.letter
    place = f" {one.place}:" if one.place else ""
    console.print(f"{line.letter_id}  {line.hospital}  since {_time(line.since_s)}")
    console.print(f"  {one.resource_type}/{one.resource_id}")
    console.print(f"  {one.fault}:{place} {one.what} {one.remedy}".rstrip())


def _time(at_s: float) -> str:
    if not at_s:
        return "never"
    return datetime.fromtimestamp(at_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _letter_id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise LetterUnknown(
            "This is no letter's id.", field="letter", remedy="`segel national letters` shows them."
        ) from None


def _prompted() -> tuple[str, str]:
    client_id = typer.prompt("Client id", hide_input=False)
    secret = typer.prompt("Client secret", hide_input=True)
    return _checked(client_id, secret)


def _read(path: Path) -> tuple[str, str]:
    """The credentials in a file. Raises CredentialsBroken."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise CredentialsBroken(
            "Others may read the file with the credentials.",
            field="credentials",
            remedy="chmod 600, or give them at the prompt.",
        )
    try:
        values = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        values = {}
    return _checked(values.get("client_id"), values.get("client_secret"))


def _checked(client_id: object, secret: object) -> tuple[str, str]:
    found = []
    for one in (client_id, secret):
        text = one.strip() if isinstance(one, str) else ""
        if not (0 < len(text) <= SECRET_LENGTH_MAX and text.isascii() and text.isprintable()):
            raise CredentialsBroken(
                "Client id and secret are printable ASCII.",
                field="credentials",
                remedy='Write client_id = "..." and client_secret = "..." in the file.',
            )
        found.append(text)
    return found[0], found[1]
