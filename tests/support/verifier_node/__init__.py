"""The verifier's scripts in Node, beside the judgements of Python."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from segel.cards import ListType, verifier

REPOSITORY = Path(__file__).parents[3]
PACKAGES = REPOSITORY / ".segel-web" / "node_modules"
HERE = Path(__file__).parent


class Case(NamedTuple):
    """A card's texts, the contents of lists, and the time (aware) to judge it at."""

    texts: Sequence[str]
    trust: dict[str, Any]
    at: datetime
    revoked: dict[str, Any] | None = None
    rules: dict[str, Any] | None = None
    set: str = ""


class ListCase(NamedTuple):
    """A signed list, and how it is read."""

    data: bytes
    kind: ListType
    pins: Sequence[str]
    at: datetime
    serial_min: int = 0


class PassCase(NamedTuple):
    """What a gate scanned."""

    text: str
    trust: dict[str, Any]
    at: datetime
    nonce: bytes | None = None
    revoked: dict[str, Any] | None = None
    paper: bool = False


def packages() -> Path:
    """Where the npm packages are; skips the test where they are not."""
    if not (PACKAGES / "zxing-wasm").is_dir():
        pytest.skip("the verifier's npm packages: make web-peers is not there")
    return PACKAGES


def assembled(folder: Path) -> Path:
    """The verifier's files in a folder that Node reads as modules."""
    for name, content in verifier.files(packages()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def run(script: str, folder: Path, given: object) -> Any:
    """What a script of this folder says; skips the test where there is no Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    done = subprocess.run(
        [node, str(HERE / script), str(folder)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def judged(folder: Path, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """The scripts' judgement of each case: reason, also, remarks, holder, fitness."""
    said = [{**case._asdict(), "at": case.at.timestamp()} for case in cases]
    found: list[dict[str, Any]] = run("judge.mjs", folder, {"cases": said})["judgements"]
    return found


def list_reasons(folder: Path, cases: Sequence[ListCase]) -> list[str]:
    """Why the scripts refuse each list; ``valid`` where they do not."""
    said = [
        {
            "text": data.decode("latin-1"),
            "kind": kind.file.removesuffix(".jws"),
            "pins": list(pins),
            "at": at.timestamp(),
            "serial": serial_min,
        }
        for data, kind, pins, at, serial_min in cases
    ]
    found: list[str] = run("judge.mjs", folder, {"lists": said})["reasons"]
    return found


def pass_reasons(folder: Path, cases: Sequence[PassCase]) -> list[list[str]]:
    """The scripts' reason and remarks for each pass."""
    said = [
        {**case._asdict(), "at": case.at.timestamp(), "nonce": case.nonce and case.nonce.hex()}
        for case in cases
    ]
    found: list[list[str]] = run("judge.mjs", folder, {"passes": said})["passes"]
    return found


def signers(*certificates: tuple[bytes, bytes]) -> dict[str, Any]:
    """The content of a trust list with those signers: key id and certificate (DER) of each."""
    return {
        "signers": [
            {
                "kid": base64.b64encode(key_id).decode(),
                "certificate": base64.b64encode(certificate).decode(),
                "country": "",
            }
            for key_id, certificate in certificates
        ],
        "issuers": [],
    }
