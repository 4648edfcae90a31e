"""Sends files, folders and zip archives to a running Segel through its own STOW-RS door.

What is stored already is acknowledged again at no cost but the transfer, so an import that was
broken off is simply started again; no journal of names or UIDs is kept anywhere.
"""

import http.client
import json
import os
import secrets
import urllib.parse
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from segel.domain.errors import SegelError

BATCH_FILES_MAX: Final = 64
BATCH_BYTES_MAX: Final = 16 * 1024 * 1024
"""Enough to keep the server's group commit busy, little enough to send again after a failure."""
CONNECTIONS: Final = 3
TIMEOUT_S: Final = 120
ATTEMPTS: Final = 3
ZIP_MEMBER_BYTES_MAX: Final = 4 * 1024**3
PREAMBLE_BYTES: Final = 128
DIRECTORY_STORAGE: Final = b"1.2.840.10008.1.3.10"
FAILED_SEQUENCE: Final = "00081198"
REFERENCED_SEQUENCE: Final = "00081199"
OTHER_FAILURES_SEQUENCE: Final = "0008119A"
FAILURE_REASON: Final = "00081197"

CONFLICT: Final = "other content under the same SOP instance UID: kept aside"

REASONS: Final = {
    0x0110: "could not be processed",
    0x0111: CONFLICT,
    0x0122: "SOP class not supported",
    0x0124: "not authorised",
    0xA700: "out of resources",
    0xA900: "data set does not match the SOP class",
    0xC000: "cannot be understood",
}
"""PS3.18 table 10.5.3-2 and PS3.4 table B.2-1, in words."""


class ImportFailed(SegelError):
    """The door did not take a batch at all."""

    code = "import-failed"


@dataclass(slots=True)
class Outcome:
    """What became of the files; ``failed`` counts by reason."""

    stored: int = 0
    skipped: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def is_complete(self) -> bool:
        """Whether every DICOM file that was found is stored."""
        return not self.failed


@dataclass(frozen=True, slots=True)
class Found:
    """A file to look at: on disk, or a member of a zip."""

    path: Path
    size_bytes: int
    member: str = ""

    def read(self) -> bytes:
        """The whole file."""
        if not self.member:
            return self.path.read_bytes()
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(self.member)


def find(paths: Iterable[Path]) -> Iterator[Found]:
    """Every regular file below ``paths``, zip archives opened; in a stable order."""
    for path in paths:
        if path.is_dir():
            for folder, subfolders, names in os.walk(path):
                subfolders.sort()
                for name in sorted(names):
                    yield from _of_file(Path(folder) / name)
        else:
            yield from _of_file(path)


def send(
    url: str, token: str, found: Iterable[Found], progressed: Callable[[int, int], None]
) -> Outcome:
    """Send ``found`` to the Segel at ``url``; ``progressed`` gets files and bytes done.

    Raises ImportFailed where the door is away or refuses the token.
    """
    outcome = Outcome()

    def take(finished: Future[tuple[int, int, Outcome]]) -> None:
        files, size_bytes, part = finished.result()
        outcome.stored += part.stored
        outcome.skipped += part.skipped
        outcome.failed.update(part.failed)
        progressed(files, size_bytes)

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        under_way: set[Future[tuple[int, int, Outcome]]] = set()
        for batch in _batches(found):
            if len(under_way) >= CONNECTIONS:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for finished in done:
                    take(finished)
            under_way.add(threads.submit(_send_batch, url, token, batch))
        for finished in under_way:
            take(finished)
    return outcome


def post(url: str, token: str, files: list[bytes]) -> Outcome:
    """One STOW-RS request (PS3.18 § 10.5). Raises ImportFailed."""
    boundary = secrets.token_hex(16)
    parts: list[bytes] = []
    for data in files:
        parts.append(f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode())
        parts.append(data)
        parts.append(b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    place = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/dicom+json",
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
        "Content-Length": str(sum(map(len, parts))),
    }
    last = ""
    for _ in range(ATTEMPTS):
        connection = kind(place.netloc, timeout=TIMEOUT_S)
        try:
            connection.request("POST", f"{place.path}/dicomweb/studies", iter(parts), headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            last = type(error).__name__
            continue
        finally:
            connection.close()
        if answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE:
            last = "503"
            continue
        return _outcome(answer.status, body, len(files))
    raise ImportFailed(
        f"The Segel at {place.netloc} does not answer ({last}).", remedy="See `segel status`."
    )


def is_dicom(data: bytes) -> bool:
    """Whether ``data`` is a DICOM file with an image or document (PS3.10 § 7.1), no DICOMDIR."""
    head = data[: PREAMBLE_BYTES + 512]
    return head[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == b"DICM" and DIRECTORY_STORAGE not in head


def _send_batch(url: str, token: str, batch: list[Found]) -> tuple[int, int, Outcome]:
    outcome = Outcome()
    files: list[bytes] = []
    for found in batch:
        try:
            data = found.read()
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
            outcome.failed["cannot be read"] += 1
            continue
        if is_dicom(data):
            files.append(data)
        else:
            outcome.skipped += 1
    if files:
        answer = post(url, token, files)
        outcome.stored += answer.stored
        outcome.failed.update(answer.failed)
    return len(batch), sum(found.size_bytes for found in batch), outcome


def _outcome(status: int, body: bytes, sent: int) -> Outcome:
    try:
        dataset: Any = json.loads(body)
    except ValueError:
        dataset = None
    sequences = {FAILED_SEQUENCE, OTHER_FAILURES_SEQUENCE, REFERENCED_SEQUENCE}
    known = isinstance(dataset, dict) and sequences & dataset.keys()
    if not known:
        remedy = dataset.get("detail", "") if isinstance(dataset, dict) else ""
        raise ImportFailed(f"The door answered {status}.", remedy=str(remedy)[:300])
    outcome = Outcome(stored=len(_items(dataset, REFERENCED_SEQUENCE)))
    for item in _items(dataset, FAILED_SEQUENCE) + _items(dataset, OTHER_FAILURES_SEQUENCE):
        values = item.get(FAILURE_REASON, {}).get("Value") or [0x0110]
        outcome.failed[_words(int(values[0]))] += 1
    missing = sent - outcome.stored - sum(outcome.failed.values())
    if missing > 0:
        outcome.failed["not answered for"] += missing
    return outcome


def _items(dataset: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    return dataset.get(tag, {}).get("Value") or []


def _words(reason: int) -> str:
    general = reason & 0xF000 if reason >= 0xC000 else reason & 0xFF00
    return REASONS.get(reason) or REASONS.get(general) or f"refused (0x{reason:04X})"


def _of_file(path: Path) -> Iterator[Found]:
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not member.is_dir() and member.file_size <= ZIP_MEMBER_BYTES_MAX:
                    yield Found(path, member.file_size, member.filename)
    elif path.is_file():
        yield Found(path, path.stat().st_size)


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    size_bytes = 0
    for one in found:
        if batch and (
            len(batch) >= BATCH_FILES_MAX or size_bytes + one.size_bytes > BATCH_BYTES_MAX
        ):
            yield batch
            batch, size_bytes = [], 0
        batch.append(one)
        size_bytes += one.size_bytes
    if batch:
        yield batch
