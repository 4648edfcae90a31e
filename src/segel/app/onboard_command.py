"""``segel hospital onboard``: a hospital with all that comes with it, in one go.

What is enrolled already is left as it is, so that it can be run again after a part was refused, or
the file grew. ``segel hospital invite`` lets somebody do the same in the console.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from segel.access import (
    FILE_BYTES_MAX,
    TEMPLATE,
    Outcome,
    State,
    Step,
    files_of,
    missing,
    parse_plan,
    require_whole,
    steps,
)
from segel.app import home as homes
from segel.app.account_commands import print_link
from segel.app.hospital_commands import DEFAULT_HOME, HomeFolder
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.broker import BrokerClient

console = Console(soft_wrap=True, highlight=False, markup=False)


def template() -> None:
    """Print a file to begin with: `segel hospital template > rsud1.toml`."""
    print(TEMPLATE, end="")  # noqa: T201 - the output


def invite(
    code: Annotated[str, typer.Argument(help="The short code that the hospital will have.")],
    hours: Annotated[int, typer.Option(min=1, max=168, help="How long the link is good.")] = 72,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Print a link by which somebody takes in this one hospital in the console."""
    made = ask(home, lambda operator: operator.onboarding.make(code, hours * 3_600))
    address = read_status(homes.at(home)).console
    console.print(
        f"Give them this link by a channel you trust. It takes in {code} and nothing else, for"
        f" {hours} hours, until the hospital has its first patient."
    )
    # After the # nothing reaches a server or its logs; the page takes it from there.
    print(f"{address}/onboarding#{made.secret}")  # noqa: T201 - alone on its line


def onboard(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The hospital's file.")],
    check: Annotated[
        bool, typer.Option("--check", help="Say what would be done, and do nothing.")
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Enrol a hospital with its departments, devices, systems and people, as a file says."""
    with file.open("rb") as opened:
        plan = parse_plan(opened.read(FILE_BYTES_MAX + 1))
    beside = {name: file.parent / name for name in files_of(plan)}
    files = {name: path.read_bytes() for name, path in beside.items() if path.is_file()}
    require_whole(plan, files)
    for role in missing(plan):
        console.print(f"Note: nobody is {role}. Two people decide together: add one soon.")
    if check:
        for number, step in enumerate(steps(plan, files, _read_key), 1):
            console.print(f"{number:3}  {step.kind} {step.name}")
        return

    async def enrol(operator: BrokerClient) -> list[tuple[Step, Outcome]]:
        known = frozenset(line.name for line in await operator.access.accounts())
        done = []
        for number, step in enumerate(steps(plan, files, _read_key, known), 1):
            outcome = await step.done(operator)
            console.print(f"{number:3}  {step.kind} {step.name}")
            for line in _told(outcome):
                console.print(f"     {line}")
            if outcome.secret:
                print_link(home, outcome.secret, outcome.until_s)
            done.append((step, outcome))
        return done

    done = ask(home, enrol)
    refused = sum(outcome.state is State.REFUSED for _, outcome in done)
    if refused:
        console.print(
            f"{refused} of {len(done)} were refused. Mend the file, and run this again:"
            " what is enrolled stays."
        )
        raise typer.Exit(1)
    console.print(f"{plan.code} is ready: {len(done)} steps. `segel hospital list` shows it.")


def _told(outcome: Outcome) -> list[str]:
    if outcome.state is State.THERE:
        return ["It is there already, and stays as it is."]
    if outcome.refused is not None:
        return [f"REFUSED: {outcome.refused.what} {outcome.refused.remedy}".rstrip()]
    return [f"client id  {outcome.client_id}"] if outcome.client_id else []


def _read_key(pem: bytes) -> str:
    from segel.imaging.dimse import key_in  # all of DICOM, which other commands need not wait for

    return key_in(pem)
