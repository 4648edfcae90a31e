"""``segel leak drill``: a leak is staged in an invented estate, answered, and scored."""

from typing import Annotated

import typer
from rich.console import Console

from segel.domain.errors import SegelError
from segel.leaks.drill.scenarios import Scenario

SEEDS_MAX = 1_000

console = Console(soft_wrap=True, highlight=False, markup=False)
progress = Console(stderr=True, highlight=False, markup=False)


class DrillWithoutScenario(SegelError):
    """Neither a scenario nor all of them."""

    code = "drill-without-scenario"


def drill(
    scenario: Annotated[Scenario | None, typer.Option(help="What is staged.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed stages the same.")] = 0,
    every: Annotated[
        bool, typer.Option("--all", help="Every scenario, with the seeds from --seed on.")
    ] = False,
    seeds: Annotated[int, typer.Option(min=1, max=SEEDS_MAX, help="With --all: how many.")] = 20,
    patients: Annotated[
        int, typer.Option(min=5_000, max=1_000_000, help="Of the invented estate.")
    ] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="With --all: the page of docs/reference.")
    ] = False,
) -> None:
    """Stage a leak behind the team's back, and score the answer. Nothing of this archive is used.

    Exits with 0 where the verdict was right; with --all, where all that is promised is reached.
    """
    import msgspec

    from segel.app.synth.population import population
    from segel.leaks.drill.running import drilled
    from segel.leaks.drill.table import figures, page, summary

    if scenario is None and not every:
        raise DrillWithoutScenario(
            "No scenario is named.",
            field="scenario",
            remedy="Name one with --scenario, or take all of them with --all.",
        )
    scenarios = (scenario,) if scenario else tuple(Scenario)
    scores = []
    for number in range(seed, seed + seeds) if every else (seed,):
        for one in drilled(number, scenarios, population, patients):
            scores.append(one)
            if every:
                said = "right" if one.right else f"wrong: {one.verdict}"
                progress.print(f"{len(scores)} of {seeds * len(scenarios)}: {one.scenario}, "
                               f"seed {number}: {said}, origin {one.place or '–'}")  # fmt: skip
    found = figures(scores)
    if as_json:
        told = {"figures": found, "drills": scores} if every else scores[0]
        typer.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
    elif every and markdown:
        typer.echo(page(scores, patients), nl=False)
    else:
        for line in summary(scores):
            console.print(line)
    if not (found.reached if every else scores[0].right):
        raise typer.Exit(1)
