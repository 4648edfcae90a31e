"""Waiting for SIGTERM, the way every service of ours is asked to stop."""

import asyncio
import signal


async def stop_asked() -> None:
    """Returns when this process is asked to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sent in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sent, stop.set)
    await stop.wait()
