"""How good the tests are: mutants of sealing, tokens, budgets and log, and how many they kill.

``make mutants``, or ``python tests/mutants.py AREA...``: each area's files are changed in one
place at a time (mutmut) in a copy of the checkout, and its tests must fail. Takes an hour or two;
``AREA:MODULE,MODULE`` changes these of its modules only, after tests were added for them.
What survives stands in docs/security/mutants.md with the reason why it may.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from conftest import SHARED_CLUSTER, new_cluster

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "src/segel"
KILLED_MIN = 0.85


@dataclass(frozen=True)
class Area:
    """Files whose every function is mutated, and the tests that must notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]
    grace_s: float = 5.0
    """Added to what the tests take, before a mutant that may never end is given up."""


AREAS = {
    "sealing": Area(
        ("sealing/*",),
        ("tests/sealing",),
    ),
    "tokens": Area(
        ("sealing/tokens.py", "broker/index.py"),
        (
            "tests/sealing/test_derivation.py",
            "tests/sealing/test_limits.py",
            "tests/broker/test_index.py",
        ),
    ),
    "budgets": Area(
        ("broker/budgets.py", "broker/tallies.py"),
        ("tests/broker/test_budgets.py", "tests/broker/test_tallies.py"),
    ),
    "log": Area(
        ("tlog/*",),
        ("tests/tlog", "tests/witness/test_protocol.py"),
    ),
    "ledger": Area(
        (
            "broker/ledger.py",
            "broker/budget_store.py",
            "broker/shared_budgets.py",
            "broker/log_tree.py",
        ),
        (
            "tests/broker/test_ledger.py",
            "tests/broker/test_log_tree.py",
            "tests/broker/test_shared_budgets.py",
            "tests/broker/test_releases.py",
        ),
        grace_s=20.0,
    ),
}

SETTINGS = """
[tool.mutmut]
source_paths = ["src"]
also_copy = ["docs", "bench"]
only_mutate = {files}
pytest_add_cli_args_test_selection = {tests}
timeout_constant = {grace_s}
timeout_multiplier = 5
"""

DEAD = ("killed", "timeout")
"""A mutant that never ends is noticed as well."""


def main() -> int:
    """0: enough are killed in every area; 1: not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA[:MODULE,...]", help=", ".join(AREAS))
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    said = parser.parse_args()
    areas = {name: chosen(name) for name in said.areas or AREAS}
    if unknown := [name for name, area in areas.items() if not area.files]:
        parser.error(f"no such area or module: {', '.join(unknown)}; areas: {', '.join(AREAS)}")
    enough = True
    for name, area in areas.items():
        with (
            tempfile.TemporaryDirectory(prefix="segel-mutants-") as above,
            new_cluster() as database,  # one for all: a mutant's tests would start their own
        ):
            os.environ[SHARED_CLUSTER] = json.dumps(database)
            killed, every, survivors = run(area, Path(above) / "segel", said.jobs)
        print(f"{name}: {killed} of {every} killed, {killed / every:.1%}")
        for each in survivors:
            print(f"  {each}")
        enough = enough and killed / every >= KILLED_MIN
    return 0 if enough else 1


def chosen(name: str) -> Area:
    """The area of this name, of its files those of the modules after a colon; none if unknown."""
    area_name, _, modules = name.partition(":")
    area = AREAS.get(area_name, Area((), ()))
    if not modules:
        return area
    files = [file for pattern in area.files for file in SOURCE.glob(pattern)]
    kept = [str(file.relative_to(SOURCE)) for file in files if file.stem in modules.split(",")]
    return replace(area, files=tuple(sorted(kept)))


def run(area: Area, copy: Path, jobs: int) -> tuple[int, int, list[str]]:
    """Mutate an area in ``copy``: how many were killed, of how many, and those that were not."""
    checkout(copy)
    files = [f"src/segel/{each}" for each in area.files]
    settings = SETTINGS.format(
        files=json.dumps(files), tests=json.dumps(area.tests), grace_s=area.grace_s
    )
    with (copy / "pyproject.toml").open("a") as file:
        file.write(settings)
    mutmut = Path(sys.executable).parent / "mutmut"
    subprocess.run(
        [mutmut, "run", "--max-children", str(jobs)],
        cwd=copy,
        check=True,
        stdout=sys.stderr,
    )
    results = subprocess.run(
        [mutmut, "results", "--all", "true"], cwd=copy, check=True, capture_output=True, text=True
    ).stdout
    told = dict(line.strip().split(": ") for line in results.splitlines() if ": " in line)
    # Nothing to be killed: mutmut marks so what its own type checks or pragmas leave out.
    told = {name: state for name, state in told.items() if state != "skipped"}
    alive = sorted(name for name, state in told.items() if state not in DEAD)
    survivors = [f"{name} ({told[name]})\n{difference(mutmut, name, copy)}" for name in alive]
    return len(told) - len(alive), len(told), survivors


def difference(mutmut: Path, name: str, copy: Path) -> str:
    """The changed lines of a mutant."""
    shown = subprocess.run(
        [mutmut, "show", name], cwd=copy, capture_output=True, text=True, check=False
    ).stdout
    lines = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in "+++---"]
    return "\n".join(f"      {line}" for line in lines)


def checkout(copy: Path) -> None:
    """The project's files as they are now, in a folder of their own."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, tracked.split("\0")):
        if (REPOSITORY / name).is_file():
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, target)
    shared = REPOSITORY.parent / "shared"
    if shared.is_dir():
        (copy / "shared").symlink_to(shared)


if __name__ == "__main__":
    sys.exit(main())
