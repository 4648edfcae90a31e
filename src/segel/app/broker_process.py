"""The broker's process: its settings from ours, and a clean end."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Final

from segel.app.home import Home
from segel.app.kms_settings import kms_place
from segel.app.process import Place
from segel.app.settings import Settings, SettingsBroken, budget_limits, endpoint
from segel.app.signals import stop_asked
from segel.broker.forwarding import ForwardSettings
from segel.broker.server import serve
from segel.broker.settings import BrokerSettings
from segel.broker.syslog import Payload
from segel.keys import FilePlace, open_kms

LOG_ORIGIN: Final = "segel.local/audit"


def forward_of(settings: Settings) -> ForwardSettings | None:
    """The audit log's receiver. Its key is read here, while it still can be.

    Raises SettingsBroken where a file cannot be used.
    """
    if not settings.syslog:
        return None
    host, port = endpoint(settings.syslog, "syslog")
    try:
        context = ssl.create_default_context(cafile=settings.syslog_authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(settings.syslog_certificate, settings.syslog_key)
    except (OSError, ssl.SSLError):
        raise SettingsBroken(
            "The certificates for syslog cannot be read.",
            field="syslog_authority, syslog_certificate, syslog_key",
            remedy="They are PEM files; the key is the certificate's, and not encrypted.",
        ) from None
    return ForwardSettings(
        host,
        port,
        Payload(settings.syslog_payload),
        context,
        settings.syslog_settle_s,
        settings.syslog_name,
    )


def settings_of(place: Place) -> BrokerSettings:
    """What a broker of this place is started with."""
    return BrokerSettings(
        socket=place.broker,
        operator_socket=place.operator,
        database=place.database,
        kms=kms_place(place.settings, Home(place.home)),
        objects=place.objects,
        key_backup=place.key_backup,
        log_origin=LOG_ORIGIN,
        demo=place.settings.demo or place.settings.drill,
        limits=budget_limits(place.settings),
        without_budgets=place.settings.drill_without_budgets,
        forward=forward_of(place.settings),
        patients_see_names=place.settings.patients_see_names,
        production=place.settings.production,
    )


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The broker, ready to run once root is given up."""
    settings = settings_of(place)
    # Root reads the credentials; the file KMS is made by the user that will own it, later.
    kms = None
    if not isinstance(settings.kms_place, FilePlace):
        kms = open_kms(settings.kms_place, production=settings.production)

    async def run() -> None:
        serving = asyncio.create_task(serve(settings, clock=time.time, kms=kms))
        stopping = asyncio.create_task(stop_asked())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if serving.done():
            serving.result()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    return run
