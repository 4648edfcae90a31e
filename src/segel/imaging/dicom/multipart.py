"""multipart bodies, read as they arrive (RFC 2046 § 5.1).

A body is megabytes of binary between boundary lines. The reader looks for the next boundary with
``find`` in what has just arrived, and copies each byte once, into the part that is handed out:

    preamble CRLF? --boundary CRLF headers CRLF CRLF body CRLF --boundary ... --boundary-- epilogue
"""

from typing import Final, NamedTuple

import msgspec

from segel.imaging.dicom.elements import Buffer
from segel.imaging.dicom.errors import MultipartBroken, MultipartTooLarge

PART_BYTES_MAX: Final = 2 << 30
"""One part, 2 GiB: the length of native pixel data ends at 4 GiB, and instances stay far below."""

PARTS_MAX: Final = 10_000
"""Parts in one request; a study of more is sent in several."""

HEADER_BYTES_MAX: Final = 8192
"""The header lines of one part."""

PREAMBLE_BYTES_MAX: Final = 65536
"""What may stand before the first boundary; it means nothing (RFC 2046 § 5.1.1)."""

_BLANK_LINE: Final = b"\n\r\n"
_BARE_BLANK_LINE: Final = b"\n\n"

_STEP_BYTES: Final = 1 << 18
"""How much is looked at at once: what lies behind a boundary is copied, and must stay little."""

_CHECK_CLIENT: Final = "Check how the client writes multipart bodies."


class Limits(msgspec.Struct, frozen=True):
    """What one body may hold; sizes in bytes."""

    part_bytes: int = PART_BYTES_MAX
    parts: int = PARTS_MAX
    header_bytes: int = HEADER_BYTES_MAX
    preamble_bytes: int = PREAMBLE_BYTES_MAX


class Part(NamedTuple):
    """One part: its headers, names in lower case, and its body."""

    headers: dict[str, str]
    body: bytearray

    @property
    def media_type(self) -> str:
        """The part's media type in lower case, without parameters; '' where it names none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class MultipartReader:
    """Feed it chunks; it hands out parts as they become whole. ``close`` when the body ended.

    Line ends may be bare LF before and inside the headers of parts, as some clients write them;
    the line end before a boundary belongs to the boundary. Every method raises MultipartBroken,
    and MultipartTooLarge where one of the limits is passed.
    """

    __slots__ = (
        "_body",
        "_delimiter",
        "_done",
        "_head",
        "_headers",
        "_limits",
        "_parts",
        "_passed",
        "_state",
    )

    def __init__(self, boundary: str, limits: Limits | None = None) -> None:
        self._delimiter = b"\n--" + boundary.encode("latin-1")
        self._limits = limits or Limits()
        # What has arrived and is not handed out: outside a body ``_head``, inside it ``_body``.
        # The line feed lets the first boundary stand at the very start.
        self._head = bytearray(b"\n")
        self._body = bytearray()
        self._headers: dict[str, str] = {}
        self._state = self._preamble
        self._parts = 0
        self._passed = 0  # bytes of the preamble
        self._done = False

    def feed(self, chunk: Buffer) -> list[Part]:
        """Take the next bytes of the body; the parts that they complete."""
        parts: list[Part] = []
        if len(chunk) <= _STEP_BYTES:
            self._step(parts, chunk)
        else:
            view = memoryview(chunk)
            for at in range(0, len(view), _STEP_BYTES):
                self._step(parts, view[at : at + _STEP_BYTES])
        return parts

    def _step(self, parts: list[Part], chunk: Buffer) -> None:
        if self._state == self._in_body:
            self._in_body(parts, chunk)
        else:
            self._head += chunk
        while self._state != self._in_body and self._state(parts):
            pass

    def close(self) -> None:
        """The body has ended: it must have been whole, with one part at least."""
        if not self._done:
            found = self._state != self._preamble
            raise MultipartBroken(
                "The body ends before its last boundary."
                if found
                else "The boundary that Content-Type names is not in the body.",
                remedy="Send the whole body, and name its boundary." if found else _CHECK_CLIENT,
            )
        if not self._parts:
            raise MultipartBroken("The body has no parts.", remedy="Send at least one instance.")

    def _preamble(self, parts: list[Part]) -> bool:
        at = self._head.find(self._delimiter)
        keep = len(self._delimiter) - 1  # the boundary may have begun
        passed = at if at >= 0 else max(0, len(self._head) - keep)
        self._passed += passed
        if self._passed > self._limits.preamble_bytes:
            raise MultipartBroken(
                "The boundary that Content-Type names is not in the body, or not near its start.",
                field="Content-Type",
                remedy=_CHECK_CLIENT,
            )
        if at < 0:
            del self._head[:passed]
            return False
        del self._head[: at + len(self._delimiter)]
        self._state = self._behind_boundary
        return True

    def _behind_boundary(self, parts: list[Part]) -> bool:
        """Behind a boundary: ``--`` ends the body, a line end begins a part."""
        if len(self._head) < 2:
            return False
        if self._head.startswith(b"--"):
            self._done = True
            self._state = self._epilogue
            return True
        end = self._head.find(b"\n")
        if end < 0:
            if len(self._head) > self._limits.header_bytes:
                raise _bad_boundary_line()
            return False
        if self._head[:end].strip(b" \t\r"):
            raise _bad_boundary_line()
        if self._parts >= self._limits.parts:
            raise MultipartTooLarge(
                f"The body has more than {self._limits.parts} parts.",
                remedy="Send it as several requests.",
            )
        # The line feed stays: headers that are missing altogether end with it and the next one.
        del self._head[:end]
        self._state = self._in_headers
        return True

    def _in_headers(self, parts: list[Part]) -> bool:
        head = self._head
        longest = self._limits.header_bytes
        end, size = _blank_line(head, longest)
        if end < 0 and len(head) > longest + len(_BLANK_LINE):
            raise MultipartTooLarge(
                f"The headers of a part are longer than {self._limits.header_bytes} bytes.",
                remedy=_CHECK_CLIENT,
            )
        if end < 0:
            return False
        self._headers = _parse_headers(bytes(head[:end]))
        rest = memoryview(head)[end + size :]
        # A body may be empty: its boundary then has only the line feed of the blank line before it.
        self._head = bytearray()
        self._body = bytearray()
        self._state = self._in_body
        self._in_body(parts, rest)
        return self._state != self._in_body

    def _in_body(self, parts: list[Part], chunk: Buffer = b"") -> bool:
        body, delimiter = self._body, self._delimiter
        # The boundary may have begun in what arrived before.
        known = len(body)
        body += chunk
        at = body.find(delimiter, max(0, known - len(delimiter) + 1))
        if at < 0 and not known and body.startswith(delimiter[1:]):
            at = 0
            self._head = body[len(delimiter) - 1 :]
            del body[:]
        elif at < 0:
            if len(body) > self._limits.part_bytes + len(delimiter) + 2:
                raise self._part_too_large()
            return False
        else:
            self._head = body[at + len(delimiter) :]
            del body[at - 1 if at and body[at - 1] == 13 else at :]
        if len(body) > self._limits.part_bytes:
            raise self._part_too_large()
        parts.append(Part(self._headers, body))
        self._parts += 1
        self._body = bytearray()
        self._state = self._behind_boundary
        return True

    def _epilogue(self, parts: list[Part]) -> bool:
        self._head.clear()
        return False

    def _part_too_large(self) -> MultipartTooLarge:
        return MultipartTooLarge(
            f"A part is larger than {self._limits.part_bytes} bytes.",
            remedy="Split the instance.",
        )


def _bad_boundary_line() -> MultipartBroken:
    return MultipartBroken("A boundary line goes on behind its boundary.", remedy=_CHECK_CLIENT)


def _blank_line(head: bytearray, latest: int) -> tuple[int, int]:
    """Where the blank line that ends the headers begins, up to ``latest``, and its length; or -1.

    Behind it megabytes of pixels may be here already.
    """
    crlf = head.find(_BLANK_LINE, 0, latest + len(_BLANK_LINE))
    bare = head.find(_BARE_BLANK_LINE, 0, latest + len(_BARE_BLANK_LINE))
    if crlf >= 0 and (bare < 0 or crlf < bare):
        return crlf, len(_BLANK_LINE)
    return bare, len(_BARE_BLANK_LINE)


def _parse_headers(block: bytes) -> dict[str, str]:
    """Header lines, folded ones joined (RFC 2046 § 5.1, RFC 5322 § 2.2.3)."""
    headers: dict[str, str] = {}
    name = ""
    for raw in block.decode("latin-1").split("\n"):
        line = raw.rstrip("\r")
        if not line.strip():
            continue
        if line[0] in " \t" and name:
            headers[name] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not name:
            raise MultipartBroken("A header line of a part has no name.", remedy=_CHECK_CLIENT)
        headers[name] = value.strip()
    return headers
