"""A client that costs next to nothing: one kept connection, requests made beforehand.

A client that parsed the answer while it came would be part of what is measured, and not equally
for all: one server sends a study in chunks of half a megabyte, another of some kilobytes. So the
bytes are only taken into memory that is kept, and read when the clock stands.
"""

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.archives import BenchFailed

TIMEOUT_S: Final = 120
FIRST_BYTES: Final = 1 << 20
HEAD_BYTES_MAX: Final = 65536
LAST_CHUNK: Final = b"0\r\n\r\n"
"""How a chunked body ends (RFC 9112 § 7.1), without trailers."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be written; ``body`` is not copied."""

    head: bytes
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response; header names in lower case. ``seconds``: from the first byte sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def parts(self) -> list[bytes]:
        """The bodies of a multipart answer (RFC 2046 § 5.1)."""
        _, _, rest = self.headers["content-type"].partition("boundary=")
        marker = b"--" + rest.split(";")[0].strip(' "').encode()
        return _parts(self.body, marker)


def request(
    method: str,
    http: tuple[str, int],
    path: str,
    headers: Mapping[str, str],
    body: bytes = b"",
) -> Request:
    """A request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {http[0]}:{http[1]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return Request(("\r\n".join(lines) + "\r\n\r\n").encode(), body)


def multipart(files: Sequence[bytes], boundary: str) -> bytes:
    """A multipart/related body of DICOM files, as STOW-RS takes it (PS3.18 § 10.5.1)."""
    pieces = []
    for file in files:
        pieces += [f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode(), file]
        pieces.append(b"\r\n")
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


class Connection:
    """One connection, kept as long as the server keeps it; one request after the other."""

    def __init__(self, http: tuple[str, int]) -> None:
        self._http = http
        self._memory = bytearray(FIRST_BYTES)
        self._socket = self._connect()

    def _connect(self) -> socket.socket:
        sock = socket.create_connection(self._http, TIMEOUT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def ask(self, asked: Request) -> Answer:
        """The whole answer. Raises BenchFailed where the server hangs up."""
        started_s = time.perf_counter()
        self._socket.sendall(asked.head)
        if asked.body:
            self._socket.sendall(asked.body)
        got = self._take(0)
        while (end := self._memory.find(b"\r\n\r\n", 0, got)) < 0:
            if got > HEAD_BYTES_MAX:
                raise BenchFailed("an answer's head has no end")
            got = self._take(got)
        at = end + 4
        status, headers = _head(bytes(self._memory[:end]))
        chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        if chunked:
            while got < at + len(LAST_CHUNK) or not self._memory.endswith(LAST_CHUNK, at, got):
                got = self._take(got)
        elif "content-length" in headers:
            while got < at + int(headers["content-length"]):
                got = self._take(got)
        else:  # it ends with the connection (RFC 9112 § 6.3)
            while (more := self._take(got, may_end=True)) > got:
                got = more
        seconds = time.perf_counter() - started_s
        if headers.get("connection", "").lower() == "close":
            self._socket.close()
            self._socket = self._connect()
        body = bytes(memoryview(self._memory)[at:got])
        return Answer(status, headers, _joined(body) if chunked else body, seconds)

    def _take(self, got: int, *, may_end: bool = False) -> int:
        if got == len(self._memory):
            self._memory += bytes(len(self._memory))
        with memoryview(self._memory) as view:
            more = self._socket.recv_into(view[got:])
        if not more and not may_end:
            raise BenchFailed("a server hung up in the middle of an answer")
        return got + more


def _head(text: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = text.decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


def _joined(body: bytes) -> bytes:
    """A chunked body without its chunks' heads."""
    pieces, at = [], 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end].split(b";")[0], 16)
        if size == 0:
            break
        at = end + 2
        pieces.append(body[at : at + size])
        at += size + 2
    if end + 4 != len(body):
        raise BenchFailed("a chunked answer was taken for ended before its end")
    return b"".join(pieces)


def _parts(body: bytes, marker: bytes) -> list[bytes]:
    parts, at = [], body.index(marker)
    while not body.startswith(marker + b"--", at):
        start = body.index(b"\r\n\r\n", at) + 4
        end = body.index(b"\r\n" + marker, start)
        parts.append(body[start:end])
        at = end + 2
    return parts
