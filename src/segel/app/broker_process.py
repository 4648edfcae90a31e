"""The broker's process: its settings from ours, and a clean end."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from segel.app.process import Place
from segel.app.settings import OpenIdSetting, Settings, SettingsBroken, browser_origin
from segel.app.signals import stop_asked
from segel.broker.server import serve
from segel.broker.settings import BrokerSettings, OpenIdProvider
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
        origins=_origins(place.settings),
        session_idle_s=place.settings.session_idle_minutes * 60,
        providers=tuple(_provider(one) for one in place.settings.openid),
        # The file KMS is for development and demos; a setting for another one comes with it.
        production=False,
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


def _origins(settings: Settings) -> tuple[str, ...]:
    """How clients name the web door: the console's own name first."""
    if settings.public_url:
        return (settings.public_url.rstrip("/"),)
    return tuple(dict.fromkeys((browser_origin(settings.http), f"http://{settings.http}")))


def _provider(setting: OpenIdSetting) -> OpenIdProvider:
    """A provider with what its files hold, read while this is still root."""
    return OpenIdProvider(
        name=setting.name,
        label=setting.label,
        issuer=setting.issuer,
        client_id=setting.client_id,
        secret=_content(setting.client_secret_file, "openid.client_secret_file").strip(),
        key_pem=_content(setting.client_key_file, "openid.client_key_file"),
        claim=setting.claim,
        hospital=setting.hospital,
        scope=setting.scope,
    )


def _content(path: str, field: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError):
        raise SettingsBroken(
            "The file cannot be read.",
            field=field,
            remedy="Give the path of a text file that the broker's user may read.",
        ) from None
