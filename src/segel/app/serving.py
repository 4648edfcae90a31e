"""One gateway worker's web server: several apps behind listening sockets that it inherits.

Which app answers is decided by the port that the connection came in on. Requests are counted and
timed by their route's template, never by their path.
"""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any, Final

import uvicorn
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from segel.app import telemetry

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEEP_ALIVE_S: Final = 75
"""Longer than the 60 s after which common proxies give up an idle connection."""

HEALTH: Final = "/healthz"

REQUESTS = Counter("segel_http_requests", "Requests answered.", ["door", "method", "route", "code"])
SECONDS = Histogram("segel_http_seconds", "Until the answer's last byte.", ["door", "route"])


class Doors:
    """The ASGI app of a worker: by port to the app behind it."""

    def __init__(self, apps: Mapping[int, tuple[str, App]]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] in ("http", "websocket")
        door, app = self._apps[scope["server"][1]]
        if scope["type"] == "http" and scope["path"] == HEALTH and scope["method"] == "GET":
            await answer(send, 200, b"ok\n")
            return
        code = 500
        started_s = time.monotonic()

        async def counting(message: MutableMapping[str, Any]) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        try:
            await app(scope, receive, counting)
        finally:
            route = str(scope.get("path_template") or "other")
            method = str(scope.get("method", "GET"))
            REQUESTS.labels(door, method, route, str(code)).inc()
            SECONDS.labels(door, route).observe(time.monotonic() - started_s)


async def metrics(scope: Scope, receive: Receive, send: Send) -> None:
    """The counters of all processes, for Prometheus."""
    if scope["path"] != "/metrics":
        await answer(send, 404, b"")
        return
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    await answer(send, 200, generate_latest(registry), CONTENT_TYPE_LATEST)


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """A door with nothing behind it."""
    problem = {"type": "about:blank", "title": "Nothing is served here.", "status": 404}
    await answer(send, 404, json.dumps(problem).encode(), "application/problem+json")


async def answer(send: Send, code: int, body: bytes, kind: str = "text/plain") -> None:
    """A whole response."""
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again and end the process half-way."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    apps: Mapping[str, App],
    descriptors: Mapping[str, int],
    until: Awaitable[None],
    *,
    stop_timeout_s: int,
) -> None:
    """Serve ``apps`` on the inherited sockets of the same names, until ``until`` returns."""
    sockets = {name: socket.socket(fileno=number) for name, number in descriptors.items()}
    by_port = {
        sock.getsockname()[1]: (name, apps.get(name, nothing_here))
        for name, sock in sockets.items()
    }
    config = uvicorn.Config(
        Doors(by_port),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=stop_timeout_s,
    )
    server = _Server(config)

    async def stop() -> None:
        await until
        server.should_exit = True

    stopping = asyncio.ensure_future(stop())
    try:
        telemetry.logger().info("doors-open", count=len(sockets))
        await server.serve(sockets=list(sockets.values()))
    finally:
        stopping.cancel()
