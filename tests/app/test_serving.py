"""A gateway worker: the right app behind each port, counted by template, stopped gracefully."""

import asyncio
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from segel.app import serving


def listening() -> socket.socket:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    return bound


def saying(text: bytes, template: str) -> serving.App:
    async def app(scope: serving.Scope, receive: serving.Receive, send: serving.Send) -> None:
        scope["path_template"] = template
        if scope["path"].startswith("/slow"):
            await asyncio.sleep(0.5)
        await serving.answer(send, 200, text)

    return app


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310
            return response.status, response.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def during(apps: dict[str, serving.App], names: list[str], visit: Callable[..., None]) -> None:
    sockets = {name: listening() for name in names}
    urls = [f"http://127.0.0.1:{sockets[name].getsockname()[1]}" for name in names]

    async def story() -> None:
        stop = asyncio.Event()

        async def stopped() -> None:
            await stop.wait()

        descriptors = {name: sock.detach() for name, sock in sockets.items()}
        server = asyncio.create_task(serving.serve(apps, descriptors, stopped(), stop_timeout_s=5))
        try:
            await asyncio.to_thread(visit, *urls)
        finally:
            stop.set()
            await server

    asyncio.run(story())


def test_each_port_has_its_own_app() -> None:
    def visit(http: str, viewer: str) -> None:
        assert get(http + "/x") == (200, b"console")
        assert get(viewer + "/x") == (200, b"viewer")
        assert get(http + "/healthz") == (200, b"ok\n")

    apps = {"http": saying(b"console", "/x"), "viewer": saying(b"viewer", "/x")}
    during(apps, ["http", "viewer"], visit)


def test_a_door_without_an_app_says_so() -> None:
    def visit(viewer: str) -> None:
        code, body = get(viewer + "/")
        assert code == 404
        assert b"Nothing is served here" in body

    during({}, ["viewer"], visit)


COUNTING = """
import asyncio
from segel.app import serving

async def main() -> None:
    said = []
    async def send(message): said.append(message)
    async def app(scope, receive, send):
        scope["path_template"] = "/studies/{study}"
        await serving.answer(send, 200, b"")
    doors = serving.Doors({1: ("http", app), 2: ("metrics", serving.metrics)})
    scope = {"type": "http", "method": "GET", "path": "/studies/1.2.840.113619", "server": ("", 1)}
    await doors(scope, None, send)
    await doors(scope | {"path": "/metrics", "server": ("", 2)}, None, send)
    print(said[-1]["body"].decode())

asyncio.run(main())
"""


def test_metrics_count_templates_and_never_paths(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    text = subprocess.run(
        [sys.executable, "-c", COUNTING],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert 'route="/studies/{study}"} 1.0' in text
    assert "113619" not in text


def test_what_is_under_way_is_answered_before_it_stops() -> None:
    answers: list[tuple[int, bytes]] = []

    async def story() -> None:
        sock = listening()
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/slow"
        stop = asyncio.Event()

        async def stopped() -> None:
            await stop.wait()

        apps = {"http": saying(b"done", "/slow")}
        server = asyncio.create_task(
            serving.serve(apps, {"http": sock.detach()}, stopped(), stop_timeout_s=5)
        )
        asking = asyncio.create_task(asyncio.to_thread(get, url))
        await asyncio.sleep(0.2)
        stop.set()
        answers.append(await asking)
        await server

    asyncio.run(story())
    assert answers == [(200, b"done")]
