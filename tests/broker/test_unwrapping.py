"""Unwrapping in company never leaves anybody waiting."""

import asyncio
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from segel.broker.keyring import Keyring
from segel.broker.kms_watch import KmsWatch
from segel.broker.unwrapping import LANES, Unwrapper
from segel.keys import MemoryKms, WrappedKey

KEK = "hospital-1"
ROUNDS = 100
TOGETHER_S = 0.02


class InStep(MemoryKms):
    """Answers as many calls as there are lanes in the same instant, where they come together."""

    def __init__(self) -> None:
        super().__init__()
        self._all = threading.Barrier(LANES)

    def unwrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        keys = super().unwrap_many(items)
        with suppress(threading.BrokenBarrierError):
            self._all.wait(TOGETHER_S)
        if self._all.broken:
            self._all.reset()
        return keys


def test_whoever_comes_as_the_last_calls_end_is_not_left_waiting() -> None:
    """A lane that has just found nobody waiting is free at once, not when its task is known to be
    over: the one who comes between the two would otherwise wait for a call that nobody makes."""

    async def run() -> None:
        kms = InStep()
        kms.create_kek(KEK)
        keyring = Keyring({0: kms})
        key = os.urandom(32)
        item = WrappedKey(KEK, keyring.wrap(KEK, key, b"patient"), b"patient")
        unwrapper = Unwrapper(keyring, cast(KmsWatch, None))

        async def ask(times: int) -> None:
            for _ in range(times):  # again in the very step in which the first answer comes
                assert await unwrapper.one(item) == key

        try:
            async with asyncio.timeout(60):
                for _ in range(ROUNDS):
                    askers = []
                    for lane in range(LANES):
                        askers.append(asyncio.create_task(ask(2 if lane == 0 else 1)))
                        for _ in range(3):  # until its lane has taken what waits
                            await asyncio.sleep(0)
                    await asyncio.gather(*askers)
        finally:
            unwrapper.close()

    asyncio.run(run())
