"""Medplum's FHIR validator for tests: a real peer that runs in Node."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[3]
FOLDER = REPOSITORY / ".segel-medplum"
SCRIPT = REPOSITORY / "tests" / "support" / "medplum" / "validate.mjs"

Verdict = dict[str, Any]


@contextlib.contextmanager
def medplum() -> Iterator[tuple[Callable[[bytes], None], Callable[[], list[Verdict]]]]:
    """Give it resources, then take all of its verdicts; skips where it is not there.

    Its answers go to a file, so that neither waits for the other to read.
    """
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "@medplum" / "core").is_dir():
        pytest.skip("Medplum is not installed: make medplum")
    with (
        tempfile.TemporaryFile("w+") as answers,
        subprocess.Popen(
            [node, str(SCRIPT), str(FOLDER)],
            stdin=subprocess.PIPE,
            stdout=answers,
            env={"PATH": os.environ["PATH"]},
        ) as process,
    ):
        assert process.stdin is not None
        stdin = process.stdin

        def ask(resource: bytes) -> None:
            stdin.write(resource + b"\n")

        def verdicts() -> list[Verdict]:
            stdin.close()
            assert process.wait(timeout=300) == 0
            answers.seek(0)
            return [json.loads(line) for line in answers]

        try:
            yield ask, verdicts
        finally:
            process.kill()
