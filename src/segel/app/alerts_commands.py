"""``segel alerts``: what the data protection officers have to see, and that a person has."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from segel.app.operator import ask
from segel.broker.messages import AlertLine

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")

app = typer.Typer(help="Alerts to the data protection officers.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command("list")
def list_(
    home: HomeFolder = DEFAULT_HOME,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were acknowledged, too.")
    ] = False,
) -> None:
    """Show the alerts of every hospital, newest first."""
    found = ask(home, lambda operator: operator.alerts.all(limit))
    shown = [line for line in found.alerts if everything or not line.acknowledged_s]
    if not shown:
        console.print("No alert is waiting.")
        return
    for line in shown:  # not a table: an id that is cut cannot be copied
        console.print("  ".join(_cells(line)))
    console.print(f"{found.waiting} waiting.")


@app.command()
def acknowledge(
    alert: Annotated[UUID, typer.Argument(help="The alert's id, as `alerts list` shows it.")],
    by: Annotated[str, typer.Option(help="The name of whoever has seen it.")],
    note: Annotated[str, typer.Option(help="What is done about it.")] = "",
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Say for a person that they have seen an alert; it is logged."""
    ask(home, lambda operator: operator.alerts.acknowledge_any(alert, by, note))
    console.print("Acknowledged.")


def _cells(line: AlertLine) -> tuple[str, ...]:
    seen = f"{_moment(line.acknowledged_s)} {line.acknowledged_by}" if line.acknowledged_s else ""
    return (
        _moment(line.raised_s),
        line.kind,
        line.hospital or "(all)",
        line.account,
        str(line.alert_id),
        seen,
    )


def _moment(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M}"
