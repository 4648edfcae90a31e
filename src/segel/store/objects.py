"""Objects: named bytes that are durable once ``put`` returns, and readable in parts.

The port and its errors. Adapters: a local directory (``local``), anything that the ``obstore``
package speaks to (``remote``).
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from segel.domain.errors import SegelError
from segel.sealing import Buffer

KEY_LENGTH_MAX: Final = 512
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")


class StoreError(SegelError):
    """The object store did not do what was asked."""

    code = "object-store-failed"


class ObjectMissing(StoreError):
    """There is no object of this key."""

    code = "object-missing"


class StoreFull(StoreError):
    """No room is left. Nothing was kept of the object."""

    code = "object-store-full"


class StoreUnavailable(StoreError):
    """The store does not answer, or not as it should."""

    code = "object-store-unavailable"


class ObjectStore(Protocol):
    """What Segel needs of an object store. Objects are written once, or replaced whole."""

    async def put(self, key: str, parts: Sequence[Buffer]) -> None:
        """Write the parts, one after another, as one object; durable when it returns.

        Raises StoreFull, StoreUnavailable; then the key is as it was before.
        """

    async def put_made(self, key: str, make: Callable[[], Buffer]) -> None:
        """As ``put``, of what ``make`` returns; it is called once, in the thread that writes."""

    async def get(self, key: str) -> bytes:
        """The whole object. Raises ObjectMissing, StoreUnavailable."""

    async def get_range(self, key: str, start: int, length: int) -> Buffer:
        """Bytes from ``start``; fewer than ``length`` only at the end. Raises as ``get``."""

    async def delete(self, key: str) -> None:
        """Remove the object; one that is not there is no error."""

    async def keys(self, prefix: str) -> list[str]:
        """The keys below ``prefix``, sorted."""


def require_key(key: str) -> str:
    """``key``, where it names an object and cannot lead out of the store."""
    if len(key) > KEY_LENGTH_MAX or not _KEY.match(key):
        raise StoreError("This is not the key of an object.", field="key")
    return key
