"""A file from a form, in memory alone: the web framework would lay a larger one on the disk."""

from collections.abc import Iterable
from typing import Final

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from segel.console.errors import FormBroken
from segel.console.http.sessions import AnyRequest, refuse_foreign

ENVELOPE_BYTES_MAX: Final = 16 * 1024
"""What a form has around its file."""
PARTS_MAX: Final = 4


async def file_of(
    request: AnyRequest, own: str, field: str, size_max_bytes: int
) -> tuple[str, bytes]:
    """The name and bytes of one file of a form of ours. Raises ForeignForm, FormBroken.

    One that is larger comes cut off after ``size_max_bytes`` and one byte.
    """
    refuse_foreign(request, own)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise _broken(field)
    name, found, taking = "", bytearray(), False
    parser = PushMultipartParser(boundary, max_segment_count=PARTS_MAX)
    room = size_max_bytes + ENVELOPE_BYTES_MAX
    try:
        async for chunk in request.stream():
            room -= len(chunk)
            if room < 0:
                return name, bytes(found) + bytes(size_max_bytes + 1 - len(found))
            for event in _events(parser, chunk):
                if isinstance(event, MultipartSegment):
                    taking = event.name == field
                    name = (event.filename or "") if taking else name
                elif event is not None and taking:
                    found += event
        parser.close()
    except MultipartError:
        raise _broken(field) from None
    return name, bytes(found)


def _events(
    parser: PushMultipartParser, chunk: bytes
) -> Iterable[MultipartSegment | bytearray | bytes | None]:
    return parser.parse(chunk) if chunk and not parser.closed else ()


def _broken(field: str) -> FormBroken:
    return FormBroken("No file came with the form.", field=field, remedy="Choose one.")
