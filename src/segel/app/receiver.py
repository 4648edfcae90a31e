"""The receiver's process: the DIMSE door over an archive."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from segel.app.process import Place
from segel.app.settings import Settings, endpoint
from segel.app.signals import stop_asked
from segel.imaging import opened_archive
from segel.imaging.dimse import TlsDoor, TlsFiles, contexts, serve_receiver


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The receiver, ready to run once root is given up."""
    settings = place.settings
    host, port = endpoint(settings.dimse, "dimse") if settings.dimse else ("", 0)
    tls = tls_door(settings) if settings.dimse_tls else None

    async def run() -> None:
        async with opened_archive(place.broker, place.database, place.objects) as archive:
            serving = asyncio.create_task(
                serve_receiver(host, port, archive=archive, peers=archive.broker, tls=tls)
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


def tls_door(settings: Settings) -> TlsDoor:
    """The door with TLS; its files are read here, while that is still allowed.

    Raises CertificateBroken.
    """
    files = TlsFiles(
        Path(settings.dimse_tls_certificate),
        Path(settings.dimse_tls_key),
        Path(settings.dimse_tls_issuers),
    )
    return TlsDoor(*endpoint(settings.dimse_tls, "dimse_tls"), contexts(files))
