"""The process ``courier``: tells others outside.

The national health platform what is in charts, and hospitals' systems that something matches.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from segel.app.process import Place
from segel.app.settings import Settings, SettingsBroken
from segel.app.signals import stop_asked
from segel.broker import BrokerClient
from segel.records.national import courier
from segel.records.national.platform import Addresses
from segel.records.subscriptions import telling
from segel.records.subscriptions.endpoint import Line, addresses_of
from segel.store.database import opened_pool

POOL_MAX = 5
"""One holds each turn, the others read and write charts."""


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The process, ready to run once root is given up."""
    settings = place.settings
    national_tls, subscribers_tls = tls_contexts(settings)
    addresses = Addresses(
        settings.national_fhir.rstrip("/"),
        settings.national_token,
        float(settings.national_timeout_s),
        float(settings.national_requests_per_s),
    )
    line = Line(subscribers_tls, float(settings.subscription_timeout_s), addresses_of)

    async def run() -> None:
        async with opened_pool(place.database, size_max=POOL_MAX) as pool:
            broker = BrokerClient(place.courier)
            work: list[Coroutine[Any, Any, None]] = []
            if settings.national_fhir:
                work.append(courier.run(courier.Means(broker, pool, addresses, national_tls)))
            if settings.subscriptions:
                work.append(telling.run(telling.Means(broker, pool, line)))
            tasks = [asyncio.create_task(one) for one in work]
            stopping = asyncio.create_task(stop_asked())
            done, _ = await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for one in (*tasks, stopping):
                one.cancel()
            for one in done - {stopping}:
                one.result()
            for one in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await one
            await broker.close()

    return run


def tls_contexts(settings: Settings) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Whom to believe that they are the platform, and that they are a subscriber's host. Raises
    SettingsBroken."""
    return (
        _tls_context(settings.national_authority, "national_authority"),
        _tls_context(settings.subscription_authority, "subscription_authority"),
    )


def _tls_context(authority: str, name: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=authority or None)
    except (OSError, ssl.SSLError):
        raise SettingsBroken(
            "The certificates of the authority cannot be read.",
            field=name,
            remedy="Give a PEM file, or leave it out.",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
