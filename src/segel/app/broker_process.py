"""The broker's process: its settings from ours, and a clean end."""

import asyncio
import contextlib
import os
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from segel.app import hardening
from segel.app.card_making import maker_of
from segel.app.home import Home
from segel.app.kms_settings import kms_place
from segel.app.matching import ProcessMatching
from segel.app.process import Place
from segel.app.settings import (
    OpenIdSetting,
    Settings,
    SettingsBroken,
    browser_origin,
    budget_limits,
    endpoint,
)
from segel.app.signals import stop_asked
from segel.broker.forwarding import ForwardSettings
from segel.broker.glass_rules import GlassRules
from segel.broker.server import serve
from segel.broker.settings import BrokerSettings, OpenIdProvider
from segel.broker.syslog import Payload
from segel.keys import FilePlace, Kms, open_kms


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
        planter_socket=place.planter,
        planter_user=hardening.PLANTER.uid if os.geteuid() == 0 else None,
        courier_socket=place.courier if place.settings.has_courier else None,
        courier_user=hardening.COURIER.uid if os.geteuid() == 0 else None,
        fingerprinter_socket=place.fingerprinter if place.settings.fingerprints else None,
        fingerprinter_user=hardening.DOORS.uid if os.geteuid() == 0 else None,
        national_quiet_s=place.settings.national_quiet_s if place.settings.national_fhir else None,
        national_alert_s=place.settings.national_alert_minutes * 60.0,
        subscriptions=place.settings.subscriptions,
        database=place.database,
        kms=kms_place(place.settings, Home(place.home)),
        objects=place.objects,
        key_backup=place.key_backup,
        log_origin=place.settings.log_origin,
        demo=place.settings.demo or place.settings.drill,
        limits=budget_limits(place.settings),
        break_glass=GlassRules(
            patients=place.settings.break_glass_patients,
            window_s=place.settings.break_glass_minutes * 60,
            per_day=place.settings.break_glass_per_day,
            review_s=place.settings.break_glass_review_hours * 3_600,
        ),
        alert_webhook=place.settings.alert_webhook,
        alert_link=alerts_address(place.settings),
        without_budgets=place.settings.drill_without_budgets,
        forward=forward_of(place.settings),
        patients_see_names=place.settings.patients_see_names,
        retention_years=place.settings.retention_years,
        origins=_origins(place.settings),
        session_idle_s=place.settings.session_idle_minutes * 60,
        providers=tuple(_provider(one) for one in place.settings.openid),
        production=place.settings.production,
        witnesses=place.settings.witnesses,
        witness_quorum=place.settings.witness_quorum,
        witness_grace_ms=place.settings.witness_grace_ms,
        disks=Home(place.home).disks(place.settings.objects),
        disk_reserve_mib=place.settings.disk_reserve_mib,
    )


def early_kms(settings: BrokerSettings) -> Kms | None:
    """The KMS, where root has to open it: root reads the credentials. The file KMS (None) is made
    by the user that will own it, later."""
    if isinstance(settings.kms_place, FilePlace):
        return None
    return open_kms(settings.kms_place, production=settings.production)


def alerts_address(settings: Settings) -> str:
    """Where an officer reads the alerts."""
    return f"{settings.public_url or browser_origin(settings.http)}/alerts"


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The broker, ready to run once root is given up."""
    settings = settings_of(place)
    kms = early_kms(settings)
    cards = maker_of(place.settings)

    async def run() -> None:
        serving = asyncio.create_task(
            serve(settings, clock=time.time, kms=kms, cards=cards, matching=ProcessMatching())
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
