"""The folder of the file KMS: private, locked while it changes, and whole after any crash.

::

    <folder>/            0700
      root.key           0600   32 random bytes; written last, so that its presence means complete
      keks/              0700
        <kek id>.kek     0600   all versions of one KEK, sealed under the root key
      signers/           0700   there once a signer was made
        <id>.key         0600   the secret of one signer of cards, sealed under the root key

A file is replaced, never changed: written beside, synced, renamed, and the directory synced. A
reader meets the old or the new one; what a crash leaves behind is a ``.new`` file that nobody reads
and the next write of that name overwrites.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segel.keys.errors import KmsMissing, KmsUnavailable, PermissionsTooWide

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
_OTHERS = 0o077


def require_private(path: Path) -> os.stat_result:
    """Refuse what is absent, a link, not ours, or open to others; the message has the command."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        raise KmsMissing(
            f"There is no file KMS at {path}.", remedy="Create one, or correct the path."
        ) from None
    except OSError as failure:
        raise _unavailable(failure) from failure
    if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionsTooWide(
            f"{path} is a link or belongs to another user.",
            remedy="Replace it by the real one and chown it to the user that runs the broker.",
        )
    if found.st_mode & _OTHERS:
        mode = PRIVATE_FOLDER if stat.S_ISDIR(found.st_mode) else PRIVATE_FILE
        raise PermissionsTooWide(
            f"Others than its owner can use {path}.",
            remedy=f"chmod {mode:o} {path}; if others had access, rotate every KEK.",
        )
    return found


def make_private(path: Path) -> None:
    """Make the folder where it is absent, and refuse it where it is not private."""
    try:
        path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as failure:
        raise _unavailable(failure) from failure
    require_private(path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder against every other writer, of this process or another."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as failure:
        raise _unavailable(failure) from failure
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def write_durably(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content``: once this returns a power cut cannot undo it.

    Call it under ``locked``: the name of the new file is fixed.
    """
    beside = path.with_name(path.name + ".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        new = os.open(beside, flags, PRIVATE_FILE)
        with os.fdopen(new, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
        sync_folder(path.parent)
    except OSError as failure:
        raise _unavailable(failure) from failure


def remove_durably(path: Path) -> None:
    """Remove ``path`` where it is there. Call it under ``locked``."""
    try:
        if path.exists():
            path.unlink()
            sync_folder(path.parent)
    except OSError as failure:
        raise _unavailable(failure) from failure


def sync_folder(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def read(path: Path) -> bytes:
    """The file's content. Raises FileNotFoundError, and KmsUnavailable for any other failure."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as failure:
        raise _unavailable(failure) from failure


def _unavailable(failure: OSError) -> KmsUnavailable:
    return KmsUnavailable(
        f"The folder of the file KMS fails: {failure.strerror}.",
        remedy="See to the disk, its space and its permissions.",
    )
