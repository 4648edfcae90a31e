"""The HL7 doors of the receiver: MLLP in the clear, over TLS, or both, into patients' charts."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from prometheus_client import Counter

from segel.app.settings import Settings, endpoint, origin_of
from segel.imaging import Archive
from segel.imaging.dimse import TlsContexts, TlsFiles, contexts, key_shown
from segel.records import BASE, Records
from segel.records.hl7 import Keeping, MllpServer, SenderSessions

MESSAGES = Counter(
    "segel_hl7_messages", "HL7 messages answered, by code and reason.", ["code", "reason"]
)


def mllp_tls(settings: Settings) -> TlsContexts | None:
    """What the door with TLS shows and asks for, where there is one. Raises CertificateBroken."""
    if not settings.mllp_tls:
        return None
    files = TlsFiles(
        Path(settings.mllp_tls_certificate),
        Path(settings.mllp_tls_key),
        Path(settings.mllp_tls_issuers),
        "mllp",
    )
    return contexts(files)


@contextlib.asynccontextmanager
async def mllp_doors(
    settings: Settings, archive: Archive, records: Records, tls: TlsContexts | None
) -> AsyncIterator[None]:
    """The doors that the settings open, until this ends. Raises OSError for a busy port."""
    if not (settings.mllp or settings.mllp_tls):
        yield
        return
    base = f"{origin_of(settings)}{BASE}"
    async with contextlib.AsyncExitStack() as doors:
        senders = SenderSessions(archive.broker.senders, key_shown)
        keeping = Keeping(records.transactions, senders, base)
        for address, field, context in (
            (settings.mllp, "mllp", None),
            (settings.mllp_tls, "mllp_tls", tls.accepting if tls else None),
        ):
            if address:
                server = MllpServer(
                    *endpoint(address, field),
                    accept=keeping.accept,
                    sender_of=keeping.sender_of,
                    tls=context,
                    count=_count,
                )
                await doors.enter_async_context(server)
        yield


def _count(state: str, reason: str) -> None:
    MESSAGES.labels(state, reason).inc()
