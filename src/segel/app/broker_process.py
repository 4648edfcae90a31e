"""The broker's process: its settings from ours, and a clean end."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Final

from segel.app.process import Place
from segel.app.signals import stop_asked
from segel.broker.server import serve
from segel.broker.settings import BrokerSettings
from segel.keys import FileKms

LOG_ORIGIN: Final = "segel.local/audit"


def settings_of(place: Place) -> BrokerSettings:
    """What a broker of this place is started with."""
    return BrokerSettings(
        socket=place.broker,
        operator_socket=place.operator,
        database=place.database,
        kms=place.kms,
        objects=place.objects,
        key_backup=place.key_backup,
        log_origin=LOG_ORIGIN,
        demo=place.settings.demo or place.settings.drill,
        without_budgets=place.settings.drill_without_budgets,
        # The file KMS is for development and demos; a setting for another one comes with it.
        production=False,
        patients_see_names=place.settings.patients_see_names,
    )


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The broker, ready to run once root is given up."""
    settings = settings_of(place)

    async def run() -> None:
        if not any(place.kms.iterdir()):
            FileKms.create(place.kms)
        serving = asyncio.create_task(serve(settings, clock=time.time))
        stopping = asyncio.create_task(stop_asked())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if serving.done():
            serving.result()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    return run
