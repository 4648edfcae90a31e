"""Continuous integration cannot pass by skipping what it is there for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[1]
SKIPPING = """
import pytest
def test_peer(): pytest.skip("dcmtk is not installed")
def test_vectors(): pytest.skip("the vectors are not beside this checkout")
"""


@pytest.mark.parametrize(("setting", "code", "said"), [("1", 1, "1 failed"), ("", 0, "2 skipped")])
def test_a_missing_peer_fails_only_where_it_is_required(
    tmp_path: Path, setting: str, code: int, said: str
) -> None:
    (tmp_path / "test_it.py").write_text(SKIPPING)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "require_peers",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "SEGEL_REQUIRE_PEERS": setting, "PYTHONPATH": str(PLUGINS)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout
    assert said in done.stdout
