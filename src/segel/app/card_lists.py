"""The lists of a verifier in a folder: read, written, fetched, and never gone back with.

FOLDER/trust.jws, rules.jws, revoked.jws   the signed lists, as they are published
FOLDER/seen.json                           the largest serial of each that was ever used here
"""

import json
import os
import tempfile
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from segel.cards import ListRefused, ListType, Reason
from segel.cards.links import LOOPBACK
from segel.cards.lists import Lists, read_lists
from segel.cards.signed_lists import SERIAL_MAX
from segel.domain.errors import SegelError

if TYPE_CHECKING:
    import httpx

SEEN: Final = "seen.json"
SEEN_BYTES_MAX: Final = 4096
TIMEOUT_S: Final = 30.0


class ListsFolderBroken(SegelError):
    """A folder of lists cannot be read or written."""

    code = "lists-folder-broken"


class ListsAway(SegelError):
    """Lists cannot be fetched."""

    code = "lists-away"


def use_folder(folder: Path, pins: Collection[str], at: datetime) -> Lists:
    """The lists in a folder, to judge by at ``at``; remembers their serials. Raises ListRefused,
    ListsFolderBroken."""
    lists = read_lists(files_in(folder), pins, at, serials_seen(folder))
    _remember(folder, lists)
    return lists


def files_in(folder: Path) -> dict[ListType, bytes]:
    """The files of a folder, none longer than is looked at. Raises ListsFolderBroken."""
    found = {}
    for kind in ListType:
        try:
            with (folder / kind.file).open("rb") as file:
                found[kind] = file.read(kind.bytes_max + 1)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ListsFolderBroken(
                f"A list cannot be read: {error.strerror}.",
                field=kind.file,
                remedy="Check the folder and its rights.",
            ) from None
    return found


def serials_seen(folder: Path) -> dict[ListType, int]:
    """The largest serials that were used here. Raises ListsFolderBroken: what was seen is what
    keeps older lists out, so that it is not passed over."""
    try:
        with (folder / SEEN).open("rb") as file:
            said = json.loads(file.read(SEEN_BYTES_MAX))
        found = {ListType(name): serial for name, serial in said.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, RecursionError):
        found = None
    if found is None or not all(
        type(serial) is int and 0 < serial <= SERIAL_MAX for serial in found.values()
    ):
        raise ListsFolderBroken(
            "What serials were seen here cannot be read.",
            field=SEEN,
            remedy="Fetch the lists into a new folder.",
        )
    return found


def _remember(folder: Path, lists: Lists) -> None:
    """Keeps the serials in mind. Where the folder cannot be written to, whoever can answers for
    what is in it."""
    seen = serials_seen(folder)
    now = {kind: edition.serial for kind, edition in lists.editions.items()}
    if all(seen.get(kind, 0) >= serial for kind, serial in now.items()):
        return
    largest = {kind: max(seen.get(kind, 0), now.get(kind, 0)) for kind in {**seen, **now}}
    try:
        _replace(folder / SEEN, json.dumps(largest).encode())
    except OSError:
        return


def write_folder(folder: Path, made: Mapping[ListType, bytes]) -> None:
    """Puts lists into a folder, each at once or not. Raises ListsFolderBroken."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, data in made.items():
            _replace(folder / kind.file, data)
    except OSError as error:
        raise ListsFolderBroken(
            f"The lists cannot be written: {error.strerror}.",
            remedy="Check the folder and its rights.",
        ) from None


def _replace(path: Path, data: bytes) -> None:
    descriptor, staged = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), 0o644)  # published as they are; nothing in them is secret
            file.flush()
            os.fsync(file.fileno())
        Path(staged).replace(path)
    except BaseException:
        Path(staged).unlink(missing_ok=True)
        raise


def fetch_lists(address: str) -> dict[ListType, bytes]:
    """The lists that are published at an address (…/cards). Nothing is believed yet. Raises
    ListsAway, and ListRefused for what is too large."""
    import httpx

    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ListsAway(
            "Lists are fetched over https.", remedy="Give the address as https://HOST/cards."
        )
    found = {}
    try:
        with httpx.Client(timeout=TIMEOUT_S) as web:
            for kind in ListType:
                data = _fetch(web, f"{address.rstrip('/')}/{kind.file}", kind)
                if data is not None:
                    found[kind] = data
    except (httpx.HTTPError, httpx.InvalidURL):
        raise ListsAway(
            "The server does not answer.", remedy="Check the address; try again."
        ) from None
    return found


def _fetch(web: "httpx.Client", url: str, kind: ListType) -> bytes | None:
    with web.stream("GET", url) as response:
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise ListsAway(f"The server answers with status {response.status_code}.")
        data = b""
        for part in response.iter_bytes():
            data += part
            if len(data) > kind.bytes_max:
                raise ListRefused(Reason.LISTS_TOO_LARGE, file=kind.file)
    return data
