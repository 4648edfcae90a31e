"""Importing: what is found, what is sent, and what is told of what was not stored."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from segel.app import importing as i

DICOM = b"\0" * 128 + b"DICM" + b"1.2.840.10008.5.1.4.1.1.2" + b"pixels"
DICOMDIR = b"\0" * 128 + b"DICM" + b"1.2.840.10008.1.3.10\0" + b"records"


class Door(BaseHTTPRequestHandler):
    """A STOW-RS door that refuses what contains b'refuse' and goes away at b'vanish'."""

    requests: list[tuple[str, int]] = []  # noqa: RUF012 - one door a test
    away = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        boundary = self.headers["Content-Type"].rsplit("boundary=", 1)[1].encode()
        parts = body.split(b"--" + boundary)[1:-1]
        type(self).requests.append((self.headers["Authorization"], len(parts)))
        if type(self).away:
            type(self).away -= 1
            self.answer(503, {"title": "away"})
            return
        if b"forbidden" in body:
            self.answer(401, {"detail": "Sign in anew."})
            return
        failed = [part for part in parts if b"refuse" in part]
        dataset: dict[str, Any] = {
            "00081199": {"vr": "SQ", "Value": [{}] * (len(parts) - len(failed))},
            "00081198": {
                "vr": "SQ",
                "Value": [{"00081197": {"vr": "US", "Value": [0x0111]}}] * len(failed),
            },
        }
        self.answer(202 if failed else 200, dataset)

    def answer(self, code: int, document: Any) -> None:
        data = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def door() -> Iterator[str]:
    Door.requests, Door.away = [], 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def send(door: str, *paths: Path) -> i.Outcome:
    return i.send(door, "token", list(i.find(paths)), lambda files, size: None)


def test_folders_and_zips_are_opened_and_the_rest_is_skipped(tmp_path: Path, door: str) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "1").write_bytes(DICOM)
    (tmp_path / "a" / "notes.txt").write_text("not DICOM")
    (tmp_path / "a" / "DICOMDIR").write_bytes(DICOMDIR)
    with zipfile.ZipFile(tmp_path / "a" / "more.zip", "w") as archive:
        archive.writestr("x/2.dcm", DICOM)
        archive.writestr("readme", "text")
    outcome = send(door, tmp_path / "a")
    assert (outcome.stored, outcome.skipped) == (2, 3)
    assert outcome.is_complete
    assert {token for token, _ in Door.requests} == {"Bearer token"}


def test_many_files_go_in_batches(tmp_path: Path, door: str) -> None:
    for number in range(i.BATCH_FILES_MAX * 2 + 1):
        (tmp_path / f"{number}.dcm").write_bytes(DICOM)
    outcome = send(door, tmp_path)
    assert outcome.stored == i.BATCH_FILES_MAX * 2 + 1
    assert sorted(count for _, count in Door.requests) == [1, i.BATCH_FILES_MAX, i.BATCH_FILES_MAX]


def test_refusals_are_counted_by_their_reason(tmp_path: Path, door: str) -> None:
    (tmp_path / "good").write_bytes(DICOM)
    (tmp_path / "bad").write_bytes(DICOM + b"refuse")
    outcome = send(door, tmp_path)
    assert outcome.stored == 1
    assert outcome.failed == {i.CONFLICT: 1}
    assert not outcome.is_complete


def test_a_door_that_is_away_for_a_moment_is_asked_again(door: str) -> None:
    Door.away = i.ATTEMPTS - 1
    assert i.post(door, "token", [DICOM]).stored == 1
    Door.away = i.ATTEMPTS
    with pytest.raises(i.ImportFailed, match="does not answer"):
        i.post(door, "token", [DICOM])


def test_a_refused_token_says_what_to_do(door: str) -> None:
    with pytest.raises(i.ImportFailed, match="Sign in anew"):
        i.post(door, "token", [DICOM + b"forbidden"])


def test_nobody_there_is_one_clear_line() -> None:
    with pytest.raises(i.ImportFailed, match="segel status"):
        i.post("http://127.0.0.1:9", "token", [DICOM])


def test_a_broken_zip_is_told(tmp_path: Path, door: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("1.dcm", DICOM)
    data = bytearray(buffer.getvalue())
    data[60] ^= 1  # in the member's content: its CRC no longer holds
    (tmp_path / "b.zip").write_bytes(data)
    assert send(door, tmp_path).failed == {"cannot be read": 1}


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (0xA700, "out of resources"),
        (0xA7FF, "out of resources"),
        (0xC123, "cannot be understood"),
        (0x0124, "not authorised"),
        (0x4242, "refused (0x4242)"),
    ],
)
def test_failure_reasons_have_words(reason: int, words: str) -> None:
    assert i._words(reason) == words
