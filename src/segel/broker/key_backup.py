"""The wrapped keys' own backup: one file beside the home, written before an old version goes.

When a KEK's old versions are forgotten, the wrapped keys in every older copy of the database die
with them: that is what erases a patient from yesterday's backup. This file is what brings the
others back. It holds each key as it is wrapped *now*, so that a restored database finds in it the
keys of everybody who has not been erased since; whoever is missing becomes a tombstone again.

::

    <folder>/keys.segel   msgpack: Head, Tombstones, then (patient id, wrapped key, kept keys)
                          each, then Tail

Nothing in it opens without the KMS. ``Tail`` authenticates all of it under the broker's own key: a
file that lost some of its lines would erase people. It is replaced whole, never changed; a copy of
an older one is as dead as the database of its day.
"""

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final, TypeVar
from uuid import UUID

import msgspec
import psycopg

from segel.broker.erasure_rows import Row as ErasureRow
from segel.broker.erasure_rows import kept_rows
from segel.broker.framed import CutOff, framed, lines_of, private_file, put, put_in_place, sync
from segel.broker.secrets import BrokerSecrets
from segel.domain.errors import SegelError
from segel.sealing import derive_scope_key

FILE: Final = "keys.segel"
READ_ROWS: Final = 5_000
"""Rows in memory at once: about half a megabyte."""

_SCOPE: Final = "key backup"


class KeyBackupBroken(SegelError):
    """The file does not verify: cut, changed, or of another archive."""

    code = "key-backup-broken"


class Head(msgspec.Struct, frozen=True, array_like=True):
    """Which state this is. ``floors``: by hospital, the label below which nothing opens."""

    made_s: float
    floors: dict[str, bytes]
    secrets: dict[int, bytes]


class Tombstones(msgspec.Struct, frozen=True, array_like=True, tag="erased"):
    """The rows of what was erased, each with its month."""

    rows: list[tuple[ErasureRow, date]]


class _Keys(msgspec.Struct, frozen=True, array_like=True, tag="keys"):
    rows: list[tuple[bytes, bytes, bytes | None]]


class _Tail(msgspec.Struct, frozen=True, array_like=True, tag="tail"):
    count: int
    mac: bytes


Row = tuple[UUID, bytes, bytes | None]
"""Patient, wrapped key, and the kept scope keys that it opens."""

T = TypeVar("T")


async def write(
    connection: psycopg.AsyncConnection, folder: Path, secrets: BrokerSecrets, now_s: float
) -> None:
    """Replace the file by the keys as they stand now. It is durable on return."""
    async with connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        head = Head(now_s, await _floors(connection), await _secrets(connection))
        tombstones = await kept_rows(connection)
        with written(folder, secrets, head, tombstones) as add:
            async for rows in _pages(connection):
                await asyncio.to_thread(add, rows)


@contextlib.contextmanager
def written(
    folder: Path,
    secrets: BrokerSecrets,
    head: Head,
    tombstones: Sequence[tuple[ErasureRow, date]],
) -> Iterator[Callable[[Sequence[Row]], None]]:
    """A new file, which replaces the old one where this ends well; yields what adds keys to it."""
    beside = folder / f"{FILE}.new"
    mac = _mac(secrets)
    count = 0
    with private_file(beside) as file:

        def add(rows: Sequence[Row]) -> None:
            nonlocal count
            count += len(rows)
            keys = _Keys([(one.bytes, key, kept) for one, key, kept in rows])
            put(file, mac, msgspec.msgpack.encode(keys))

        put(file, mac, msgspec.msgpack.encode(head))
        put(file, mac, msgspec.msgpack.encode(Tombstones(list(tombstones))))
        yield add
        put(file, None, msgspec.msgpack.encode(_Tail(count, mac.digest())))
        sync(file)
    put_in_place(beside, folder / FILE)


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
                if isinstance(part, _Keys):
                    count += len(part.rows)
            mac.update(framed(line))
    raise _broken()


def read_rows(folder: Path) -> Iterator[list[Row]]:
    """The keys of a verified file, some thousand at a time."""
    for part in _parts(folder):
        if isinstance(part, _Keys):
            yield [(UUID(bytes=patient_id), key, kept) for patient_id, key, kept in part.rows]


def read_tombstones(folder: Path) -> list[tuple[ErasureRow, date]]:
    """What was erased, in a verified file."""
    return [row for part in _parts(folder) if isinstance(part, Tombstones) for row in part.rows]


def _parts(folder: Path) -> Iterator[_Keys | Tombstones | _Tail]:
    with (folder / FILE).open("rb") as file:
        lines = _lines(file)
        next(lines)
        for line in lines:
            yield _part(line)


async def _floors(connection: psycopg.AsyncConnection) -> dict[str, bytes]:
    rows = await connection.execute("SELECT hospital_id, key_floor FROM hospitals")
    return {str(hospital_id): floor for hospital_id, floor in await rows.fetchall()}


async def _secrets(connection: psycopg.AsyncConnection) -> dict[int, bytes]:
    rows = await connection.execute("SELECT secret_id, wrapped FROM broker_secrets")
    return dict(await rows.fetchall())


async def _pages(connection: psycopg.AsyncConnection) -> AsyncIterator[list[Row]]:
    async with connection.cursor("wrapped_keys", binary=True) as cursor:
        await cursor.execute(
            "SELECT patient_id, wrapped_key, kept_keys FROM patients WHERE wrapped_key IS NOT NULL"
        )
        while rows := await cursor.fetchmany(READ_ROWS):
            yield rows


def _lines(file: BinaryIO) -> Iterator[bytes]:
    try:
        yield from lines_of(file)
    except CutOff:
        raise _broken() from None


def _mac(secrets: BrokerSecrets) -> "hmac.HMAC":
    return hmac.new(derive_scope_key(secrets.system, _SCOPE), digestmod=hashlib.sha256)


def _decode(line: bytes, kind: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(line, type=kind)
    except msgspec.MsgspecError:
        raise _broken() from None


def _part(line: bytes) -> _Keys | Tombstones | _Tail:
    try:
        return msgspec.msgpack.decode(line, type=_Keys | Tombstones | _Tail)
    except msgspec.MsgspecError:
        raise _broken() from None


def _broken() -> KeyBackupBroken:
    return KeyBackupBroken(
        "The file of the wrapped keys does not verify.",
        remedy="Put the newest whole copy of it back; an older database needs it.",
    )
