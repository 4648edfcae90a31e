"""The process ``national``: tells the national health platform what is in charts."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable

from segel.app.process import Place
from segel.app.settings import Settings, SettingsBroken
from segel.app.signals import stop_asked
from segel.broker import BrokerClient
from segel.records.national import courier
from segel.records.national.platform import Addresses
from segel.store.database import opened_pool

POOL_MAX = 4
"""One holds the turn, the others read and write charts."""


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The process, ready to run once root is given up."""
    settings = place.settings
    tls = tls_context(settings)
    addresses = Addresses(
        settings.national_fhir.rstrip("/"),
        settings.national_token,
        float(settings.national_timeout_s),
        float(settings.national_requests_per_s),
    )

    async def run() -> None:
        async with opened_pool(place.database, size_max=POOL_MAX) as pool:
            broker = BrokerClient(place.national)
            telling = asyncio.create_task(courier.run(courier.Means(broker, pool, addresses, tls)))
            stopping = asyncio.create_task(stop_asked())
            await asyncio.wait({telling, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if telling.done():
                telling.result()
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await telling
            await broker.close()

    return run


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Whom to believe that they are the platform. Raises SettingsBroken."""
    try:
        context = ssl.create_default_context(cafile=settings.national_authority or None)
    except (OSError, ssl.SSLError):
        raise SettingsBroken(
            "The certificates of the platform's authority cannot be read.",
            field="national_authority",
            remedy="Give a PEM file, or leave it out.",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
