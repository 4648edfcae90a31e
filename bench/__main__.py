"""``python -m bench``: start all parties, measure, print the table."""

import argparse
import contextlib
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench import (
    host,
    judging,
    keeping,
    orthanc,
    profiling,
    raw,
    reading,
    releasing,
    revoking,
    segel_up,
    sending,
    storing,
    table,
    verifying,
)
from bench.archives import BenchFailed
from bench.context import QUICK, Context, Size
from bench.images import Scanner
from bench.keeping import Alone
from bench.quiet import Quiet
from bench.results import Line
from bench.servers import kms

MEASURES: dict[str, Callable[[Context], Line]] = {
    "stow-1": partial(storing.stow, per_request=1),
    "stow-10": partial(storing.stow, per_request=10),
    "stow-100": partial(storing.stow, per_request=100),
    "cstore": sending.as_it_comes,
    "cstore-nodelay": sending.without_pauses,
    "study": reading.studies,
    "study-first": reading.first_read,
    "frame": reading.frames,
    "frame-multi": reading.frames_of_one,
    "metadata": reading.metadata,
    "release-1": partial(releasing.releases, at_a_time=1),
    "release-4": partial(releasing.releases, at_a_time=4),
    "release-8": partial(releasing.releases, at_a_time=releasing.BUSY),
}
ALONE: dict[str, Callable[[Alone], Line]] = {
    "audit": keeping.audit,
    "cards": judging.cards,
    "rewrap": keeping.rewrap,
    "scan": verifying.scan,
    "snapshot": revoking.snapshot,
}
"""Measures that need neither a running Segel nor another archive."""


ALONE_ROUNDS = 3


def main() -> int:
    """0: measured; 1: something did not do its work, or is not installed."""
    said = _arguments()
    # Asked to stop, it stops what it started first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    alone = [name for name in said.only or ALONE if name in ALONE]
    together = [name for name in said.only or MEASURES if name in MEASURES]
    if not together and not said.profile:
        facts = [host.machine(), f"KMS: {said.kms}"]
        return _told([_measured(name, said) for name in alone], facts, said)
    lacking = orthanc.missing()
    if lacking:
        print(f"{lacking}: apt install orthanc orthanc-dicomweb dcmtk", file=sys.stderr)
        return 1
    size = QUICK if said.quick else Size()
    size = replace(
        size, connections=said.connections, rounds=said.rounds if said.rounds else size.rounds
    )
    try:
        with _started(
            said.folder, size, said.kms, said.witnesses, orthanc_syncs=said.orthanc_syncs
        ) as started:
            quiet = Quiet.hurried() if said.quick else Quiet()
            context = replace(started, quiet=quiet)
            if said.profile:
                print(profiling.profiled(context, MEASURES[said.profile]))
                return 0
            facts = host.facts(context.folder, said.orthanc_syncs)
            lines = []
            for name in together:
                context.say(name)
                lines.append(MEASURES[name](context))
            facts += [_how(size), context.quiet.words]
            if said.witnesses:
                facts.append(f"{said.witnesses} witnesses on this machine cosign Segel's log")
        lines += [_measured(name, said) for name in alone]
    except BenchFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return _told(lines, [*facts, f"KMS: {said.kms}"], said)


def _measured(name: str, said: argparse.Namespace) -> Line:
    print(name, file=sys.stderr, flush=True)
    return ALONE[name](Alone(said.kms, said.quick, said.rounds or ALONE_ROUNDS))


def _told(lines: list[Line], facts: list[str], said: argparse.Namespace) -> int:
    if said.json:
        print(json.dumps({"facts": facts, "lines": [line.as_json() for line in lines]}, indent=1))
    else:
        table.shown(lines, facts)
    if said.write:
        said.write.write_text(table.markdown(lines, facts))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small counts: does it work at all")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.add_argument("--write", type=Path, metavar="FILE.md", help="also write Markdown")
    parser.add_argument(
        "--only", action="append", choices=[*MEASURES, *ALONE], metavar="NAME",
        help=f"one measure, may be repeated: {', '.join([*MEASURES, *ALONE])}",
    )  # fmt: skip
    parser.add_argument(
        "--profile", choices=list(MEASURES), metavar="NAME",
        help="say where Segel's time goes in a measure, instead of comparing (py-spy, root)",
    )  # fmt: skip
    parser.add_argument(
        "--kms", choices=kms.KINDS, default="file", help="the key-management service that Segel has"
    )
    parser.add_argument("--rounds", type=int, default=0, help="counted rounds of each measure")
    parser.add_argument(
        "--connections", type=int, default=1, help="connections side by side, for all parties"
    )
    parser.add_argument(
        "--witnesses", type=int, default=0, help="witnesses on this machine that cosign the log"
    )
    parser.add_argument("--folder", type=Path, help="where all parties write; else under $TMPDIR")
    parser.add_argument(
        "--orthanc-syncs", action="store_true", help="let Orthanc sync its files, its own default"
    )
    return parser.parse_args()


@contextlib.contextmanager
def _started(
    above: Path | None, size: Size, kms: str, witnesses: int, *, orthanc_syncs: bool
) -> Iterator[Context]:
    folder = Path(tempfile.mkdtemp(prefix="segel-bench-", dir=above))
    folder.chmod(0o755)  # Segel's processes are other users where root starts them
    say = partial(print, file=sys.stderr, flush=True)
    try:
        say("starting Segel, Orthanc and the raw sink")
        with (
            segel_up.running(folder / "segel", kms, witnesses) as segel,
            orthanc.running(folder / "orthanc", syncs=orthanc_syncs) as other,
            raw.running(folder / "raw") as sink,
        ):
            yield Context(
                segel, other, sink, folder, Scanner(folder.name), size, orthanc_syncs, say
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _how(size: Size) -> str:
    beside = "one after the other" if size.connections == 1 else f"{size.connections} at a time"
    return (
        f"{size.rounds} rounds of {size.instances} instances, the parties in turn; requests"
        f" {beside}, on kept connections; median, and below it the lowest and highest round"
    )


if __name__ == "__main__":
    sys.exit(main())
