"""Speaking to OpenBao: one pool of connections, logged in, every failure one of our errors.

A token is got with an AppRole, or stands in a file that somebody else keeps fresh. Half way through
its life it is renewed by the next call; one that is refused is got anew and the call made once
more. Nothing that was sent or answered stands in an error: both hold keys.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec
import urllib3

from segel.keys.errors import (
    KmsAnswerBroken,
    KmsBusy,
    KmsDenied,
    KmsError,
    KmsMissing,
    KmsSealed,
    KmsUnavailable,
)

CONNECT_S: Final = 2.0
ANSWER_S: Final = 15.0
"""A batch of thousands takes a tenth of a second; a change of leader takes seconds."""

CONNECTIONS_MAX: Final = 16
"""More threads than the broker ever has in calls of the KMS."""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_UNIX: Final = "unix://"

T = TypeVar("T")


class Refused(Exception):
    """The server understood and said no (400, 404). The adapter knows what it means; ``body`` is
    for it alone."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.body = body


class _AppRole(msgspec.Struct, frozen=True):
    role_id: str
    secret_id: str


class _Auth(msgspec.Struct, frozen=True):
    client_token: str
    lease_duration: float


class _LoggedIn(msgspec.Struct, frozen=True):
    auth: _Auth


class _SealStatus(msgspec.Struct, frozen=True):
    sealed: bool
    initialized: bool = True


@dataclass(frozen=True, slots=True)
class _Ticket:
    """``renew_s``: when to renew it, on the monotonic clock."""

    token: str = field(repr=False)
    renew_s: float


class BaoHttp:
    """The API of one server. Threads share it.

    ``credential``: says the token, or the AppRole as JSON, whenever it is asked.

    ``address``: ``https://HOST:PORT``, ``unix:///path/to/socket``, or ``http://`` on loopback.
    ``ca_file``: the certificates that ``https`` is checked against; None: the system's.
    """

    def __init__(
        self,
        address: str,
        credential: Callable[[], str],
        *,
        ca_file: Path | None = None,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._credential = credential
        self._ticket: _Ticket | None = None
        self._logging_in = threading.Lock()
        self._pool = _pool(address, ca_file, answer_s)

    def close(self) -> None:
        """Hang up."""
        self._pool.close()

    def call(self, method: str, path: str, answer: type[T], body: object = None) -> T:
        """The server's answer. Raises Refused for 400 and 404, and KmsUnavailable's family."""
        return _decoded(self.send(method, path, body), answer)

    def send(self, method: str, path: str, body: object = None) -> bytes:
        """As ``call``, for answers that are empty or not looked at."""
        content = b"" if body is None else msgspec.json.encode(body)
        ticket = self._valid_ticket()
        try:
            return self._exchange(method, path, content, ticket.token)
        except KmsDenied:
            fresh = self._renewed_ticket(ticket)
            if fresh.token == ticket.token:
                raise
            return self._exchange(method, path, content, fresh.token)

    def is_sealed(self) -> bool:
        """Whether it waits to be unsealed. Needs no token. Raises KmsUnavailable."""
        status = _decoded(self._exchange("GET", "sys/seal-status", b"", ""), _SealStatus)
        return status.sealed or not status.initialized

    # --- who we are ---------------------------------------------------------------------------

    def _valid_ticket(self) -> _Ticket:
        ticket = self._ticket
        if ticket is not None and time.monotonic() < ticket.renew_s:
            return ticket
        return self._renewed_ticket(ticket)

    def _renewed_ticket(self, worn: _Ticket | None) -> _Ticket:
        """A ticket that is not ``worn``; threads that find the same one worn wait for one login."""
        with self._logging_in:
            if self._ticket is None or self._ticket is worn:
                self._ticket = self._log_in()
            return self._ticket

    def _log_in(self) -> _Ticket:
        said = self._credential()
        if said.startswith("{"):
            role = _decoded(said.encode(), _AppRole)
            answer = self._exchange("POST", "auth/approle/login", msgspec.json.encode(role), "")
        else:
            try:
                answer = self._exchange("POST", "auth/token/renew-self", b"{}", said)
            except Refused:  # not renewable: used as it is, for as long as it is taken
                return _Ticket(said, float("inf"))
        auth = _decoded(answer, _LoggedIn).auth
        half_s = auth.lease_duration / 2 if auth.lease_duration else float("inf")
        return _Ticket(auth.client_token, time.monotonic() + half_s)

    # --- one exchange -------------------------------------------------------------------------

    def _exchange(self, method: str, path: str, content: bytes, token: str) -> bytes:
        headers = {"X-Vault-Token": token} if token else {}
        try:
            try:
                answer = self._request(method, path, content, headers)
            except urllib3.exceptions.NewConnectionError:  # nothing was sent: once more
                answer = self._request(method, path, content, headers)
        except urllib3.exceptions.HTTPError:
            raise KmsUnavailable from None
        status, body = answer.status, answer.data
        if status < 300:
            return body
        match status:
            case 403:
                raise KmsDenied
            case 400 | 404:
                if path == "auth/approle/login":
                    raise KmsDenied
                raise Refused(status, body)
            case 429:
                raise KmsBusy
            case 413:
                raise KmsError("The KMS does not take a request of this size.")
            case 503 if path != "sys/seal-status" and self.is_sealed():
                raise KmsSealed
            case _ if status >= 500:
                raise KmsUnavailable
            case _:
                raise KmsAnswerBroken

    def _request(
        self, method: str, path: str, content: bytes, headers: dict[str, str]
    ) -> urllib3.BaseHTTPResponse:
        return self._pool.urlopen(
            method, f"/v1/{path}", content, headers, retries=False, redirect=False
        )


def _pool(address: str, ca_file: Path | None, answer_s: float) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=CONNECT_S, read=answer_s)
    if address.startswith(_UNIX):
        return _UnixPool(address.removeprefix(_UNIX), timeout)
    url = _checked(address)
    assert url.hostname is not None
    if url.scheme == "http":
        return urllib3.HTTPConnectionPool(
            url.hostname, url.port, timeout, CONNECTIONS_MAX, block=True
        )
    return urllib3.HTTPSConnectionPool(
        url.hostname,
        url.port,
        timeout,
        CONNECTIONS_MAX,
        block=True,
        ssl_context=_verification(ca_file),
    )


class _UnixPool(urllib3.HTTPConnectionPool):
    """Connections over a socket in the file system."""

    def __init__(self, path: str, timeout: urllib3.Timeout) -> None:
        super().__init__("openbao", None, timeout, CONNECTIONS_MAX, block=True)
        self._path = path

    def _new_conn(self) -> urllib3.connection.HTTPConnection:
        return _UnixConnection(self._path)


class _UnixConnection(urllib3.connection.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("openbao")
        self._path = path

    def _new_conn(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(CONNECT_S)
            connection.connect(self._path)
        except OSError as failure:
            connection.close()
            raise urllib3.exceptions.NewConnectionError(self, "no answer") from failure
        return connection


def _checked(address: str) -> SplitResult:
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        url, port = SplitResult("", "", "", "", ""), None
    if (
        url.scheme not in ("https", "http")
        or not url.hostname
        or port == 0
        or url.path not in ("", "/")
    ):
        raise KmsError(
            "The address of OpenBao is malformed.",
            remedy="Write https://HOST:8200, or unix:///path/to/its/socket.",
        )
    if url.scheme == "http" and url.hostname not in LOOPBACK:
        raise KmsError(
            "Keys do not travel in the clear: plain http is for loopback only.",
            remedy="Give OpenBao's listener a certificate and use https.",
        )
    return url


def _verification(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise KmsMissing(
            f"The certificates to check OpenBao with cannot be read from {ca_file}.",
            remedy="Put its CA's certificate there, as PEM.",
        ) from None


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise KmsAnswerBroken from None
