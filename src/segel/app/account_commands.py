"""``segel account``: people who sign in; invited, shown, closed. And the demo's tokens."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from segel.app import home as homes
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.broker import BrokerClient
from segel.broker.messages import AccountLine
from segel.domain.errors import SegelError
from segel.domain.roles import Role

HOUR_S: Final = 3_600
HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
Name = Annotated[str, typer.Argument(help="The person's name, as `account list` shows it.")]
Hours = Annotated[int, typer.Option(min=1, max=168, help="How long the link is good.")]

app = typer.Typer(help="People who sign in, and tokens of the demo.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False)


class DemoAccountUnknown(SegelError):
    """No demo person of this name."""

    code = "account-unknown"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The person's name, as colleagues know it.")],
    role: Annotated[Role, typer.Option(help="What the person does.")],
    hospital: Annotated[str, typer.Option(help="Code of the hospital.")],
    hours: Hours = 24,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Enrol a person, and print the link by which they register a passkey, once."""
    made = ask(
        home,
        lambda operator: operator.access.add_account(name, role, hospital, hours * HOUR_S),
    )
    console.print(f"{name} is enrolled at {hospital} as {role}.", markup=False)
    print_link(home, made.secret, made.until_s)


@app.command()
def reinvite(
    name: Name,
    hours: Hours = 24,
    lost: Annotated[
        bool, typer.Option("--lost", help="Passkeys and sessions so far are taken away.")
    ] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="Open a closed account again.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Print a new link into an account; earlier links are over. A device was lost: --lost."""
    made = ask(
        home,
        lambda operator: operator.access.invite_again(
            name, hours * HOUR_S, lost=lost, reopen=reopen
        ),
    )
    if lost:
        console.print("Passkeys and identities are removed, sessions ended.")
    print_link(home, made.secret, made.until_s)


@app.command("list")
def list_(
    home: HomeFolder = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the accounts of people and systems."""
    lines = ask(home, lambda operator: operator.access.accounts())
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(lines)).decode())  # noqa: T201 - the output
        return
    if not lines:
        console.print("No account yet: `segel account add NAME --role ROLE --hospital CODE`.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "role", "hospital", "kind", "state", "ways in"):
        table.add_column(title)
    for line in lines:
        table.add_row(line.name, line.role, line.hospital, line.kind, _state(line), _ways(line))
    console.print(table)


@app.command()
def show(name: Name, home: HomeFolder = DEFAULT_HOME) -> None:
    """Show an account: its state, its ways in, its open sessions."""

    async def look(operator: BrokerClient) -> tuple[AccountLine, int]:
        return await operator.access.account(name), len(await operator.access.sessions_of(name))

    line, sessions = ask(home, look)
    for title, value in (
        ("name", line.name),
        ("role", line.role.value),
        ("hospital", line.hospital),
        ("kind", line.kind),
        ("state", _state(line)),
        ("passkeys", str(line.passkeys)),
        ("identities at providers", str(line.identities)),
        ("open sessions", f"{sessions}; `segel sessions list NAME` shows them"),
    ):
        console.print(f"{title:24}{value}", markup=False)


@app.command()
def close(name: Name, home: HomeFolder = DEFAULT_HOME) -> None:
    """Close an account: nobody comes in by it, and its sessions end now. It stays in the log."""
    ask(home, lambda operator: operator.access.close_account(name))
    console.print(
        f"{name} is closed and signed out everywhere. `segel account reinvite --reopen` undoes it.",
        markup=False,
    )


@app.command()
def number(
    name: Name,
    national_number: Annotated[
        str, typer.Argument(help="Theirs in the national register; '' takes it away.")
    ],
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Note the number that the national register has for somebody who works in health."""
    ask(home, lambda operator: operator.register.number_account(name, national_number))
    console.print(f"The national number of {name} is {national_number or 'unsaid'}.", markup=False)


@app.command()
def link(
    name: Name,
    provider: Annotated[str, typer.Option(help="Name of the provider in the settings.")],
    subject: Annotated[str, typer.Option(help="Who it is there: the value of the claim.")],
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Let a person sign in through an OpenID provider."""
    ask(home, lambda operator: operator.oauth.link(name, provider, subject))
    console.print(f"{name} may sign in through {provider}.", markup=False)


@app.command()
def token(
    name: Name,
    home: HomeFolder = DEFAULT_HOME,
    hours: Annotated[int, typer.Option(min=1, max=720)] = 12,
) -> None:
    """Print a new bearer token of a demo person."""

    async def issue(operator: BrokerClient) -> str:
        people = await operator.demo_accounts()
        found = [one for one in people if one.display_name.casefold() == name.casefold()]
        if not found:
            raise DemoAccountUnknown(
                "No demo person has this name.",
                field="name",
                remedy="`segel account list` shows them; there are none without --demo.",
            )
        return (await operator.issue_token(found[0].account_id, hours * HOUR_S)).token

    print(ask(home, issue))  # noqa: T201 - the command's output, alone on its line


def print_link(home: Path, secret: str, until_s: int) -> None:
    """Print an invitation's link, alone on its line."""
    address = read_status(homes.at(home)).console
    console.print(
        f"Give them this link in person or by a channel you trust. It is good once, until"
        f" {_moment(until_s)}; whoever opens it first is let in."
    )
    # After the # nothing reaches a server or its logs; the page takes it from there.
    print(f"{address}/invitation#{secret}")  # noqa: T201 - alone on its line


def _state(line: AccountLine) -> str:
    if line.closed_s:
        return f"closed {_moment(line.closed_s)}"
    return f"invited until {_moment(line.invited_until_s)}" if line.invited_until_s else "open"


def _ways(line: AccountLine) -> str:
    if line.kind == "system":
        return "by key"
    counted = ((line.passkeys, "passkey"), (line.identities, "identity"))
    ways = [f"{count} × {what}" for count, what in counted if count]
    return ", ".join(ways) or "none"


def _moment(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M} UTC"
