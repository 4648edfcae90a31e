"""CertLogic's own evaluator for tests: the oracle beside ours, in Node."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[3]
FOLDER = REPOSITORY / ".segel-web"
SCRIPT = Path(__file__).parent / "evaluate.mjs"


def evaluated(cases: Iterable[tuple[Any, Any]]) -> list[dict[str, Any]]:
    """What it says of each expression and data; skips where it is not there."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "certlogic-js").is_dir():
        pytest.skip("CertLogic's evaluator is not installed: make web-peers")
    done = subprocess.run(
        [node, str(SCRIPT), str(FOLDER)],
        input="".join(f"{json.dumps(case)}\n" for case in cases),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]
