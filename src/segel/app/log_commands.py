"""``segel audit verify``, ``witnesses`` and ``receipt``: the log, for whoever does not believe us.

``verify`` reads the published files alone, from a folder or over HTTP, and needs nothing of the
Segel that wrote them but its public key.
"""

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from segel.app import home as homes
from segel.app import log_reading
from segel.app.home import Home
from segel.app.log_reading import Witnesses
from segel.app.operator import ask
from segel.app.settings import Settings, decode
from segel.app.system import write_whole
from segel.broker import BrokerClient
from segel.broker.messages import WitnessReport, WitnessState
from segel.domain.errors import SegelError
from segel.tlog import (
    CHECKPOINT_PATH,
    Forked,
    NoteVerifier,
    RolledBack,
    TlogError,
    VerifiedLog,
    verify_log,
)
from segel.witness import origin_hash

SKEW_S: Final = 300
"""A cosignature from further ahead of our clock is of a time that has not come."""

HOUR_S: Final = 3_600
DEFAULT_HOME: Final = Path(".segel")

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]

console = Console(soft_wrap=True, highlight=False)


class LogDoesNotHold(SegelError):
    """The published log was cut, changed, rolled back or forked; or its key is another."""

    code = "log-does-not-hold"


def verify(
    home: HomeFolder = DEFAULT_HOME,
    vkey: Annotated[
        str, typer.Option(help="The log's public key; default: the home's, as first seen.")
    ] = "",
    url: Annotated[
        str, typer.Option(help="Read it over HTTP, e.g. https://segel.example.id/audit/tlog/.")
    ] = "",
    witness: Annotated[
        list[str] | None,
        typer.Option(help='VKEY, or "NAME URL VKEY"; repeat. Default: the home\'s settings.'),
    ] = None,
    quorum: Annotated[
        int, typer.Option(min=0, help="How many have to have cosigned; 0: more than half.")
    ] = 0,
    max_age: Annotated[
        float, typer.Option(min=0, help="Hours; older cosignatures do not count. 0: any age.")
    ] = 0,
    against: Annotated[
        list[str] | None,
        typer.Option(help="A checkpoint shown to somebody else: file or URL; repeat."),
    ] = None,
    remember: Annotated[
        Path | None, typer.Option(help="Where the checkpoint is kept for the next time.")
    ] = None,
) -> None:
    """Check the whole log offline, from its tiles alone: every entry, hash and signature."""
    place = homes.at(home)
    log_key = vkey or _known_vkey(place, home)
    try:
        verifier = NoteVerifier.parse(log_key)
        witnesses, threshold = _trusted(place, witness or [], quorum)
        seen = remember or _seen_file(place, verifier)
        verified = _verified(
            place, verifier, witnesses, threshold, url, seen, against or [], max_age
        )
    except TlogError as broken:
        raise LogDoesNotHold(f"The audit log does not hold. {broken}") from None
    checkpoint = verified.checkpoint
    with contextlib.suppress(OSError):  # somebody else's home: verified, not remembered
        seen.parent.mkdir(parents=True, exist_ok=True)
        write_whole(seen, verified.shown.encode())
    console.print(f"The log holds: {checkpoint.size} entries, root {checkpoint.root.hex()}")
    cosigned = [each for each in verified.note.signatures if each.timestamp_s is not None]
    for each in cosigned:
        assert each.timestamp_s is not None
        console.print(f"Cosigned by {each.name}, {_when(each.timestamp_s)}", markup=False)
    if not witnesses.verifiers:
        console.print("No witness was demanded: others may have been shown another log.")


def _verified(
    place: Home,
    verifier: NoteVerifier,
    witnesses: Witnesses,
    threshold: int,
    url: str,
    seen: Path,
    against: list[str],
    max_age: float,
) -> VerifiedLog:
    others = log_reading.shown_to_others(against, verifier, witnesses)
    others += log_reading.shown_to_witnesses(verifier, witnesses)
    now_s = int(time.time())
    with (
        log_reading.files_of(_published(place), url) as read,
        Progress(console=console, transient=True) as progress,
    ):
        log_reading.wait_until_published(read, max((each.size for each in others), default=0))
        task = progress.add_task("Verifying", total=None)
        try:
            return verify_log(
                read,
                verifier,
                previous=log_reading.remembered(seen),
                witnesses=witnesses.verifiers,
                threshold=threshold,
                since_s=now_s - int(max_age * HOUR_S) if max_age else 0,
                until_s=now_s + SKEW_S,
                against=others,
                progress=lambda done, of: progress.update(task, completed=done, total=of),
            )
        except (Forked, RolledBack):
            with contextlib.suppress(OSError, FileNotFoundError):
                kept = seen.with_name(seen.name + ".contradicts")
                write_whole(kept, read(CHECKPOINT_PATH))
            raise


def witnesses(
    home: HomeFolder = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the log's witnesses and how they do. Exit status 1 where too few cosign."""
    report = ask(home, _report)
    if as_json:
        print(msgspec.json.encode(msgspec.to_builtins(report)).decode())  # noqa: T201
    else:
        console.print(log_line(report))
        if report.witnesses:
            console.print(_table(report.witnesses))
        console.print("The log's public key, for witnesses (`segel witness add-log`) and readers:")
        print(report.log_vkey)  # noqa: T201 - to be copied or piped
    standing = sum(each.state == "cosigns" for each in report.witnesses)
    raise typer.Exit(0 if standing >= report.quorum else 1)


def receipt(
    leaf: Annotated[int, typer.Argument(min=0, help="The entry's number in the log.")],
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Print a receipt (JSON): the proof that an entry is in the log, with its cosignatures."""
    print(ask(home, lambda operator: operator.witnesses.receipt(leaf)).decode())  # noqa: T201


def log_line(report: WitnessReport) -> str:
    """The log in a line: how long, and who stands by it."""
    line = f"Audit log: {report.log_size:,} entries"
    if not report.witnesses:
        return f"{line}, no witnesses"
    if not report.cosigners:
        return f"{line}, not yet cosigned: nothing is released"
    behind = report.log_size - report.cosigned_size
    return (
        f"{line}, cosigned {_ago(report.cosigned_s)} by {report.cosigners} of"
        f" {len(report.witnesses)} (needed: {report.quorum})"
        + (f", all but the newest {behind:,}" if behind > 0 else "")
    )


def show_line(folder: Path) -> None:
    """Print ``log_line`` where the broker answers; beside ``segel status``."""
    with contextlib.suppress(SegelError, OSError):
        console.print(log_line(ask(folder, _report)))


async def _report(operator: BrokerClient) -> WitnessReport:
    return await operator.witnesses.report()


def _known_vkey(place: Home, folder: Path) -> str:
    if place.log_key.exists():
        return place.log_key.read_text().strip()

    async def vkey(operator: BrokerClient) -> str:
        return (await operator.status()).log_vkey

    return ask(folder, vkey)


def _published(place: Home) -> Path:
    """The folder of the published log, wherever the settings put it."""
    elsewhere = decode(place.settings.read_bytes()).objects if place.settings.exists() else ""
    return place.objects_at(elsewhere) / "audit"


def _trusted(place: Home, said: list[str], quorum: int) -> tuple[Witnesses, int]:
    """Whose cosignatures count and how many are needed. Raises LogAway."""
    if not said and place.settings.exists():
        settings: Settings = decode(place.settings.read_bytes())
        said = list(settings.witnesses)
        quorum = quorum or settings.witness_quorum
    trusted = Witnesses.parse(said)
    if quorum > len(trusted.verifiers):
        raise log_reading.LogAway(
            "More witnesses are demanded than are named.",
            field="--quorum",
            remedy="Name each with --witness VKEY.",
        )
    least = len(trusted.verifiers) // 2 + 1 if trusted.verifiers else 0
    return trusted, quorum or least


def _seen_file(place: Home, verifier: NoteVerifier) -> Path:
    """Beside the home; a reader without one has a folder for what was seen of others' logs."""
    if place.keys.exists():
        return place.log_seen
    return Path(typer.get_app_dir("segel")) / f"{origin_hash(verifier.name)}.seen"


def _table(found: list[WitnessState]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("witness", "state", "entries", "cosigned", "where", "trouble"):
        table.add_column(title, justify="right" if title == "entries" else "left")
    for each in found:
        cosigned = _ago(each.cosigned_s) if each.cosigned_s else "never"
        table.add_row(each.label, each.state, f"{each.size:,}", cosigned, each.url, each.trouble)
    return table


def _ago(at_s: int) -> str:
    seconds = max(0, int(time.time()) - at_s)
    if seconds < 120:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 2 * HOUR_S else f"at {_when(at_s)}"


def _when(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
