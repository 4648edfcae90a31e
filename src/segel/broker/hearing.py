"""What a door hears of freezes and ended sessions, while they happen.

A door keeps released keys and believes for a moment that a session lives. It may do so only while
it would hear of the contrary: ``Ear.run`` asks the broker one question after the other, each held
until something happens or a quarter of a second is over. Where no answer comes, ``fresh`` is soon
False, and the door has to ask before it serves.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from segel.broker import messages as m
from segel.broker.errors import BrokerError

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient

TRUST_S: Final = 0.5
"""Counted from when the answered question was sent; the broker's own knowledge is at most as old
again, so that whatever is frozen is frozen at every door within one second."""

PAUSE_S: Final = 0.1
"""Before another question, where the broker was away or is not sure itself."""


class Ear:
    """One door process' ear. Start ``run`` beside it."""

    def __init__(self, broker: "BrokerClient") -> None:
        self._broker = broker
        self._heard_s = -TRUST_S
        self._last: tuple[UUID | None, int] = (None, 0)
        self.version = 0
        """Counts what was heard: nothing that was believed at another count is to be believed."""
        self.on_change: list[Callable[[], None]] = []

    @property
    def fresh(self) -> bool:
        """Whether a freeze would have been heard of by now."""
        return time.monotonic() - self._heard_s < TRUST_S

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            asked_s = time.monotonic()
            try:
                heard = await self._broker.call(m.Watch(*self._last), m.Watched)
            except BrokerError:
                await asyncio.sleep(PAUSE_S)
                continue
            if (heard.boot, heard.version) != self._last:
                self._last = (heard.boot, heard.version)
                self.version += 1
                for call in self.on_change:
                    call()
            if heard.fresh:
                self._heard_s = asked_s
            else:
                await asyncio.sleep(PAUSE_S)
