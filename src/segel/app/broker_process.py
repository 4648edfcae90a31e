"""The broker's process: its settings from ours, and a clean end."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Final

from segel.app.process import Place
from segel.app.settings import Settings, browser_origin
from segel.app.signals import stop_asked
from segel.broker.glass_rules import GlassRules
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
        break_glass=GlassRules(
            patients=place.settings.break_glass_patients,
            window_s=place.settings.break_glass_minutes * 60,
            per_day=place.settings.break_glass_per_day,
            review_s=place.settings.break_glass_review_hours * 3_600,
        ),
        alert_webhook=place.settings.alert_webhook,
        alert_link=alerts_address(place.settings),
        without_budgets=place.settings.drill_without_budgets,
        # The file KMS is for development and demos; a setting for another one comes with it.
        production=False,
    )


def alerts_address(settings: Settings) -> str:
    """Where an officer reads the alerts."""
    return f"{settings.public_url or browser_origin(settings.http)}/alerts"


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
