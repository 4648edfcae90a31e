"""BSON: MongoDB's dumps, one document after the other (bsonspec.org)."""

import struct
from typing import TYPE_CHECKING, Final

import bson
from bson.codec_options import CodecOptions

from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow
from segel.leaks.intake.reading.records import Documents
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_DOCUMENT_MAX: Final = 48 * 1024 * 1024
"""Three times what MongoDB keeps in one."""
_LEAST: Final = 5


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The documents of a dump."""
    options: CodecOptions[dict[str, object]] = CodecOptions(
        unicode_decode_error_handler="replace",
        datetime_conversion=bson.DatetimeConversion.DATETIME_AUTO,
    )
    source = flow.buffered()
    documents = Documents(case, notes)
    try:
        while head := source.read(4):
            length = struct.unpack("<i", head)[0] if len(head) == 4 else 0
            if not _LEAST <= length <= _DOCUMENT_MAX:
                notes.cut(Reason.BROKEN)
                return
            rest = source.read(length - 4)
            if len(rest) < length - 4:
                notes.cut(Reason.TRUNCATED)
                return
            try:
                documents.add(bson.decode(head + rest, options))
            except (bson.InvalidBSON, ValueError, OverflowError):
                notes.cut(Reason.BROKEN)
            except RecursionError:
                notes.cut(Reason.NESTING)
    finally:
        documents.end()
