"""The witness' HTTP door, as a bare ASGI app: one call, its monitoring, its counters.

    POST /add-checkpoint        200 signature line, 400, 403, 404, 409 known size, 413, 422
    GET  /HASH/checkpoint       the newest cosigned checkpoint of a log; HASH: SHA-256 of its origin
    GET  /metrics, /healthz

Source: C2SP tlog-witness. No request carries or leaves personal data: a checkpoint is an origin, a
size and a hash.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from segel.tlog import CONFLICT_MEDIA_TYPE, SUBMISSION_BYTES_MAX
from segel.witness.cosigning import Witness
from segel.witness.errors import (
    LogUnknown,
    ProofRefused,
    RequestMalformed,
    SignatureRefused,
    SizeConflict,
    StateBroken,
    WitnessError,
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_S: Final = 10.0
"""For a body of at most 64 KiB to arrive; who is slower would keep a place from others."""

UNDER_WAY_MAX: Final = 64
"""Requests being decided at once; each holds at most 64 KiB."""

TEXT: Final = "text/plain; charset=utf-8"

STATUS: Final[dict[type[WitnessError], int]] = {
    RequestMalformed: 400,
    SignatureRefused: 403,
    LogUnknown: 404,
    SizeConflict: 409,
    ProofRefused: 422,
    StateBroken: 500,
}

_MONITORING: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")

log = structlog.get_logger()


class _Answer(Exception):
    def __init__(self, status: int, body: str = "", kind: str = TEXT) -> None:
        self.status, self.body, self.kind = status, body, kind


def web_app(witness: Witness) -> App:
    """The app of one witness."""
    registry = CollectorRegistry()
    answered = Counter(
        "segel_witness_requests", "Checkpoints sent to us.", ["outcome"], registry=registry
    )
    registry.register(_Sizes(witness))
    room = asyncio.Semaphore(UNDER_WAY_MAX)

    async def add_checkpoint(receive: Receive) -> tuple[int, str, str]:
        if room.locked():
            return 503, "Busy; try again.\n", TEXT
        async with room:
            body = await _body(receive)
            try:
                line = await asyncio.to_thread(witness.add_checkpoint, body)
            except SizeConflict as conflict:
                answered.labels(conflict.code).inc()
                return STATUS[SizeConflict], f"{conflict.known_size}\n", CONFLICT_MEDIA_TYPE
            except WitnessError as refusal:
                answered.labels(refusal.code).inc()
                log.warning("checkpoint refused", code=refusal.code)
                return STATUS[type(refusal)], f"{refusal}\n", TEXT
        answered.labels("cosigned").inc()
        return 200, line, TEXT

    async def route(scope: Scope, receive: Receive) -> tuple[int, str, str]:
        path, method = scope["path"], scope["method"]
        if path == "/add-checkpoint":
            if method != "POST":
                return 405, "POST only.\n", TEXT
            return await add_checkpoint(receive)
        if method not in ("GET", "HEAD"):
            return 405, "GET only.\n", TEXT
        if path == "/metrics":
            metrics = await asyncio.to_thread(generate_latest, registry)
            return 200, metrics.decode(), CONTENT_TYPE_LATEST
        if path == "/healthz":
            await asyncio.to_thread(witness.records)
            return 200, "ok\n", TEXT
        if (monitored := _MONITORING.fullmatch(path)) is not None:
            return 200, await asyncio.to_thread(witness.newest, monitored[1]), TEXT
        return 404, "Nothing is served here.\n", TEXT

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        try:
            status, text, kind = await route(scope, receive)
        except _Answer as early:
            status, text, kind = early.status, early.body, early.kind
        except WitnessError as refusal:
            status, text, kind = STATUS.get(type(refusal), 500), f"{refusal}\n", TEXT
        body = text.encode()
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if status == 405:
            headers.append((b"allow", b"POST" if scope["path"] == "/add-checkpoint" else b"GET"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown})

    return app


async def _body(receive: Receive) -> bytes:
    """The request's body, within its limits of size and time."""
    parts: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise _Answer(400)
                part = message.get("body", b"")
                length += len(part)
                if length > SUBMISSION_BYTES_MAX:
                    raise _Answer(413, f"At most {SUBMISSION_BYTES_MAX} bytes.\n")
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise _Answer(408, "The request took too long.\n") from None


class _Sizes(Collector):
    """Size and time of the newest cosigned checkpoint of each log."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness

    def collect(self) -> list[GaugeMetricFamily]:
        """See ``Collector``."""
        sizes = GaugeMetricFamily(
            "segel_witness_log_size", "Entries in the newest cosigned checkpoint.", labels=["log"]
        )
        times = GaugeMetricFamily(
            "segel_witness_cosigned_seconds", "When it was cosigned.", labels=["log"]
        )
        for record in self._witness.records():
            sizes.add_metric([record.origin], record.size)
            times.add_metric([record.origin], record.cosigned_s)
        return [sizes, times]
