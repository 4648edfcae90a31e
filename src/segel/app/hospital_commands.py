"""``segel hospital`` and ``segel department``: what an archive's hospitals are, and their parts."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from segel.app import enrolment
from segel.app.operator import ask

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
Hospital = Annotated[str, typer.Option(help="Code of the hospital.")]

app = typer.Typer(help="The hospitals of this archive.", no_args_is_help=True)
departments = typer.Typer(help="The departments of a hospital.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="The hospital's short code, e.g. RSUD1.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    home: HomeFolder = DEFAULT_HOME,
    national_code: Annotated[
        str | None,
        typer.Option(help="Its id in the national register (SATUSEHAT); '' takes it away."),
    ] = None,
) -> None:
    """Enrol a hospital: its own keys, its own patients. Again the same: nothing changes but the
    national code."""
    enrolment.add_hospital(home, code, name)
    if national_code is not None:
        ask(home, lambda operator: operator.register.describe_hospital(code, national_code))
        console.print(f"Its national code is {national_code or 'unsaid'}.")


@app.command("list")
def list_(
    home: HomeFolder = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the hospitals, with the departments that were added."""
    lines = ask(home, lambda operator: operator.register.every_hospital())
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(lines)).decode())  # noqa: T201 - the output
        return
    if not lines:
        console.print("No hospital yet: `segel hospital add CODE NAME`.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("code", "name", "national code", "departments"):
        table.add_column(title)
    for line in lines:
        told = (f"{one.name} ({one.code})" if one.code else one.name for one in line.departments)
        name = f"{line.name} (answers for leaks)" if line.answers else line.name
        table.add_row(line.code, name, line.national_code or "–", ", ".join(told) or "–")
    console.print(table)


@app.command()
def answers(
    code: Annotated[str, typer.Argument(help="The organisation's code.")],
    no: Annotated[bool, typer.Option("--no", help="It does so no longer.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Have an organisation answer for the archive's leaks: its officers may stop what any hospital
    releases."""
    ask(home, lambda operator: operator.containing.set_answering(code, answers=not no))
    console.print(f"{code} {'no longer answers' if no else 'answers'} for the archive's leaks.")


@departments.command("add")
def add_department(
    name: Annotated[str, typer.Argument(help="Its name, as the images carry it.")],
    hospital: Hospital,
    code: Annotated[str, typer.Option(help="The hospital's own code for it.")] = "",
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Add a department of a hospital. Said again, its code is replaced."""
    ask(home, lambda operator: operator.register.add_department(hospital, name, code))
    console.print(f"{name} is a department of {hospital}.")


@departments.command("remove")
def remove_department(
    name: Annotated[str, typer.Argument(help="Its name.")],
    hospital: Hospital,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Take a department away. Who works there keeps it, until `segel reasons units` says other."""
    ask(home, lambda operator: operator.register.remove_department(hospital, name))
    console.print(f"{name} is no department of {hospital} any more.")
