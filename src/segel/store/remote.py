"""Objects in S3, GCS, Azure or memory, through the ``obstore`` package."""

import asyncio
from collections.abc import Callable, Sequence

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore as Obstore

from segel.sealing import Buffer
from segel.store.objects import ObjectMissing, StoreUnavailable, require_key


class RemoteObjects:
    """An object store behind ``obstore``; its services are durable when they acknowledge."""

    def __init__(self, store: Obstore) -> None:
        self._store = store

    async def put(self, key: str, parts: Sequence[Buffer]) -> None:
        """One PUT. Raises StoreUnavailable."""
        try:
            await obstore.put_async(self._store, require_key(key), b"".join(parts))
        except (BaseError, OSError):
            raise _away() from None

    async def put_made(self, key: str, make: Callable[[], Buffer]) -> None:
        """One PUT of what a thread makes. Raises StoreUnavailable."""
        await self.put(key, [await asyncio.to_thread(make)])

    async def get(self, key: str) -> bytes:
        """The whole object. Raises ObjectMissing, StoreUnavailable."""
        try:
            answer = await obstore.get_async(self._store, require_key(key))
            return bytes(await answer.bytes_async())
        except (NotFoundError, FileNotFoundError):
            raise ObjectMissing("There is no such object.") from None
        except (BaseError, OSError):
            raise _away() from None

    async def get_range(self, key: str, start: int, length: int) -> Buffer:
        """One ranged GET. Raises ObjectMissing, StoreUnavailable."""
        if length <= 0:
            return b""
        try:
            return bytes(
                await obstore.get_range_async(
                    self._store, require_key(key), start=start, length=length
                )
            )
        except (NotFoundError, FileNotFoundError):
            raise ObjectMissing("There is no such object.") from None
        except (BaseError, OSError):
            raise _away() from None

    async def delete(self, key: str) -> None:
        """Remove the object."""
        try:
            await obstore.delete_async(self._store, require_key(key))
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError):
            raise _away() from None

    async def keys(self, prefix: str) -> list[str]:
        """The keys below ``prefix``."""
        found: list[str] = []
        try:
            async for chunk in obstore.list(self._store, require_key(prefix.rstrip("/"))):
                found += [entry["path"] for entry in chunk]
        except (BaseError, OSError):
            raise _away() from None
        return sorted(found)


def _away() -> StoreUnavailable:
    return StoreUnavailable(
        "The object store does not answer.", remedy="Tell the operator; try again later."
    )
