"""A broker's storage that ends the broker's life at a given call.

Every statement, commit and object written counts as a call, and has two instants: before it
reaches the real store, and after it did while its answer is still on the way. ``Life`` counts the
instants; at the one it was told, the open connections are cut as a dead process leaves them, and
from then on nothing gets through.
"""

import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.store.local import LocalDirectory

R = TypeVar("R")


class Crashed(BaseException):
    """Raised into whatever the broker was doing; no ``except Exception`` may outlive it."""


class Life:
    """One life of a broker, from start to crash. ``last``: the instant at which it ends."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.instants = 0
        self.over = False
        self._connections: set[psycopg.AsyncConnection[Any]] = set()
        self.on_end: Callable[[], None] = lambda: None

    async def call(self, what: Callable[[], Awaitable[R]]) -> R:
        """One call of the store, with the instants around it."""
        await self.instant()
        try:
            answer = await what()
        except Exception:
            if self.over:  # it was cut under way: nobody is left to meet the error
                raise Crashed from None
            raise
        await self.instant()
        return answer

    async def instant(self) -> None:
        """The life goes on, or ends here. Raises Crashed."""
        if not self.over:
            self.instants += 1
            if self.instants == self.last:
                self.over = True
                self.on_end()
                for connection in self._connections:
                    _cut(connection)
        if self.over:
            raise Crashed

    @contextlib.asynccontextmanager
    async def holding(self, connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
        """The connection is cut where the life ends meanwhile."""
        self._connections.add(connection)
        try:
            yield
        finally:
            self._connections.discard(connection)
            if self.over:  # nobody after this life may be given it
                await connection.close()


def _cut(connection: psycopg.AsyncConnection[Any]) -> None:
    """As when the process is gone: whoever waits on either side is told that nobody is there."""
    with contextlib.suppress(psycopg.Error, OSError):
        wire = socket.socket(fileno=os.dup(connection.fileno()))
        with wire:
            wire.shutdown(socket.SHUT_RDWR)


class MortalPool:
    """An AsyncConnectionPool's face over a pool that outlives this life."""

    def __init__(self, pool: AsyncConnectionPool, life: Life) -> None:
        self._pool = pool
        self._life = life

    async def open(self, **_: Any) -> None:
        """The pool behind is open already."""

    async def close(self) -> None:
        """The pool behind stays open."""

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator["_Connection"]:
        await self._life.instant()
        async with self._pool.connection() as real, self._life.holding(real):
            yield _Connection(real, self._life)
            await self._life.instant()  # before the pool commits
        await self._life.instant()


class _Connection:
    def __init__(self, real: psycopg.AsyncConnection[Any], life: Life) -> None:
        self._real = real
        self._life = life

    async def execute(self, *query: Any, **options: Any) -> "_Cursor":
        real = await self._life.call(lambda: self._real.execute(*query, **options))
        return _Cursor(real, self._life)

    async def commit(self) -> None:
        await self._life.call(self._real.commit)

    def cursor(self, *arguments: Any, **options: Any) -> "_Cursor":
        return _Cursor(self._real.cursor(*arguments, **options), self._life)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        await self._life.instant()
        async with self._real.transaction():
            yield
            await self._life.instant()
        await self._life.instant()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Cursor:
    def __init__(self, real: Any, life: Life) -> None:
        self._real = real
        self._life = life

    async def execute(self, *query: Any, **options: Any) -> "_Cursor":
        await self._life.call(lambda: self._real.execute(*query, **options))
        return self

    async def executemany(self, *query: Any, **options: Any) -> None:
        await self._life.call(lambda: self._real.executemany(*query, **options))

    async def __aenter__(self) -> "_Cursor":
        await self._real.__aenter__()
        return self

    async def __aexit__(self, *failure: Any) -> None:
        await self._real.__aexit__(*failure)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class MortalDirectory(LocalDirectory):
    """An object store's folder, whose writes are instants, too."""

    def __init__(self, root: Path, life: Life) -> None:
        super().__init__(root)
        self._life = life

    async def put(self, key: str, parts: Sequence[Any]) -> None:
        await self._life.call(lambda: super(MortalDirectory, self).put(key, parts))
