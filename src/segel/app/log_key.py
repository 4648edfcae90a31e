"""The public key that certificates are checked with: of a home, or as it was given."""

from pathlib import Path

import typer

from segel.app import home as homes
from segel.tlog import NoteVerifier, TlogError


def verifier_of(home: Path, vkey: str | None) -> NoteVerifier:
    """The log's key; ``vkey`` None: the home's. Raises typer.BadParameter."""
    if vkey is None:
        key_file = homes.at(home).log_key
        if not key_file.exists():
            raise typer.BadParameter("There is no such home here: give the log's --vkey.")
        vkey = key_file.read_text().strip()
    try:
        return NoteVerifier.parse(vkey)
    except TlogError as wrong:
        raise typer.BadParameter(f"This is not a log's public key. {wrong}") from None
