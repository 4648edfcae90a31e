"""The receiver's process: the DIMSE door and the HL7 doors over an archive."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from segel.app.mllp import mllp_doors, mllp_tls
from segel.app.process import Place
from segel.app.settings import Settings, endpoint, origin_of
from segel.app.signals import stop_asked
from segel.imaging import opened_archive
from segel.imaging.dimse import TlsContexts, TlsDoor, TlsFiles, contexts, serve_receiver
from segel.records import BASE, Records
from segel.store.database import opened_pool


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The receiver, ready to run once root is given up."""
    settings = place.settings
    host, port = endpoint(settings.dimse, "dimse") if settings.dimse else ("", 0)
    dimse_tls, hl7_tls = tls_contexts(settings)
    tls = TlsDoor(*endpoint(settings.dimse_tls, "dimse_tls"), dimse_tls) if dimse_tls else None

    async def run() -> None:
        async with (
            opened_archive(place.broker, place.database, place.objects) as archive,
            opened_pool(place.database) as pool,
            contextlib.AsyncExitStack() as doors,
        ):
            records = Records(archive, pool, f"{origin_of(settings)}{BASE}")
            await doors.enter_async_context(mllp_doors(settings, archive, records, hl7_tls))
            serving = asyncio.create_task(
                serve_receiver(
                    host,
                    port,
                    archive=archive,
                    worklist=records.worklist,
                    peers=archive.broker,
                    tls=tls,
                )
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


def tls_contexts(settings: Settings) -> tuple[TlsContexts | None, TlsContexts | None]:
    """What the doors with TLS show and ask for, DIMSE's and HL7's; their files are read here,
    while that is still allowed. Raises CertificateBroken."""
    if not settings.dimse_tls:
        return None, mllp_tls(settings)
    files = TlsFiles(
        Path(settings.dimse_tls_certificate),
        Path(settings.dimse_tls_key),
        Path(settings.dimse_tls_issuers),
    )
    return contexts(files), mllp_tls(settings)
