"""``segel drill``: attacks that anybody can run, on a Segel that is made for it and thrown away.

Exit status 0: the promise held. 1: it did not, or the drill could not be run; the text says which.
"""

from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from segel.domain.errors import SegelError

app = typer.Typer(help="Attack a throwaway Segel and see what it gives.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False)

CRAWLED_PATIENTS: Final = 60
"""Twice a clinician's hour: enough to tell a budget from none."""

ROOTED_PATIENTS: Final = 120
"""More than all open sessions of the drill may open together."""

ASKED_PATIENTS: Final = 80
"""More than a warrant of the drill allows."""

WithoutBudgets = Annotated[
    bool,
    typer.Option("--without-budgets", help="Turn the budgets off: the attack has to succeed."),
]


class PromiseBroken(SegelError):
    """The attack took more than it may; or fewer, where honest users would be short of it."""

    code = "promise-broken"


@app.command("crawler")
def crawl(
    patients: Annotated[int, typer.Option(min=40, max=2_000)] = CRAWLED_PATIENTS,
    without_budgets: WithoutBudgets = False,
) -> None:
    """A valid account that crawls: takes its budget, and not one patient more or less.

    By 1, 8 and 64 connections, with the broker killed meanwhile, signing in anew, and by two
    brokers of which one has its clock set back.
    """
    from segel.app.drills import crawler, staging  # all of DICOM comes with them

    with (
        console.status("Drill") as spinner,
        staging.staged(patients, budgets=not without_budgets, say=spinner.update) as stage,
    ):
        crawls = crawler.crawl(stage, spinner.update)
    table = Table(box=None, pad_edge=False)
    for title in ("crawled by", "patients taken", "budget", "refused", ""):
        table.add_column(title, justify="left" if title in ("crawled by", "") else "right")
    for one in crawls:
        verdict = "held" if one.is_held else "[bold red]not held[/]"
        table.add_row(one.way, f"{one.taken}", f"{one.budget}", f"{one.refused}", verdict)
    console.print(table)
    if not all(one.is_held for one in crawls):
        worst = max(crawls, key=lambda one: abs(one.taken - one.budget))
        raise PromiseBroken(
            f"The promise did not hold: {worst.taken} of {patients} patients were taken"
            f" on a budget of {worst.budget}."
        )
    console.print("The promise held: each crawl took its budget, and no patient more or less.")


@app.command("rooted-gateway")
def root(
    patients: Annotated[int, typer.Option(min=100, max=2_000)] = ROOTED_PATIENTS,
    without_budgets: WithoutBudgets = False,
) -> None:
    """A program with all that the gateway has: no more than the open sessions' budgets.

    It runs as the gateway's user with the gateway's database role, its way to the broker and every
    token that passed through it, and tries each way past the budgets that it has.
    """
    from segel.app.drills import rooted_gateway, staging

    with (
        console.status("Drill") as spinner,
        staging.staged(patients, budgets=not without_budgets, say=spinner.update) as stage,
    ):
        found = rooted_gateway.attack(stage, spinner.update)
    table = Table(box=None, pad_edge=False)
    for title in ("tried", "got"):
        table.add_column(title)
    for attempt in found.attempts:
        table.add_row(
            attempt.what, attempt.got if attempt.is_held else f"[bold red]{attempt.got}[/]"
        )
    console.print(table)
    console.print(
        f"{found.taken} of {patients} patients could be read; the {found.sessions} open sessions"
        f" had {found.remaining} left in their budgets."
    )
    broken = [attempt.what for attempt in found.attempts if not attempt.is_held]
    if found.taken > found.remaining or broken:
        raise PromiseBroken(
            f"The promise did not hold: {found.taken} patients on {found.remaining}.",
            remedy=f"See: {'; '.join(broken)}." if broken else "",
        )
    console.print("The promise held.")


@app.command("oracle")
def ask(
    patients: Annotated[int, typer.Option(min=40, max=2_000)] = ASKED_PATIENTS,
    without_bounds: Annotated[
        bool,
        typer.Option("--without-bounds", help="Turn the bounds off: the attack has to succeed."),
    ] = False,
) -> None:
    """An insider with a warrant: learns of no more people than it allows, and trips on decoys.

    By numbers alone, numbers with invented fields, a list from inside at once and one by one, whole
    rows of given people, and by two brokers at once; each with a warrant of its own.
    """
    from segel.app.drills import oracle, staging

    with (
        console.status("Drill") as spinner,
        staging.staged(0, budgets=not without_bounds, say=spinner.update) as stage,
    ):
        asked, learned = oracle.staged_attack(stage, patients, spinner.update)
    table = Table(box=None, pad_edge=False)
    for title in ("asked by", "people learned of", "allowed", "warrant", ""):
        right = title in ("people learned of", "allowed")
        table.add_column(title, justify="right" if right else "left")
    for one in learned:
        verdict = "held" if one.is_held(asked) else "[bold red]not held[/]"
        table.add_row(one.way, f"{len(one.known)}", f"{oracle.CAP}", one.state, verdict)
    console.print(table)
    if not all(one.is_held(asked) for one in learned):
        worst = max(learned, key=lambda one: len(one.known))
        raise PromiseBroken(
            f"The promise did not hold: {len(worst.known)} of {patients + asked.decoys} people were"
            f" learned of under a warrant for {oracle.CAP}."
        )
    console.print("The promise held: no more people were learned of than a warrant allows.")
