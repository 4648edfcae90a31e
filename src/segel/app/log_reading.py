"""A reader of the published log: where its files come from, and what others were shown of it."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from segel.broker.witnesses import WitnessAddress, WitnessListBroken
from segel.domain.errors import SegelError
from segel.tlog import (
    CHECKPOINT_PATH,
    Checkpoint,
    CosignVerifier,
    NoteVerifier,
    TlogError,
    open_note,
    split_note,
)
from segel.witness import origin_hash

TIMEOUT_S: Final = 20.0
FILE_BYTES_MAX: Final = 32 * 1024 * 1024
"""A bundle holds at most 256 entries of 64 KiB; anything longer is an attack on memory."""

BEHIND_S: Final = 15.0
"""How long what is published may be behind what witnesses cosigned, before it is held back."""

POLL_S: Final = 0.5

Read = Callable[[str], bytes]


class LogAway(SegelError):
    """The published log, or a checkpoint to compare it with, cannot be read."""

    code = "log-away"


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Whose cosignatures a reader accepts, and where some of them can be asked."""

    verifiers: tuple[CosignVerifier, ...] = ()
    urls: tuple[str, ...] = ()

    @classmethod
    def parse(cls, texts: Sequence[str]) -> "Witnesses":
        """Of ``VKEY`` or ``NAME URL VKEY`` each. Raises LogAway."""
        verifiers, urls = [], []
        for text in texts:
            try:
                if " " in text.strip():
                    address = WitnessAddress.parse(text)
                    urls.append(address.url)
                    verifiers.append(address.verifier)
                else:
                    verifiers.append(CosignVerifier.parse(text.strip()))
            except WitnessListBroken as broken:
                raise LogAway(broken.what, field="--witness", remedy=broken.remedy) from None
            except TlogError as malformed:
                raise LogAway(str(malformed), field="--witness") from None
        return cls(tuple(verifiers), tuple(urls))


@contextlib.contextmanager
def files_of(folder: Path | None, url: str) -> Iterator[Read]:
    """Reads the log's files from a folder, or over HTTP where a URL is given."""
    if not url:
        assert folder is not None
        yield lambda path: (folder / path).read_bytes()
        return
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=True) as web:
        yield lambda path: fetch(web, f"{url.rstrip('/')}/{path}")


def fetch(web: httpx.Client, url: str) -> bytes:
    """One file. Raises FileNotFoundError for 404, LogAway."""
    try:
        with web.stream("GET", url) as response:
            if response.status_code in (404, 410):
                raise FileNotFoundError(url)
            if response.status_code != 200:
                raise LogAway(f"The server answers with status {response.status_code}.")
            content = b""
            for part in response.iter_bytes():
                content += part
                if len(content) > FILE_BYTES_MAX:
                    raise LogAway("A file is longer than any of a log.")
    except (httpx.HTTPError, httpx.InvalidURL):
        raise LogAway(
            "The server does not answer.", remedy="Check the address; try again."
        ) from None
    return content


def shown_to_others(
    places: Sequence[str], verifier: NoteVerifier, witnesses: Witnesses
) -> list[Checkpoint]:
    """Checkpoints from files and URLs, each signed by the log's key. Raises LogAway, TlogError."""
    found = []
    for place in places:
        found.append(signed_checkpoint(_note_at(place), verifier, witnesses))
    return found


def shown_to_witnesses(verifier: NoteVerifier, witnesses: Witnesses) -> list[Checkpoint]:
    """What each witness that can be asked cosigned last; one that is away is passed over."""
    found = []
    for url in witnesses.urls:
        with contextlib.suppress(LogAway):
            note = _note_at(f"{url}/{origin_hash(verifier.name)}/checkpoint")
            found.append(signed_checkpoint(note, verifier, witnesses))
    return found


def signed_checkpoint(note: str, verifier: NoteVerifier, witnesses: Witnesses) -> Checkpoint:
    """The checkpoint of a note that the log signed. Raises TlogError."""
    open_note(note, [verifier])
    return Checkpoint.parse(open_note(note, [verifier, *witnesses.verifiers]).text)


def remembered(path: Path | None) -> Checkpoint | None:
    """The checkpoint of the last time, if there was one: a note, or its text alone."""
    if path is None or not path.exists():
        return None
    content = path.read_text()
    return Checkpoint.parse(split_note(content)[0] if "\n\n" in content else content)


def wait_until_published(read: Read, size: int) -> None:
    """Give a log that is being written the time to show what its witnesses cosigned."""
    deadline_s = time.monotonic() + BEHIND_S
    while time.monotonic() < deadline_s:
        with contextlib.suppress(TlogError, FileNotFoundError, UnicodeDecodeError):
            text, _ = split_note(read(CHECKPOINT_PATH).decode())
            if Checkpoint.parse(text).size >= size:
                return
        time.sleep(POLL_S)


def _note_at(place: str) -> str:
    try:
        if place.startswith(("http://", "https://")):
            with httpx.Client(timeout=TIMEOUT_S, follow_redirects=True) as web:
                return fetch(web, place).decode()
        return Path(place).read_text()
    except (OSError, UnicodeDecodeError):
        raise LogAway("A checkpoint to compare with cannot be read.", field="--against") from None
