"""The guide to FHIR, run: each command as it is written there, with the output it promises."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.running import REPOSITORY, Running

GUIDE = REPOSITORY / "docs" / "guide" / "fhir.md"
WRITTEN = "localhost:8080"
"""Where the demo is, in the guide."""

_BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_END = "--- end of a command ---"


def commands() -> list[tuple[str, str]]:
    """Each command, and what it prints; ``…`` stands for anything."""
    return [(found[1], found[2] or "") for found in _BLOCK.finditer(GUIDE.read_text())]


def test_the_guides_commands_do_what_it_says(running: Running, tmp_path: Path) -> None:
    for program in ("curl", "jq", "bash"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    address = f"localhost:{running.http.rsplit(':', 1)[1]}"
    script = "".join(f"{command}echo '{_END}'\n" for command, _ in commands())
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail"],
        input=script.replace(WRITTEN, address),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SEGEL_HOME": str(running.home),
        },
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    *printed, _ = ran.stdout.replace("\r", "").replace(address, WRITTEN).split(f"{_END}\n")
    for (command, promised), found in zip(commands(), printed, strict=True):
        pattern = ".*?".join(re.escape(part) for part in promised.strip().split("…"))
        assert re.fullmatch(pattern, found.strip(), re.DOTALL), f"{command}\n{found}"
