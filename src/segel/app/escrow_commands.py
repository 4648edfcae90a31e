"""``segel keys escrow``: split, rehearse, recover.

A share is shown once, to one custodian, or written into a file of its own. It is never taken as an
argument and stands in no log.
"""

import getpass
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from segel.app import home as homes
from segel.app.kms_description import kms_of
from segel.app.operator import ask
from segel.app.telling import minute
from segel.broker import escrow_file
from segel.broker.escrow import (
    EscrowError,
    NewEscrow,
    TooFewShares,
    new_escrow,
    open_test,
    put_together,
)
from segel.broker.escrow import fingerprint as fingerprint_of
from segel.broker.messages import SplitEscrow

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
ShareFiles = Annotated[
    list[Path] | None,
    typer.Argument(exists=True, dir_okay=False, help="Files with a share each; else it asks."),
]
DEFAULT_HOME = Path(".segel")
_ENOUGH: Final = ""

app = typer.Typer(
    help="The escrow: what opens the archive when its KMS is lost.", no_args_is_help=True
)
console = Console(soft_wrap=True, highlight=False)


@app.command()
def split(
    shares: Annotated[int, typer.Option(min=2, max=16, help="How many custodians.")] = 5,
    threshold: Annotated[int, typer.Option(min=2, max=16, help="How many of them suffice.")] = 3,
    into: Annotated[
        Path | None,
        typer.Option(help="A folder for files of one share each, instead of the terminal."),
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Make a key for the escrow, give a share of it to each custodian, and keep it nowhere.

    From then on every patient's key is sealed to it, too, in a file beside the home. A new split
    makes an earlier one worthless.
    """
    ask(home, lambda operator: operator.keys.report())  # before anybody writes down a share
    made = new_escrow(shares, threshold)
    named = fingerprint_of(made.public)
    if into is None:
        _show(made, named)
    else:
        _write(made, named, into)
    message = SplitEscrow(made.public, made.test, made.test_digest, shares, threshold)
    report = ask(home, lambda operator: operator.keys.split_escrow(message))
    console.print(
        f"Escrow {report.fingerprint}: {threshold} of {shares} shares open the archive."
        " Rehearse it now: segel keys escrow rehearse"
    )


@app.command()
def rehearse(files: ShareFiles = None, home: HomeFolder = DEFAULT_HOME) -> None:
    """Put the key together from shares, in memory only, and prove it on a test key.

    The KMS is not touched and nothing is opened but the test.
    """
    escrow = ask(home, lambda operator: operator.keys.report()).escrow
    if not escrow.fingerprint:
        raise EscrowError("There is no escrow to rehearse.", remedy="segel keys escrow split")
    key = put_together(_shares(files, escrow.threshold), escrow.fingerprint)
    test = open_test(key, escrow.test)
    ask(home, lambda operator: operator.keys.rehearse_escrow(escrow.fingerprint, test))
    console.print(f"Escrow {escrow.fingerprint}: the shares make its key. Rehearsal recorded.")


@app.command()
def recover(
    files: ShareFiles = None,
    to: Annotated[
        Path | None,
        typer.Option(exists=True, help="Settings file that names the new KMS; else a file KMS."),
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Open an archive whose KMS is lost: home, the folder of wrapped keys, and enough shares.

    With no Segel running. Afterwards `segel up` starts it on the new KMS.
    """
    place = homes.at(home)
    tail = escrow_file.read_tail(place.wrapped_keys)
    if tail is None:
        raise EscrowError(
            f"There is no escrow's file in {place.wrapped_keys}.",
            remedy="Put the newest copy of that folder there; without it shares open nothing.",
        )
    from segel.app.recovery import recover_home  # the database's driver: others need not wait

    key = put_together(_shares(files, 0), tail.fingerprint)
    done = recover_home(place, key, kms_of(to, place) if to is not None else None, time.time())
    console.print(
        f"{done.patients:,} patients' keys are in the new KMS, as of {minute(done.made_s)};"
        " whoever came later is lost.\nStart it: segel up. Then rehearse, and split anew:"
        " these shares were together on one machine."
    )


def _show(made: NewEscrow, named: str) -> None:
    if not sys.stdout.isatty():
        raise EscrowError(
            "Shares are shown on a terminal only, one at a time.",
            remedy="Use a terminal, or --into FOLDER.",
        )
    with console.screen(hide_cursor=False):
        for number, words in enumerate(made.words, 1):
            console.clear()
            console.print(f"Escrow {named}: share {number} of {len(made.words)}\n")
            for at, word in enumerate(words.split(), 1):
                console.print(f"{at:3}. {word}", end="\n" if at % 4 == 0 else "\t")
            console.print("\n\nIts custodian writes it down, alone. Then press Enter.")
            getpass.getpass("")


def _write(made: NewEscrow, named: str, folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number, words in enumerate(made.words, 1):
        path = folder / f"share-{number}-of-{len(made.words)}-{named}.txt"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "w") as file:
            file.write(words + "\n")
        console.print(f"Share {number}: {path}")
    console.print("Give each to its custodian, and leave none of them here.")


def _shares(files: Sequence[Path] | None, threshold: int) -> list[str]:
    if files:
        return [path.read_text() for path in files]
    if not sys.stdin.isatty():
        raise TooFewShares("No share was given.", remedy="Give files, or use a terminal.")
    given: list[str] = []
    while not threshold or len(given) < threshold:
        words = getpass.getpass(f"Share {len(given) + 1} (not shown; Enter alone to end): ")
        if words.strip() == _ENOUGH:
            break
        given.append(words)
    return given
