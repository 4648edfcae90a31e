"""A gateway worker: console and DICOMweb on one origin, OHIF on another, over one archive."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler

from segel.access import Attempts
from segel.access import router_for as oauth_router
from segel.app import (
    card_own_verifier,
    card_verifier,
    card_wallet,
    openapi,
    public_cards,
    public_log,
    serving,
    telemetry,
)
from segel.app.case_telling import telling_over
from segel.app.evidence_keeper import EvidenceKeeper
from segel.app.picture_marking import marker
from segel.app.process import Place
from segel.app.record_keeper import RecordKeeper
from segel.app.serving import App
from segel.app.settings import Settings, origin_of
from segel.app.signals import stop_asked
from segel.app.study_reader import ArchiveReader
from segel.cards.verifier import PackagesMissing
from segel.console import ConsoleSettings, ViewerMissing, viewer_app
from segel.console.http.router import router_for
from segel.console.ports import Backing
from segel.imaging import Archive, opened_archive
from segel.imaging.dicomweb import router as dicomweb_router
from segel.imaging.dimse import key_in
from segel.records import Records
from segel.records.http import BASE as FHIR
from segel.records.http import elsewhere
from segel.records.http import router as fhir_router
from segel.records.http.links import router as links_router
from segel.store.database import opened_pool
from segel.store.local import LocalDirectory
from segel.store.objects import ObjectStore

STOP_MARGIN_S: Final = 2
"""Of the stop timeout, what is left for closing the pools after the last answer."""


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """A worker, ready to run once root is given up."""

    async def run() -> None:
        async with (
            opened_archive(place.broker, place.database, place.objects) as archive,
            opened_pool(place.database) as pool,
        ):
            origin = origin_of(place.settings)
            records = Records(archive, pool, f"{origin}{FHIR}")
            objects = LocalDirectory(place.objects)
            evidence = EvidenceKeeper(archive.broker, objects)
            tidying = asyncio.create_task(evidence.tidy())
            try:
                await serving.serve(
                    apps_over(archive, records, place.settings, objects, evidence),
                    place.sockets,
                    stop_asked(),
                    stop_timeout_s=max(1, place.settings.stop_timeout_s - STOP_MARGIN_S),
                )
            finally:
                tidying.cancel()

    return run


def apps_over(
    archive: Archive,
    records: Records,
    settings: Settings,
    objects: ObjectStore,
    evidence: EvidenceKeeper,
) -> dict[str, App]:
    """The app of each door. Without OHIF's files, its door says that nothing is there."""
    folder = Path(settings.viewer_folder) if settings.viewer_folder else None
    viewer_origin = settings.viewer_url or f"http://{settings.viewer}"
    card_apps = _card_apps(settings, objects)
    console = ConsoleSettings(
        origin=origin_of(settings),
        viewer_origin=viewer_origin if folder is not None and folder.is_dir() else "",
        demo=settings.demo,
        cards=bool(settings.card_authority),
        passes=bool(settings.card_authority and card_apps),
    )
    attempts = Attempts()
    archive.mark_by(marker)
    site = Litestar(
        [
            dicomweb_router(archive),
            fhir_router(records, console.origin),
            links_router(records.links, console.origin, attempts),
            openapi.handler(),
            public_log.handler(objects),
            public_cards.handler(objects),
            *card_apps,
            oauth_router(archive.broker, console.origin, attempts),
            router_for(
                Backing(
                    ArchiveReader(archive, records),
                    RecordKeeper(records, archive.broker),
                    records.reports,
                    records.sheets,
                    records.links,
                    key_in,
                    evidence,
                    telling_over(archive.broker, objects),
                ),
                archive.broker,
                console,
                attempts,
            ),
        ],
        # DICOMweb reads its bodies as they come; the console's router has a limit of its own.
        request_max_body_size=None,
        exception_handlers={HTTPException: elsewhere},
        openapi_config=None,
    )
    apps: dict[str, App] = {"http": site, "metrics": serving.metrics}  # type: ignore[dict-item]
    if folder is not None and console.viewer_origin:
        try:
            apps["viewer"] = viewer_app(site, archive.broker, console, folder)  # type: ignore[assignment]
        except ViewerMissing as missing:
            telemetry.logger().warning("viewer-missing", code=missing.code)
    return apps


def _card_apps(settings: Settings, objects: ObjectStore) -> list[ASGIRouteHandler]:
    """The apps for browsers, where their packages are: the verifier, on trial by its own lists; and
    where cards are made, the holder's app for passes."""
    folder = Path(settings.web_packages)
    if not settings.web_packages or not folder.is_dir():
        return []
    try:
        if settings.card_list_pins or settings.production:
            apps = [card_verifier.handler(folder, settings.card_list_pins)]
        else:
            apps = [card_own_verifier.handler(folder, objects)]
        if settings.card_authority:
            apps.append(card_wallet.handler(folder))
        return apps
    except PackagesMissing as missing:
        telemetry.logger().warning("verifier-missing", code=missing.code)
        return []
