"""``segel subscription``: where hospitals' systems may be told, and how that stands."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from segel.app.operator import ask
from segel.broker.messages import SubscriptionReport
from segel.domain.errors import SegelError

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
Hospital = Annotated[str, typer.Argument(help="Code of the hospital.")]
Host = Annotated[str, typer.Argument(help="HOST or HOST:PORT; without a port it is 443.")]

app = typer.Typer(help="Systems that have themselves told.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


class SubscriptionIdBroken(SegelError):
    """Not the id of a subscription."""

    code = "subscription-id-broken"


@app.command("list")
def listed(
    home: HomeFolder = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show the hosts that are allowed, and every subscription. Exit status 1 where one is in
    error."""
    report = ask(home, lambda operator: operator.subscriptions.report())
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        _show(report)
    raise typer.Exit(1 if any(one.status == "error" for one in report.subscriptions) else 0)


@app.command()
def allow(
    hospital: Hospital,
    host: Host,
    network: Annotated[
        list[str] | None,
        typer.Option(help="A private network that the host is in, e.g. 10.2.0.0/16."),
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Let a hospital's systems have themselves told at a host. Said again, it replaces."""
    networks = network or []
    ask(home, lambda operator: operator.subscriptions.allow(hospital, host, networks))
    console.print(f"Systems of {hospital} may have themselves told at {host}.")
    if not networks:
        console.print("Its name has to lead to a public address; --network allows a private one.")
    if not ask(home, lambda operator: operator.subscriptions.report()).on:
        console.print("Nobody is told yet: set subscriptions = true, and start again.")


@app.command()
def forbid(hospital: Hospital, host: Host, home: HomeFolder = DEFAULT_HOME) -> None:
    """Tell nobody at a host any more. Subscriptions that name it go into error."""
    ask(home, lambda operator: operator.subscriptions.forbid(hospital, host))
    console.print(f"Nobody of {hospital} is told at {host} any more.")


@app.command()
def stop(
    subscription: Annotated[str, typer.Argument(help="Its id, of `segel subscription list`.")],
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Tell nobody by a subscription, until its system asks again."""
    try:
        subscription_id = UUID(subscription)
    except ValueError:
        raise SubscriptionIdBroken(
            "This is no subscription's id.", field="id", remedy="`segel subscription list`."
        ) from None
    ask(home, lambda operator: operator.subscriptions.stop(subscription_id))
    console.print("It is off.")


def _show(report: SubscriptionReport) -> None:
    if not report.on:
        console.print("The settings let nobody be told: set subscriptions = true.")
    if not report.hosts:
        console.print("No host is allowed yet: `segel subscription allow HOSPITAL HOST`.")
    for host in report.hosts:
        within = f"  within {', '.join(host.networks)}" if host.networks else ""
        console.print(f"{host.hospital}  {host.place}{within}")
    if not report.subscriptions:
        console.print("Nobody has subscribed.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("id", "hospital", "system", "to", "at", "status", "waiting", "last told"):
        table.add_column(title)
    for one in report.subscriptions:
        table.add_row(
            str(one.subscription_id),
            one.hospital,
            one.account,
            one.resource_type,
            one.place,
            f"{one.status}: {one.error}" if one.error else one.status,
            str(one.waiting),
            _time(one.told_s),
        )
    console.print(table)


def _time(at_s: float) -> str:
    if not at_s:
        return "never"
    return datetime.fromtimestamp(at_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
