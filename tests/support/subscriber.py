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

    certified: Certified
    port: int = 0
    told: list[Told] = field(default_factory=list)
    status: int = 200
    moved: str = ""

    @property
    def tls(self) -> ssl.SSLContext:
        """Whoever trusts its authority."""
        return ssl.create_default_context(cafile=str(self.certified.authority))

    def start(self) -> None:
        """Listen, at the port of before."""
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_address[1]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certified.certificate, self.certified.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def stop(self) -> None:
        """Be away."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever does not trust the certificate hangs up."""


def _handler(here: Subscriber) -> type[BaseHTTPRequestHandler]:
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

    return Handler


@contextlib.contextmanager
def subscriber(folder: Path) -> Iterator[Subscriber]:
    """Listens until this ends. ``folder``: where its certificate is made."""
    here = Subscriber(certificate_for(folder, HOST))
    here.start()
    try:
        yield here
    finally:
        here.stop()
