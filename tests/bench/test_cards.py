"""The measures of cards, at a size that says only whether it works; nothing else is started."""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_cards_and_snapshots_are_measured_beside_the_raw_limit() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--rounds=2", "--only=cards", "--only=snapshot",
         "--json"],
        capture_output=True, text=True, timeout=120, check=False, cwd=REPOSITORY,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout)["lines"]
    assert [line["name"] for line in lines] == ["cards", "snapshot"]
    for line in lines:
        assert set(line["rounds"]) == {"Segel", "raw limit"}
        assert all(figure > 0 for some in line["rounds"].values() for figure in some)
    wanted = [[one["wanted"] for one in line["targets"]] for line in lines]
    assert wanted == [["≥ 5,000 a second"], ["≥ 16,667 a second"]]
