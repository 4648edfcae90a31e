"""The bench, as ``make bench`` runs it, at a size that says only whether it works."""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MEASURES = ("stow-10", "cstore-nodelay", "study", "study-first", "frame", "frame-multi",
            "metadata", "release-4")  # fmt: skip
SOLITARY = ("release-4",)
"""Measures that Orthanc has nothing like."""


class Told(NamedTuple):
    """What one run of the bench left."""

    document: dict[str, Any]
    markdown: str
    left_behind: list[Path]


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    for program, package in (("Orthanc", "orthanc"), ("dcmsend", "dcmtk")):
        if shutil.which(program) is None:
            pytest.skip(f"{package} is not installed")
    if not Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so").exists():
        pytest.skip("orthanc-dicomweb is not installed")
    folder = Path(tempfile.mkdtemp(prefix="segel-bench-test-"))
    folder.chmod(0o755)
    work, table = folder / "work", folder / "table.md"
    work.mkdir()
    chosen = [f"--only={name}" for name in MEASURES]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench", "--quick", "--json", f"--write={table}",
             f"--folder={work}", *chosen],
            capture_output=True, text=True, timeout=300, check=False, cwd=REPOSITORY,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        yield Told(json.loads(done.stdout), table.read_text(), list(work.iterdir()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_every_measure_has_a_figure_of_every_party(told: Told) -> None:
    lines = told.document["lines"]
    assert [line["name"] for line in lines] == list(MEASURES)
    for line in lines:
        parties = {"Segel"} if line["name"] in SOLITARY else {"Segel", "Orthanc"}
        assert parties <= set(line["rounds"]), line["name"]
        assert all(figure > 0 for some in line["rounds"].values() for figure in some)


def test_a_ratio_is_the_median_of_the_rounds_ratios(told: Told) -> None:
    for line in told.document["lines"]:
        for party, ratio in line["ratios"].items():
            pairs = zip(line["rounds"]["Segel"], line["rounds"][party], strict=True)
            assert ratio == pytest.approx(statistics.median(a / b for a, b in pairs))


def test_a_target_is_met_or_missed_by_what_was_reached(told: Told) -> None:
    targets = {line["name"]: line["targets"] for line in told.document["lines"]}
    assert [one["wanted"] for one in targets["stow-10"]] == ["≥ 1.5 × Orthanc", "≥ 0.5 × raw limit"]
    assert [one["wanted"] for one in targets["frame"]] == ["≥ 3 × Orthanc"]
    assert [one["wanted"] for one in targets["release-4"]] == ["≤ 25 ms"]
    for one in [one for some in targets.values() for one in some]:
        bound = float(one["wanted"].split()[1])
        at_most = one["wanted"].startswith("≤")
        assert one["met"] == (one["reached"] <= bound if at_most else one["reached"] >= bound)


def test_the_table_says_what_it_was_taken_on_and_has_a_row_for_each_measure(told: Told) -> None:
    for fact in ("cores", "synced in", "Python", "Orthanc", "dcmtk"):
        assert any(fact in said for said in told.document["facts"])
    for line in told.document["lines"]:
        assert f"| {line['title']}<br>" in told.markdown


def test_nothing_is_left_behind(told: Told) -> None:
    assert told.left_behind == []
