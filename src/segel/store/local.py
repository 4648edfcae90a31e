"""Objects in a local directory: written beside, synced, renamed, and the directory synced.

Modification times are set to the start of the month: when something arrived is nobody's business.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from segel.sealing import Buffer
from segel.store.objects import ObjectMissing, StoreFull, StoreUnavailable, require_key

WRITEV_PARTS_MAX: Final = 512
"""Below IOV_MAX (1024) of Linux."""

BLOCK_BYTES: Final = 4096
"""What direct writes have to be a multiple of, on every file system in use."""

INLINE_BYTES_MAX: Final = 1024 * 1024
"""A shorter range that lies in the page cache is read in place: a thread's hop takes longer."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_STAGED: Final = ".staged-"


class LocalDirectory:
    """An object store in the folder ``root``; made at the first write."""

    def __init__(self, root: Path, *, shared: bool = False) -> None:
        """``shared``: the group may read what is written, whatever this process' umask."""
        self._root = root
        self._shared = shared

    async def put(self, key: str, parts: Sequence[Buffer]) -> None:
        """Write, sync, rename, sync the folder. Raises StoreFull, StoreUnavailable."""
        await asyncio.to_thread(self.put_now, key, parts)

    async def put_made(self, key: str, make: Callable[[], Buffer]) -> None:
        """As ``put``, of what ``make`` returns; it is called once, in the thread that writes."""
        await asyncio.to_thread(lambda: self.put_now(key, [make()]))

    def put_now(self, key: str, parts: Sequence[Buffer]) -> None:
        """The same, for a thread that may block."""
        path = self._root / require_key(key)
        staged = path.with_name(f"{_STAGED}{secrets.token_hex(8)}")
        try:
            _make_folders([path.parent], shared=self._shared)
            try:
                _write(staged, parts, shared=self._shared)
                staged.rename(path)
                _sync_folder(path.parent)
            finally:
                staged.unlink(missing_ok=True)
        except OSError as failure:
            raise _translated(failure) from None

    async def get(self, key: str) -> bytes:
        """The whole object. Raises ObjectMissing."""
        path = self._root / require_key(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except OSError as failure:
            raise _translated(failure) from None

    async def get_range(self, key: str, start: int, length: int) -> Buffer:
        """A part of the object. Raises ObjectMissing."""
        path = self._root / require_key(key)
        try:
            if length <= INLINE_BYTES_MAX and (cached := _read_cached(path, start, length)):
                return cached
            return await asyncio.to_thread(_read_range, path, start, length)
        except OSError as failure:
            raise _translated(failure) from None

    async def delete(self, key: str) -> None:
        """Remove the object."""
        try:
            (self._root / require_key(key)).unlink(missing_ok=True)
        except OSError as failure:
            raise _translated(failure) from None

    async def keys(self, prefix: str) -> list[str]:
        """The keys below ``prefix``; staged leftovers of a crash are not objects."""
        return await asyncio.to_thread(self._keys, require_key(prefix.rstrip("/")))

    def _keys(self, prefix: str) -> list[str]:
        return sorted(
            str(path.relative_to(self._root))
            for path in (self._root / prefix).rglob("*")
            if path.is_file() and not path.name.startswith(_STAGED)
        )

    def sweep(self, prefix: str, older_than_s: float) -> int:
        """Remove what crashes left half written below ``prefix``; how many files. May block."""
        swept = 0
        for path in (self._root / require_key(prefix)).rglob(f"{_STAGED}*"):
            with contextlib.suppress(FileNotFoundError):  # whoever was writing it has just finished
                if time.time() - path.stat().st_ctime > older_than_s:
                    path.unlink()
                    swept += 1
        return swept

    def make_folders(self, names: Iterable[str]) -> None:
        """Make folders that objects will be in; at the first object of each it would cost a sync.

        May block. Raises StoreFull, StoreUnavailable.
        """
        try:
            _make_folders((self._root / require_key(name) for name in names), shared=self._shared)
        except OSError as failure:
            raise _translated(failure) from None


def _make_folders(folders: Iterable[Path], *, shared: bool) -> None:
    missing: set[Path] = set()
    for folder in folders:
        while folder not in missing and not folder.is_dir():
            missing.add(folder)
            folder = folder.parent
    for folder in sorted(missing):  # what is above comes first
        folder.mkdir(mode=0o700, exist_ok=True)
        if shared:
            folder.chmod(0o750)
    for above in {folder.parent for folder in missing}:
        _sync_folder(above)  # a folder's own entry has to survive a power cut, too


def _write(path: Path, parts: Sequence[Buffer], *, shared: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        if shared:
            os.fchmod(descriptor, 0o640)
        pending = [memoryview(part).cast("B") for part in parts if len(part)]
        if len(pending) == 1 and len(pending[0]) % BLOCK_BYTES == 0:
            pending = _write_directly(descriptor, pending[0])
        while pending:
            written = os.writev(descriptor, pending[:WRITEV_PARTS_MAX])
            while pending and written >= len(pending[0]):
                written -= len(pending.pop(0))
            if written:
                pending[0] = pending[0][written:]
        month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        os.utime(descriptor, (month.timestamp(), month.timestamp()))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_directly(descriptor: int, content: memoryview) -> list[memoryview]:
    """Write past the page cache where memory and file system allow it; what is left to write.

    Packs are read rarely and by part: copying them into the cache first costs more than sealing.
    """
    usual = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, usual | os.O_DIRECT)
        while len(content):
            content = content[os.write(descriptor, content) :]
    except OSError as refusal:
        if refusal.errno != errno.EINVAL:  # not aligned, or a file system without direct writes
            raise
    finally:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, usual)
    return [content] if len(content) else []


def _read_cached(path: Path, start: int, length: int) -> Buffer:
    """The range where the page cache holds all of it, else nothing; never waits for the disk."""
    content = bytearray(length)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        read = os.preadv(descriptor, [content], start, os.RWF_NOWAIT)
    except OSError as refusal:
        if refusal.errno not in (errno.EAGAIN, errno.EOPNOTSUPP):
            raise
        return b""
    finally:
        os.close(descriptor)
    return content if read == length else b""


def _read_range(path: Path, start: int, length: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(descriptor, length, start)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _translated(failure: OSError) -> Exception:
    if isinstance(failure, FileNotFoundError):
        return ObjectMissing("There is no such object.")
    if failure.errno in _FULL:
        return StoreFull(
            "The object store is full; nothing was kept.",
            remedy="Free space or add storage; then send again.",
        )
    return StoreUnavailable(
        f"The object store failed ({errno.errorcode.get(failure.errno or 0, 'unknown')}).",
        remedy="Tell the operator; try again later.",
    )
