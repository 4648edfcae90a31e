"""A real broker in a thread of its own, on a real database, for tests of what asks it."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from segel.broker.server import serve
from segel.broker.settings import BrokerSettings
from segel.keys import FileKms

if TYPE_CHECKING:
    from conftest import Database

START_S = 60
END_S = 10

T = TypeVar("T")


@dataclass(frozen=True)
class LiveBroker:
    """It listens on the sockets of ``settings``; ``loop`` runs in its thread."""

    settings: BrokerSettings
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine gives, run beside the broker."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(START_S)


@contextlib.contextmanager
def live_broker(database: "Database", folder: Path) -> Iterator[LiveBroker]:
    """A broker with a file KMS in ``folder``; it is gone when this ends."""
    FileKms.create(folder / "kms")
    settings = BrokerSettings(
        socket=folder / "b.sock", operator_socket=folder / "o.sock", database=database.broker,
        kms=folder / "kms", objects=folder / "objects", key_backup=folder / "wrapped",
        log_origin="segel.test/audit", demo=True, courier_socket=folder / "n.sock",
        national_quiet_s=0.0, national_alert_s=0.0, subscriptions=True,
    )  # fmt: skip
    loop = asyncio.new_event_loop()
    broker = loop.create_task(serve(settings, clock=time.time))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    live = LiveBroker(settings, loop)
    try:
        yield live
    finally:
        live.run(_ended(broker))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(END_S)


async def _ended(broker: "asyncio.Task[None]") -> None:
    """Until the broker is down, and whoever still spoke with it has heard so."""
    broker.cancel()
    await asyncio.wait({broker})
    if rest := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(rest, timeout=1)
