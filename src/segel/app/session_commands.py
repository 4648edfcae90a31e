"""``segel sessions``: where an account is signed in, and an end to it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from segel.app.operator import ask

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
Name = Annotated[str, typer.Argument(help="The account's name, as `account list` shows it.")]

app = typer.Typer(help="Where accounts are signed in.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False)


@app.command("list")
def list_(name: Name, home: HomeFolder = DEFAULT_HOME) -> None:
    """List an account's open sessions, last used first."""
    lines = ask(home, lambda operator: operator.access.sessions_of(name))
    if not lines:
        console.print("No open session.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("session", "by", "door", "began", "last used", "ends"):
        table.add_column(title)
    for line in lines:
        table.add_row(
            str(line.session_id),
            line.method,
            line.route,
            _moment(line.began_s),
            _moment(line.used_s),
            _moment(line.expires_s),
        )
    console.print(table)


@app.command()
def end(
    name: Name,
    session: Annotated[
        list[UUID] | None, typer.Argument(help="Which, as `sessions list` shows them.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All of the account.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """End sessions: their tokens open nothing within a second."""
    if bool(session) == every:
        raise typer.BadParameter("Name sessions, or give --all.")
    chosen = None if every else session
    ask(home, lambda operator: operator.access.end_sessions_of(name, chosen))
    console.print("All sessions ended." if chosen is None else f"{len(chosen)} ended.")


def _moment(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M} UTC"
