"""OpenID providers for tests: a certified one that runs in Node, and a hostile one."""

import contextlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / ".segel-op"
SERVER = REPOSITORY / "tests" / "support" / "openid_provider" / "server.mjs"


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextlib.contextmanager
def certified_provider(clients: list[dict[str, Any]]) -> Iterator[str]:
    """The issuer of a running ``oidc-provider``; skips where Node or the package is not there."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("oidc-provider is not installed: make openid-provider")
    port = free_port()
    with subprocess.Popen(
        [node, str(SERVER), str(FOLDER), str(port), json.dumps(clients)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"PATH": os.environ["PATH"], "NODE_ENV": "test"},
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


def sign_in_there(address: str, login: str, back: str) -> dict[str, str]:
    """Say a name at the certified provider; the parameters it sends the browser ``back`` with."""
    with httpx.Client(follow_redirects=False, timeout=20) as browser:
        answer = browser.get(address)
        for _ in range(12):
            if answer.status_code in (302, 303):
                address = str(answer.request.url.join(answer.headers["location"]))
                if address.startswith(back):
                    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
                answer = browser.get(address)
            else:
                assert answer.status_code == 200, answer.text[:500]
                prompt = "login" if 'name="login"' in answer.text else "consent"
                form = {"prompt": prompt, "login": login, "password": "-"}
                answer = browser.post(str(answer.request.url), data=form)
    raise AssertionError("the provider did not send the browser back")


@dataclass
class HostileProvider:
    """A provider that answers as a test wants it to.

    ``sign`` makes the id token of the claims that an honest one would state; ``keys`` is what it
    publishes. ``asked`` counts requests by path.
    """

    issuer: str
    key: RSAKey
    sign: Callable[[dict[str, Any]], str]
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            **self.metadata,
        }


def signed(key: RSAKey, claims: dict[str, Any], **header: Any) -> str:
    """An id token by ``key``."""
    told = {"alg": "RS256", "kid": key.kid or key.thumbprint(), **header}
    return jwt.encode(told, claims, key, algorithms=[told["alg"]])


@contextlib.contextmanager
def hostile_provider() -> Iterator[HostileProvider]:
    """A provider of one test. It hands out codes without asking anybody."""
    port = free_port()
    key = RSAKey.generate_key(2048, {"kid": "one"})
    provider = HostileProvider(f"http://localhost:{port}", key, lambda claims: signed(key, claims))
    provider.keys = [key.as_dict(private=False)]

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            known: dict[str, Callable[[], dict[str, Any]]] = {
                "/.well-known/openid-configuration": provider.document,
                "/jwks": lambda: {"keys": provider.keys},
            }
            self._say(known[self.path]())

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            self.rfile.read(int(self.headers["content-length"]))
            id_token = provider.sign(dict(provider.claims))
            self._say({"access_token": "at", "token_type": "Bearer", "id_token": id_token})

        def _say(self, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
