"""The receiver: DICOM's own door (PS3.7, PS3.8). One event loop serves every association."""

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import Final, Self

import structlog

from segel.broker.errors import AeTitleUnknown, BrokerError
from segel.imaging.dimse import handshake
from segel.imaging.dimse.association import Association
from segel.imaging.dimse.bytestream import ByteStream
from segel.imaging.dimse.errors import DimseError
from segel.imaging.dimse.intake import Inflight
from segel.imaging.dimse.items import AssociateRequest
from segel.imaging.dimse.limits import Limits
from segel.imaging.dimse.operations import serve
from segel.imaging.dimse.pdu import Rejection, Rejections
from segel.imaging.dimse.ports import Archive, Peers, Worklist
from segel.imaging.dimse.serving import Peer, Serving
from segel.imaging.dimse.tls import TlsContexts

CALLED_AE_FIELD: Final = "called"
"""``AeTitleUnknown.field`` where the caller is known, and not for the title that it called."""

CONNECTIONS_EACH: Final = 2
"""Connections per allowed association; beyond, not even a rejection is written."""

_log = structlog.stdlib.get_logger("segel")


@dataclass(frozen=True, slots=True)
class TlsDoor:
    """Where it listens with TLS, and what it shows and asks for there."""

    host: str
    port: int
    contexts: TlsContexts


class Receiver:
    """Listens, admits, serves. ``async with Receiver(...)`` or ``start`` and ``stop``."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        archive: Archive,
        worklist: Worklist,
        peers: Peers,
        limits: Limits | None = None,
        tls: TlsDoor | None = None,
    ) -> None:
        self._doors = [(host, port, None)] if host else []
        self._tls = tls
        self._archive = archive
        self._worklist = worklist
        self._peers = peers
        self.limits = limits or Limits()
        self._inflight = Inflight(self.limits.inflight_bytes)
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()
        self._open: dict[asyncio.Task[None], Association] = {}

    async def start(self) -> None:
        """Open the door. Raises OSError where the address cannot be listened on."""
        loop = asyncio.get_running_loop()
        doors: list[tuple[str, int, ssl.SSLContext | None]] = [*self._doors]
        if self._tls is not None:
            doors.append((self._tls.host, self._tls.port, self._tls.contexts.accepting))
        for host, port, context in doors:
            server = await loop.create_server(
                lambda: _Arriving(self),
                host,
                port,
                backlog=self.limits.associations,
                ssl=context,
                ssl_handshake_timeout=self.limits.artim_s if context else None,
            )
            self._servers.append(server)
            _log.info("dimse-listening", port=_port_of(server))

    @property
    def port(self) -> int:
        """The port of its first door (the one without TLS where there is one), also where 0 was
        asked for."""
        assert self._servers, "not started"
        return _port_of(self._servers[0])

    @property
    def tls_port(self) -> int:
        """The port of its door with TLS."""
        assert self._servers, "not started"
        return _port_of(self._servers[-1])

    @property
    def associations(self) -> int:
        """How many are open now."""
        return len(self._open)

    async def stop(self) -> None:
        """Close the door; what is under way may end within ``stop_s``, then it is aborted."""
        for server in self._servers:
            server.close()
        for task in self._connections:
            if task in self._open and self._open[task].is_busy:
                self._open[task].leave()
            else:
                task.cancel()
        if self._connections:
            await asyncio.wait(self._connections, timeout=self.limits.stop_s)
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._servers.clear()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # --- how ----------------------------------------------------------------------------------

    def welcome(self, stream: ByteStream) -> None:
        """A connection was made."""
        if len(self._connections) >= CONNECTIONS_EACH * self.limits.associations:
            stream.cut()
            return
        task = asyncio.create_task(self._converse(stream))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, stream: ByteStream) -> None:
        started = time.monotonic()
        association: Association | None = None
        peer: Peer | None = None

        async def admit(request: AssociateRequest) -> Rejection | None:
            nonlocal peer
            peer = Peer(
                self._peers,
                request.calling_ae,
                request.called_ae,
                stream.peer_host,
                stream.peer_key,
            )
            return await self._admit(peer)

        try:
            association = await handshake.accept(stream, admit, self.limits, self._inflight)
        except (DimseError, TimeoutError):
            return
        finally:
            if association is None:
                stream.close()
        if association is None:
            return
        assert peer is not None
        serving = Serving(
            association,
            peer,
            self._peers,
            self._archive,
            self._worklist,
            self.limits,
            self._inflight,
            self._tls.contexts if self._tls else None,
        )
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = association
        answered = 0
        try:
            answered = await serve(serving)
        finally:
            del self._open[task]
            await association.close()
            ending = association.ending.value if association.ending else ""
            elapsed_ms = round((time.monotonic() - started) * 1000)
            _log.info("dimse-association", state=ending, count=answered, duration_ms=elapsed_ms)

    async def _admit(self, peer: Peer) -> Rejection | None:
        if len(self._open) >= self.limits.associations:
            return Rejections.LOCAL_LIMIT
        try:
            await peer.requester()
        except AeTitleUnknown as unknown:
            _log.info("dimse-rejected", code=unknown.code)
            called = unknown.field == CALLED_AE_FIELD
            return Rejections.CALLED_AE_TITLE if called else Rejections.CALLING_AE_TITLE
        except BrokerError as refused:
            _log.warning("dimse-rejected", code=refused.code)
            return Rejections.CONGESTION
        return None


class _Arriving(ByteStream):
    """A connection that tells its receiver."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(receiver.limits.stall_s)
        self._receiver = receiver

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._receiver.welcome(self)


def _port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


async def serve_receiver(
    host: str,
    port: int,
    *,
    archive: Archive,
    worklist: Worklist,
    peers: Peers,
    tls: TlsDoor | None = None,
) -> None:
    """Run a receiver until this task is cancelled. ``host`` '': only the door with TLS."""
    async with Receiver(host, port, archive=archive, worklist=worklist, peers=peers, tls=tls):
        await asyncio.Event().wait()
