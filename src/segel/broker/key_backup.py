"""The wrapped keys' own backup: one file beside the home, written before an old version goes.

When a KEK's old versions are forgotten, the wrapped keys in every older copy of the database die
with them: that is what erases a patient from yesterday's backup. This file is what brings the
others back. It holds each key as it is wrapped *now*, so that a restored database finds in it the
keys of everybody who has not been erased since; whoever is missing becomes a tombstone again.

::

    <folder>/keys.segel   msgpack: Head, then (patient id, wrapped key) each, then Tail

Nothing in it opens without the KMS. ``Tail`` authenticates all of it under the broker's own key: a
file that lost some of its lines would erase people. It is replaced whole, never changed; a copy of
an older one is as dead as the database of its day.
"""

import asyncio
import hashlib
import hmac
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeVar
from uuid import UUID

import msgspec
import psycopg

from segel.broker.secrets import BrokerSecrets
from segel.domain.errors import SegelError
from segel.sealing import derive_scope_key

FILE: Final = "keys.segel"
READ_ROWS: Final = 5_000
"""Rows in memory at once: about half a megabyte."""

_SCOPE: Final = "key backup"
_LENGTH_BYTES: Final = 4
_LINE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Far above a head with every hospital of a country in it."""


class KeyBackupBroken(SegelError):
    """The file does not verify: cut, changed, or of another archive."""

    code = "key-backup-broken"


class Head(msgspec.Struct, frozen=True, array_like=True):
    """Which state this is. ``floors``: by hospital, the label below which nothing opens."""

    made_s: float
    floors: dict[str, bytes]
    secrets: dict[int, bytes]


class _Keys(msgspec.Struct, frozen=True, array_like=True, tag="keys"):
    rows: list[tuple[bytes, bytes]]


class _Tail(msgspec.Struct, frozen=True, array_like=True, tag="tail"):
    count: int
    mac: bytes


Row = tuple[UUID, bytes]
T = TypeVar("T")


async def write(
    connection: psycopg.AsyncConnection, folder: Path, secrets: BrokerSecrets, now_s: float
) -> int:
    """Replace the file by the keys as they stand now; how many. It is durable on return."""
    async with connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        head = Head(now_s, await _floors(connection), await _secrets(connection))
        beside = folder / f"{FILE}.new"
        mac = _mac(secrets)
        count = 0
        with _private(beside) as file:
            _put(file, mac, msgspec.msgpack.encode(head))
            async for rows in _pages(connection):
                count += len(rows)
                line = msgspec.msgpack.encode(_Keys([(one.bytes, key) for one, key in rows]))
                await asyncio.to_thread(_put, file, mac, line)
            _put(file, None, msgspec.msgpack.encode(_Tail(count, mac.digest())))
            await asyncio.to_thread(_sync, file)
    beside.rename(folder / FILE)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
    return count


def read_head(folder: Path) -> Head | None:
    """The head, not yet verified; None where there is no file. Raises KeyBackupBroken."""
    try:
        with (folder / FILE).open("rb") as file:
            return _decode(next(_lines(file)), Head)
    except FileNotFoundError:
        return None
    except StopIteration:
        raise _broken() from None


def verify(folder: Path, secrets: BrokerSecrets) -> Head:
    """The head of a file that is whole and of this archive. Raises KeyBackupBroken."""
    mac = _mac(secrets)
    head, count = None, 0
    with (folder / FILE).open("rb") as file:
        for line in _lines(file):
            if head is None:
                head = _decode(line, Head)
            else:
                part = _part(line)
                if isinstance(part, _Tail):
                    if not hmac.compare_digest(part.mac, mac.digest()) or part.count != count:
                        raise _broken()
                    return head
                count += len(part.rows)
            mac.update(_length(line) + line)
    raise _broken()


def read_rows(folder: Path) -> Iterator[list[Row]]:
    """The keys of a verified file, some thousand at a time."""
    with (folder / FILE).open("rb") as file:
        lines = _lines(file)
        next(lines)
        for line in lines:
            part = _part(line)
            if isinstance(part, _Tail):
                return
            yield [(UUID(bytes=patient_id), key) for patient_id, key in part.rows]


async def _floors(connection: psycopg.AsyncConnection) -> dict[str, bytes]:
    rows = await connection.execute("SELECT hospital_id, key_floor FROM hospitals")
    return {str(hospital_id): floor for hospital_id, floor in await rows.fetchall()}


async def _secrets(connection: psycopg.AsyncConnection) -> dict[int, bytes]:
    rows = await connection.execute("SELECT secret_id, wrapped FROM broker_secrets")
    return dict(await rows.fetchall())


async def _pages(connection: psycopg.AsyncConnection) -> AsyncIterator[list[Row]]:
    async with connection.cursor("wrapped_keys", binary=True) as cursor:
        await cursor.execute(
            "SELECT patient_id, wrapped_key FROM patients WHERE wrapped_key IS NOT NULL"
        )
        while rows := await cursor.fetchmany(READ_ROWS):
            yield rows


def _mac(secrets: BrokerSecrets) -> "hmac.HMAC":
    return hmac.new(derive_scope_key(secrets.system, _SCOPE), digestmod=hashlib.sha256)


def _private(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _put(file: BinaryIO, mac: "hmac.HMAC | None", line: bytes) -> None:
    framed = _length(line) + line
    if mac is not None:
        mac.update(framed)
    file.write(framed)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _length(line: bytes) -> bytes:
    return len(line).to_bytes(_LENGTH_BYTES, "big")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while head := file.read(_LENGTH_BYTES):
        size = int.from_bytes(head, "big")
        if len(head) < _LENGTH_BYTES or size > _LINE_BYTES_MAX:
            raise _broken()
        line = file.read(size)
        if len(line) < size:
            raise _broken()
        yield line


def _decode(line: bytes, kind: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(line, type=kind)
    except msgspec.MsgspecError:
        raise _broken() from None


def _part(line: bytes) -> _Keys | _Tail:
    try:
        return msgspec.msgpack.decode(line, type=_Keys | _Tail)
    except msgspec.MsgspecError:
        raise _broken() from None


def _broken() -> KeyBackupBroken:
    return KeyBackupBroken(
        "The file of the wrapped keys does not verify.",
        remedy="Put the newest whole copy of it back; an older database needs it.",
    )
