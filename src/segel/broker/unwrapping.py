"""Unwrapping what rows hold, in company: a KMS answers for a hundred keys about as fast as for one.

Calls are made in threads of their own; the event loop never waits. A key that does not unwrap fails
alone.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from segel.broker.company import Company
from segel.broker.errors import BrokerUnavailable, keys_locked
from segel.broker.keyring import Keyring
from segel.broker.kms_watch import KmsWatch
from segel.keys import KmsError, KmsUnavailable, PlainKey, WrappedKey

LANES: Final = 2
"""Calls for releases under way at once: while one is answered the next is gathered."""

MANY_LANES: Final = 2
"""Calls for searches and trails under way at once, beside the releases and not before them."""

Unwrapped = bytes | KmsError


class Unwrapper:
    """Unwraps what rows hold, through a keyring. Close it when done."""

    def __init__(self, keyring: Keyring, watch: KmsWatch) -> None:
        self._keyring = keyring
        self._watch = watch
        self._company: Company[WrappedKey, bytes] = Company(self._call, LANES)
        self._many = asyncio.Semaphore(MANY_LANES)
        self._threads = ThreadPoolExecutor(LANES + MANY_LANES, thread_name_prefix="kms")

    def close(self) -> None:
        """Nothing is unwrapped any more; calls under way are not waited for."""
        self._company.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def one(self, item: WrappedKey) -> bytes:
        """One key. Raises BrokerUnavailable where the KMS does not open it."""
        try:
            return await self._company.one(item)
        except KmsError as failure:
            raise self.refusal(failure) from failure

    async def many(self, items: Sequence[WrappedKey]) -> list[bytes | None]:
        """Keys in the order of ``items``; None for one that does not unwrap.

        Raises BrokerUnavailable where the KMS opens none.
        """
        async with self._many:
            results = await self._call(items)
        away = next((one for one in results if isinstance(one, KmsUnavailable)), None)
        if away is not None:
            raise self.refusal(away) from away
        return [one if isinstance(one, bytes) else None for one in results]

    async def wrap(self, item: PlainKey) -> bytes:
        """A new key as it is stored. Raises BrokerUnavailable. Patients are new now and then, and
        rarely two at once: nothing is gathered."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._keyring.wrap, *item)
        except KmsError as failure:
            raise self.refusal(failure) from failure

    def follow(self, generation: int) -> None:
        """Wrap in a newer KMS that another broker moves keys to. Raises KmsError."""
        self._keyring.follow(generation)

    async def _call(self, items: Sequence[WrappedKey]) -> list[Unwrapped]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._unwrapped, items)

    def _unwrapped(self, items: Sequence[WrappedKey]) -> list[Unwrapped]:
        """A key or an error for each item. A batch that fails for one of them is halved until the
        one stands alone: a handful of calls, and it happens to damaged rows only."""
        try:
            return list(self._keyring.unwrap_many(items))
        except KmsUnavailable as away:
            return [away] * len(items)
        except KmsError as failure:
            if len(items) == 1:
                return [failure]
            half = len(items) // 2
            return self._unwrapped(items[:half]) + self._unwrapped(items[half:])

    def refusal(self, failure: KmsError) -> BrokerUnavailable:
        """A failure of the KMS, as whoever asked for a key is told; it is noted."""
        self._watch.saw(failure)
        return keys_locked(failure)
