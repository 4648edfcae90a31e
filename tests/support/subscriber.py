"""A hospital's system that has itself told: a real HTTPS server on loopback."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.tls import Certified, certificate_for

HOST = "simrs.rs-harapan.example"
"""What its certificate names, beside loopback's address."""


@dataclass
class Told:
    """One notice: its address, headers and body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Subscriber:
    """What came, and how it is answered. ``moved``: where it says that it is now."""

    port: int
    certified: Certified
    told: list[Told] = field(default_factory=list)
    status: int = 200
    moved: str = ""

    @property
    def tls(self) -> ssl.SSLContext:
        """Whoever trusts its authority."""
        return ssl.create_default_context(cafile=str(self.certified.authority))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever does not trust the certificate hangs up."""


@contextlib.contextmanager
def subscriber(folder: Path, port: int = 0, *, plain: bool = False) -> Iterator[Subscriber]:
    """Listens until this ends. ``plain``: without TLS."""
    certified = (
        certificate_for(folder, HOST)
        if not folder.exists()
        else Certified(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    )
    here = Subscriber(port, certified)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            here.told.append(Told(self.path, dict(self.headers), body))
            self.send_response(here.status)
            if here.moved:
                self.send_header("Location", here.moved)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", port), Handler)
    here.port = server.server_address[1]
    if not plain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certified.certificate, certified.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
