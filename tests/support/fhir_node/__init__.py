"""Medplum's FHIR client for tests: a real peer that runs in Node."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[3]
FOLDER = REPOSITORY / ".segel-fhir"
SCRIPT = REPOSITORY / "tests" / "support" / "fhir_node" / "client.mjs"

Asked = Callable[..., Any]


class Refused(Exception):
    """The client threw. ``outcome``: the OperationOutcome that it was refused with."""

    def __init__(self, outcome: Any) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


@contextlib.contextmanager
def medplum_client(origin: str, token: str, purpose: str = "TREAT") -> Iterator[Asked]:
    """Calls a method of the client by its name; skips where it is not there."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "@medplum" / "core").is_dir():
        pytest.skip("Medplum's client is not installed: make fhir-client")
    with subprocess.Popen(
        [node, str(SCRIPT), str(FOLDER), origin, token, purpose],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"]},
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def ask(name: str, *given: Any) -> Any:
            print(json.dumps([name, *given]), file=stdin, flush=True)
            answer = json.loads(stdout.readline())
            if "refused" in answer:
                raise Refused(answer["refused"])
            return answer.get("returned")

        try:
            yield ask
        finally:
            process.kill()
