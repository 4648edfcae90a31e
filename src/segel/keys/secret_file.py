"""A credential in a file: a token, a PIN. Private to root or to us, and never in the home.

Root reads it while the process still is root, and what was read stays usable after that: the file
may belong to root alone. Where we may still read it, a changed file counts at once.
"""

import os
import stat
from pathlib import Path
from typing import Final

from segel.keys.errors import KmsMissing, PermissionsTooWide

BYTES_MAX: Final = 16 * 1024
"""A token is a few hundred bytes; whoever points at another file is told so early."""

_OTHERS: Final = 0o077


class SecretFile:
    """The file's content, stripped of white space around it."""

    def __init__(self, path: Path) -> None:
        """Raises KmsMissing, PermissionsTooWide."""
        self._path = path
        self._content = _content(path)

    def __repr__(self) -> str:
        return f"SecretFile({self._path})"

    def read(self) -> str:
        """As it stands now; where it cannot be read any more, as it was."""
        try:
            self._content = _content(self._path)
        except (KmsMissing, PermissionsTooWide):
            return self._content
        return self._content


def _content(path: Path) -> str:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as failure:
        raise KmsMissing(
            f"The KMS's credential cannot be read from {path}: {failure.strerror}.",
            remedy="Put it there, or correct the path in the settings.",
        ) from None
    with os.fdopen(file, "rb") as opened:
        found = os.fstat(file)
        # Root reads for the broker's user, whose file it may be.
        ours = os.geteuid() == 0 or found.st_uid in (0, os.geteuid())
        if not stat.S_ISREG(found.st_mode) or not ours:
            raise PermissionsTooWide(
                f"{path} is not a file of the user that runs Segel.",
                remedy=f"chown {os.geteuid()} {path}",
            )
        if found.st_mode & _OTHERS:
            raise PermissionsTooWide(
                f"Others than its owner can use {path}.",
                remedy=f"chmod 600 {path}; if others had access, make a new credential.",
            )
        text = opened.read(BYTES_MAX + 1)
    if not text.strip() or len(text) > BYTES_MAX:
        raise KmsMissing(f"{path} holds no credential.", remedy="Put the right file there.")
    return text.decode(errors="replace").strip()
