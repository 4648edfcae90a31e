"""``segel hl7``: the systems whose HL7 messages are taken."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from segel.access import require_sender_name
from segel.app.operator import ask

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
Application = Annotated[str, typer.Argument(help="What its messages have as MSH-3.")]
Facility = Annotated[str, typer.Argument(help="What its messages have as MSH-4.")]

app = typer.Typer(help="The systems that send HL7 messages.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command()
def add(
    application: Application,
    facility: Facility,
    hospital: Annotated[str, typer.Option(help="Code of its hospital.")],
    authority: Annotated[
        list[str] | None,
        typer.Option(
            help="An assigning authority (PID-3.4) whose record numbers are the hospital's own."
            " Numbers without one are, too."
        ),
    ] = None,
    certificate: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Its certificate (PEM): then by TLS only. Twice while it is being replaced.",
        ),
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Take a system's messages. Said again, what was said before is replaced."""
    named = {"application": application, "facility": facility}
    named |= {f"authority {number}": text for number, text in enumerate(authority or [], 1)}
    for field, text in named.items():
        require_sender_name(field, text)
    from segel.imaging.dimse import key_in  # all of DICOM, which other commands need not wait for

    keys = tuple(key_in(one.read_bytes()) for one in certificate or [])
    authorities = tuple(dict.fromkeys(authority or []))
    ask(
        home,
        lambda operator: operator.senders.enrol(
            application, facility, hospital, authorities=authorities, keys=keys
        ),
    )
    by = " by TLS, with its certificate" if keys else ""
    console.print(f"{application} of {facility} ({hospital}) is enrolled; it sends{by}.")


@app.command("list")
def list_(home: HomeFolder = DEFAULT_HOME) -> None:
    """List the systems."""
    lines = ask(home, lambda operator: operator.senders.listed())
    if not lines:
        console.print("No sender yet: `segel hl7 add APPLICATION FACILITY --hospital CODE`.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("application", "facility", "hospital", "authorities", "certificates"):
        table.add_column(title)
    for line in lines:
        table.add_row(
            line.application,
            line.facility,
            line.hospital,
            ", ".join(line.authorities),
            str(len(line.keys) or ""),
        )
    console.print(table)


@app.command()
def remove(application: Application, facility: Facility, home: HomeFolder = DEFAULT_HOME) -> None:
    """Take nothing more from a system. What it sent before stays."""
    ask(home, lambda operator: operator.senders.remove(application, facility))
    console.print(f"{application} of {facility} is removed.")
