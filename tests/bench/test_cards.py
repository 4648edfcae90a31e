"""The measure of cards, at a size that says only whether it works; nothing else is started."""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_cards_are_judged_beside_the_bare_verification() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--rounds=2", "--only=cards", "--json"],
        capture_output=True, text=True, timeout=120, check=False, cwd=REPOSITORY,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (line,) = json.loads(done.stdout)["lines"]
    assert set(line["rounds"]) == {"Segel", "raw limit"}
    assert all(figure > 0 for some in line["rounds"].values() for figure in some)
    assert [one["wanted"] for one in line["targets"]] == ["≥ 5,000 a second"]
