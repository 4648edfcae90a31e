"""OHIF's built files in memory of where they are: which there are, of what kind, how to send them.

Only what was found at the start is ever served, so that no path can lead elsewhere.
"""

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from segel.console.errors import ConsoleError

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""The largest of 3.13 is 17 MB."""

COMPRESSED_FILES_MAX: Final = 256
"""A built OHIF has about 220 files; compressed they take some 20 MB."""

_NOT_SERVED: Final = frozenset({".map", ".ts"})
_REPLACED: Final = frozenset({"app-config.js"})
"""Ours is served in its place."""

_HASHED_NAME: Final = re.compile(r"[0-9a-f]{16}")
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
                 ".wasm": "application/wasm", ".css": "text/css; charset=utf-8"}  # fmt: skip
_INLINE_SCRIPT: Final = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


class ViewerMissing(ConsoleError):
    """There is no built OHIF in the folder."""

    code = "viewer-missing"


@dataclass(frozen=True, slots=True)
class ViewerFile:
    """One file. ``forever``: its name holds a digest of its content."""

    path: Path
    media_type: str
    forever: bool


@dataclass(frozen=True, slots=True)
class ViewerFiles:
    """A built OHIF. ``script_hashes``: CSP sources of the scripts inside its index page."""

    index: bytes
    script_hashes: tuple[str, ...]
    by_name: dict[str, ViewerFile]


def find_viewer(folder: Path) -> ViewerFiles:
    """Look through OHIF's ``dist``. Raises ViewerMissing where it is not one."""
    try:
        index = (folder / "index.html").read_bytes()
    except OSError:
        raise ViewerMissing(
            "There is no OHIF in the viewer's folder.", remedy="Run `make viewer`, or do without."
        ) from None
    by_name = {
        path.relative_to(folder).as_posix(): ViewerFile(
            path,
            _TYPES.get(path.suffix) or guess_type(path.name)[0] or "application/octet-stream",
            bool(_HASHED_NAME.search(path.name)),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.suffix not in _NOT_SERVED
        and path.name not in _REPLACED
        and path.stat().st_size <= FILE_BYTES_MAX
    }
    hashes = tuple(_source(script) for script in _INLINE_SCRIPT.findall(index) if script)
    return ViewerFiles(index, hashes, by_name)


@lru_cache(maxsize=COMPRESSED_FILES_MAX)
def compressed(path: Path) -> bytes:
    """A file's bytes as gzip; made once, in some tenths of a second for the largest."""
    return gzip.compress(path.read_bytes(), compresslevel=5, mtime=0)


def _source(script: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
