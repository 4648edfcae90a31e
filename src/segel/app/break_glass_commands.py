"""``segel break-glass``: a little more than the budget, in an emergency."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from segel.app import home as homes
from segel.app.lifecycle import read_status
from segel.broker import BrokerClient, Requester
from segel.broker.messages import GlassState
from segel.domain.break_glass import Emergency
from segel.domain.purpose import Purpose

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
PersonsToken = Annotated[
    str, typer.Option("--token", envvar="SEGEL_TOKEN", help="Whose budget: their token.")
]

app = typer.Typer(help="Emergency access beyond the budget.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command()
def status(token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Show what is open, and whether it may be begun."""
    _show(_asked(home, lambda client: client.break_glass.state(_requester(token))))


@app.command()
def begin(
    code: Annotated[Emergency, typer.Option(help="What happened.")],
    reason: Annotated[str, typer.Option(help="Why it cannot wait. Name no patient.")],
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Begin: the data protection officer is told at once, and reviews it."""
    _show(_asked(home, lambda client: client.break_glass.begin(_requester(token), code, reason)))
    console.print("Send X-Purpose-Of-Use: ETREAT with what cannot wait.")


@app.command()
def end(token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """End it before its time."""
    _asked(home, lambda client: client.break_glass.end(_requester(token)))
    console.print("Ended.")


def _requester(token: str) -> Requester:
    return Requester(token, Purpose.TREATMENT, "command line")


def _asked(folder: Path, question: Callable[[BrokerClient], Awaitable[GlassState]]) -> GlassState:
    home = homes.at(folder)
    read_status(home)

    async def run() -> GlassState:
        client = await BrokerClient.connect(home.broker_socket)
        try:
            return await question(client)
        finally:
            await client.close()

    return asyncio.run(run())


def _show(state: GlassState) -> None:
    if state.open is not None:
        left = max(0.0, state.open.patients - state.open.used)
        console.print(
            f"Open until {_moment(state.open.until_s)} UTC: {left:g} of {state.open.patients}"
            " patients left."
        )
    elif state.hindrance == "barred":
        console.print("Barred: a review of an earlier one is past its deadline.")
    elif state.hindrance == "used-up":
        console.print(f"Used up for now; again from {_moment(state.again_s)} UTC.")
    else:
        console.print(
            f"Not open. It may be begun {state.left_today} more times in 24 hours, and gives"
            f" {state.patients} patients in {state.window_s // 60} minutes."
        )


def _moment(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M}"
