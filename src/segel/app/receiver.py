"""The receiver's process: the DIMSE door over an archive."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from segel.app.process import Place
from segel.app.settings import endpoint
from segel.app.signals import stop_asked
from segel.imaging import opened_archive
from segel.imaging.dimse import serve_receiver


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The receiver, ready to run once root is given up."""
    host, port = endpoint(place.settings.dimse, "dimse")

    async def run() -> None:
        async with opened_archive(place.broker, place.database, place.objects) as archive:
            serving = asyncio.create_task(
                serve_receiver(host, port, archive=archive, peers=archive.broker)
            )
            stopping = asyncio.create_task(stop_asked())
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if serving.done():
                serving.result()
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving

    return run
