"""``segel hospital onboard``: a hospital with all that comes with it, in one go.

It runs the commands that enrol each part, in their order, and says what each did. What is enrolled
already is left as it is, so that it can be run again after a part was refused, or the file grew.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from segel.app import (
    account_commands,
    client_commands,
    enrolment,
    hl7_commands,
    hospital_commands,
)
from segel.app.hospital_commands import DEFAULT_HOME, HomeFolder
from segel.app.onboarding import TEMPLATE, Person, Plan, missing, read_plan
from segel.app.operator import ask
from segel.broker.errors import AlreadyExists, BrokerUnavailable
from segel.domain.errors import SegelError

HOURS = 72
"""How long the links of a new hospital's people are good: they are handed out one by one."""

Step = tuple[str, Callable[[], None]]
console = Console(soft_wrap=True, highlight=False, markup=False)


def template() -> None:
    """Print a file to begin with: `segel hospital template > rsud1.toml`."""
    print(TEMPLATE, end="")  # noqa: T201 - the output


def onboard(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The hospital's file.")],
    check: Annotated[
        bool, typer.Option("--check", help="Say what would be done, and do nothing.")
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Enrol a hospital with its departments, devices, systems and people, as a file says."""
    plan = read_plan(file)
    for role in missing(plan):
        console.print(f"Note: nobody is {role}. Two people decide together: add one soon.")
    steps = list(_steps(plan, file.parent, home))
    if check:
        for number, (what, _) in enumerate(steps, 1):
            console.print(f"{number:3}  {what}")
        return
    refused = sum(not _done(number, step) for number, step in enumerate(steps, 1))
    if refused:
        console.print(
            f"{refused} of {len(steps)} were refused. Mend the file, and run this again:"
            " what is enrolled stays."
        )
        raise typer.Exit(1)
    console.print(f"{plan.code} is ready: {len(steps)} steps. `segel hospital list` shows it.")


def _done(number: int, step: Step) -> bool:
    """Whether a step was done, or had been. Raises BrokerUnavailable, NotRunning."""
    what, run = step
    console.print(f"{number:3}  {what}")
    try:
        run()
    except AlreadyExists:
        console.print("     It is there already, and stays as it is.")
    except BrokerUnavailable:
        raise
    except SegelError as refused:
        console.print(f"     REFUSED: {refused.what} {refused.remedy}".rstrip())
        return False
    return True


def _steps(plan: Plan, folder: Path, home: Path) -> Iterator[Step]:
    code, national = plan.code, plan.national_code or None
    yield (
        f"hospital {code}: its own keys, its own patients",
        partial(hospital_commands.add, code, plan.name, home, national),
    )
    for part in plan.departments:
        add_part = partial(hospital_commands.add_department, part.name, code, part.code, home)
        yield f"department {part.name}", add_part
    for device in plan.devices:
        files = [folder / name for name in device.certificates]
        listens = device.listens or None
        add_peer = partial(
            enrolment.add_peer, home, device.ae_title, code, device.called, listens, files
        )
        yield f"device {device.ae_title}", add_peer
    for sender in plan.senders:
        files = [folder / name for name in sender.certificates]
        add_sender = partial(
            hl7_commands.add,
            sender.application, sender.facility, code, sender.authorities, files, home,
        )  # fmt: skip
        yield f"HL7 from {sender.application} of {sender.facility}", add_sender
    for one in plan.systems:
        jwks = folder / one.jwks
        add_client = partial(
            client_commands.add, one.name, code, jwks, one.role, one.scope, one.dpop, home=home
        )
        yield f"system {one.name}", add_client
    for person in plan.people:
        yield f"{person.role} {person.name}", partial(_invite, person, code, home)


def _invite(person: Person, code: str, home: Path) -> None:
    """Enrol somebody and print their link. Raises AlreadyExists: another link would end the one
    that they may have been given."""
    lines = ask(home, lambda operator: operator.access.accounts())
    if any(line.name == person.name for line in lines):
        raise AlreadyExists("There is an account of this name.")
    account_commands.add(person.name, person.role, code, HOURS, home)
