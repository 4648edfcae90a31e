"""multipart/related around a body: its Content-Type, and how one is written (RFC 2387)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from segel.imaging.dicom.elements import Buffer
from segel.imaging.dicom.errors import MultipartBroken

BOUNDARY_LENGTH_MAX: Final = 70  # RFC 2046 § 5.1.1

_BOUNDARY_MARKS: Final = frozenset(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=? "
)


class RelatedType(NamedTuple):
    """A parsed ``Content-Type: multipart/related``: its boundary and the media type of its root."""

    boundary: str
    type: str


def parse_related_type(content_type: str) -> RelatedType:
    """The parameters of a multipart/related Content-Type. Raises MultipartBroken.

    Unknown parameters are passed over; ``type`` may stand unquoted, as many clients write it,
    although it holds a slash.
    """
    media_type, parameters = parse_content_type(content_type)
    if media_type != "multipart/related":
        raise MultipartBroken(
            "The body is not multipart/related.",
            field="Content-Type",
            remedy='Send multipart/related; type="application/dicom"; boundary=...',
        )
    boundary = parameters.get("boundary", "")
    if not (
        0 < len(boundary) <= BOUNDARY_LENGTH_MAX
        and _BOUNDARY_MARKS.issuperset(boundary)
        and boundary[-1] != " "
    ):
        raise MultipartBroken(
            "The boundary is missing or not one of RFC 2046 § 5.1.1.",
            field="Content-Type",
            remedy="Name the boundary of the body.",
        )
    root = parameters.get("type", "").partition(";")[0].strip().lower()
    return RelatedType(boundary, root)


def parse_content_type(content_type: str) -> tuple[str, dict[str, str]]:
    """Media type in lower case, and parameters with their names in lower case; the first counts."""
    media_type, _, rest = content_type.partition(";")
    parameters: dict[str, str] = {}
    while rest:
        name, _, rest = rest.partition("=")
        name = name.rpartition(";")[2].strip().lower()
        rest = rest.lstrip()
        if rest.startswith('"'):
            value, rest = _quoted(rest)
        else:
            value, _, rest = rest.partition(";")
            value = value.strip()
        parameters.setdefault(name, value)
    return media_type.strip().lower(), parameters


def _quoted(text: str) -> tuple[str, str]:
    """The quoted string at the start of ``text``, and what follows its semicolon."""
    letters: list[str] = []
    at = 1
    while at < len(text) and text[at] != '"':
        if text[at] == "\\":
            at += 1
        letters.append(text[at : at + 1])
        at += 1
    return "".join(letters), text[at + 1 :].partition(";")[2]


def related_content_type(boundary: str, media_type: str) -> str:
    """The Content-Type of a response made by ``encode_multipart``."""
    return f'multipart/related; type="{media_type}"; boundary={boundary}'


def encode_multipart(
    parts: Sequence[tuple[str, Buffer]], boundary: str, *, location: str = ""
) -> Iterator[Buffer]:
    """Buffers of a multipart/related body; each part is (its Content-Type, its bytes).

    Bodies are yielded as they are, uncopied. ``location`` becomes each part's Content-Location.
    """
    heads = part_heads([(kind, len(body)) for kind, body in parts], boundary, location=location)
    for head, (_, body) in zip(heads, parts, strict=False):
        yield head
        yield body
    yield heads[-1]


def part_heads(
    parts: Iterable[tuple[str, int | None]], boundary: str, *, location: str = ""
) -> list[bytes]:
    """What stands before each part's bytes, and behind the last; by Content-Type and length."""
    start = f"--{boundary}\r\nContent-Type: "
    where = f"\r\nContent-Location: {location}" if location else ""
    heads = []
    for content_type, length in parts:
        size = f"\r\nContent-Length: {length}" if length is not None else ""
        heads.append(f"{start}{content_type}{size}{where}\r\n\r\n".encode("latin-1"))
        start = f"\r\n--{boundary}\r\nContent-Type: "
    return [*heads, f"\r\n--{boundary}--\r\n".encode("latin-1")]


def part_content_type(media_type: str, transfer_syntax_uid: str = "") -> str:
    """A part's Content-Type, with the transfer syntax where there is one (PS3.18 § 8.7.3.5)."""
    if not transfer_syntax_uid:
        return media_type
    return f"{media_type}; transfer-syntax={transfer_syntax_uid}"
