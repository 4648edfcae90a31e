"""Asking in company: what is asked for while a call is under way goes into the next one.

A database or a KMS is a way off, and answers for a hundred about as fast as for one. A call that
fails fails all that are in it; an answer that is an exception fails the one who asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from segel.broker.errors import BrokerUnavailable

BATCH_MAX: Final = 256
"""Askers in one call: what the ledger commits at once."""

A = TypeVar("A")
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class _Order(Generic[A, F]):
    asked: A
    done: "asyncio.Future[F]"


class Company(Generic[A, F]):
    """Gathers askers. ``call`` gives an answer, or an exception, for each of what it is given, in
    order. ``lanes``: calls under way at once. Close it when done."""

    def __init__(
        self, call: Callable[[Sequence[A]], Awaitable[Sequence[F | Exception]]], lanes: int
    ) -> None:
        self._call = call
        self._lanes = lanes
        self._waiting: list[_Order[A, F]] = []
        self._drains: set[asyncio.Task[None]] = set()
        self._busy = 0

    def close(self) -> None:
        """Nothing is asked any more; calls under way are not waited for."""
        for drain in self._drains:
            drain.cancel()
        left, self._waiting = self._waiting, []
        _settle(left, [_stopping()] * len(left))

    async def one(self, asked: A) -> F:
        """The answer for one. Raises what it is, where it is an exception, or what ended its call;
        BrokerUnavailable where the broker is stopping."""
        order: _Order[A, F] = _Order(asked, asyncio.get_running_loop().create_future())
        self._waiting.append(order)
        if self._busy < self._lanes:
            self._busy += 1
            drain = asyncio.create_task(self._drain())
            self._drains.add(drain)
            drain.add_done_callback(self._drains.discard)
        return await order.done

    async def _drain(self) -> None:
        # The lane is free in the same instant in which nobody is found waiting: whoever comes after
        # that begins another. A task that is over, and not yet known to be, would let them wait.
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
                answers: Sequence[F | Exception]
                try:
                    answers = await self._call([order.asked for order in batch])
                except Exception as failure:
                    answers = [failure] * len(batch)
                except BaseException:
                    _settle(batch, [_stopping()] * len(batch))
                    raise
                _settle(batch, answers)
        finally:
            self._busy -= 1


def _stopping() -> BrokerUnavailable:
    return BrokerUnavailable("The broker is stopping.", remedy="Try again.")


def _settle(batch: Sequence[_Order[A, F]], answers: Sequence[F | Exception]) -> None:
    for order, answer in zip(batch, answers, strict=True):
        if order.done.done():  # the asker hung up
            continue
        if isinstance(answer, Exception):
            order.done.set_exception(answer)
        else:
            order.done.set_result(answer)
