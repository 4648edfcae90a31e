"""``segel declarations``: which ports take travellers' health declarations, and their end."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from segel.app.hospital_commands import DEFAULT_HOME, HomeFolder
from segel.app.log_key import verifier_of
from segel.app.operator import ask
from segel.broker.certificates import CERTIFICATE_BYTES_MAX
from segel.broker.declaration_certificates import day_as_text, verify_day

app = typer.Typer(help="Health declarations of travellers.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command()
def port(
    code: Annotated[str, typer.Argument(help="Code of the port's health office.")],
    close: Annotated[bool, typer.Option("--close", help="Take none any more.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Have a port's health office take declarations, at /declare."""
    ask(home, lambda operator: operator.declarations.open_port(code, taking=not close))
    console.print(f"{code} takes {'no declarations any more' if close else 'declarations'}.")


@app.command("verify-certificate")
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    vkey: Annotated[
        str | None, typer.Option(help="The log's public key; default: the home's.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Check the certificate of a day's end offline, with the log's public key alone."""
    verifier = verifier_of(home, vkey)
    with file.open("rb") as opened:
        held = verify_day(opened.read(CERTIFICATE_BYTES_MAX + 1), verifier)
    sys.stdout.write(day_as_text(held))
    console.print("\nThe certificate holds.")
