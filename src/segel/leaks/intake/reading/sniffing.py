"""What a file is, by how it begins. Its name decides only where the beginning leaves a doubt."""

import re
import struct
from typing import Final

from segel.leaks.intake.reading.delimiters import delimiter_of
from segel.leaks.intake.reading.encodings import decoded_head

_MAGICS: Final = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"Rar!\x1a\x07", "rar"),
    (b"MSCF", "cab"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"%PDF-", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"PGDMP", "pg-custom-dump"),
    (b"TAPE", "mssql-backup"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"PAR1", "parquet"),
    (b"Obj\x01", "avro"),
)
_SKIPPABLE: Final = range(0x184D2A50, 0x184D2A60)
"""Frames of zstd that hold nothing to unpack (RFC 8878 § 3.1.2), which may come first."""
_PDF_WITHIN: Final = 1024
"""Readers of PDF look for its beginning so far."""

_SQL: Final = re.compile(
    r"(?im)^[ \t]*(?:insert\s+(?:ignore\s+)?(?:into\s+)?[\[\"`\w]|replace\s+into\s|create\s+table\s"
    r"|copy\s+\S+(?:\s*\([^)]*\))?\s+from\s+stdin|set\s+statement_timeout|--\s*mysql\s+dump"
    r"|--\s*postgresql\s+database|drop\s+table\s|use\s+\[)"
)
_HTML: Final = re.compile(r"(?i)<(?:!doctype\s+html|html|head|body|table|div)\b")
_XML: Final = re.compile(r"\s*<(?:\?xml|svg|!doctype|!--|[a-zA-Z][\w:.-]*[\s>])")
_JSON: Final = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\d\]-])")
_CHAT: Final = re.compile(
    r"(?m)^\W{0,2}\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4},? +\d{1,2}[:.]\d{2}[^\n]{0,16}?[\]-] +"
    r"[^:\n]{1,60}: "
)
_HEAD_LINES: Final = 60
_BSON_TYPES: Final = frozenset(range(0x01, 0x14)) | {0x7F, 0xFF}
_BSON_MAX: Final = 64 * 1024 * 1024


def sniffed(head: bytes, name: str) -> str:
    """The format's code; ``unknown`` where nobody can say."""
    if not head:
        return "empty"
    if head[128:132] == b"DICM":
        return "dicom"  # whatever the 128 bytes before it are: they may be a TIFF's beginning
    for magic, found in _MAGICS:
        if head.startswith(magic):
            return found
    if head[257:262] == b"ustar" or (name.endswith(".tar") and len(head) >= 512):
        return "tar"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:2] == b"BM" and head[14:18] in _BITMAP_HEADERS:
        return "bmp"
    if len(head) >= 4 and struct.unpack_from("<I", head)[0] in _SKIPPABLE:
        return "zstd"
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return "pdf"
    if _is_bson(head):
        return "bson"
    if _is_bare_dicom(head):
        return "dicom"
    text = decoded_head(head)
    return "unknown" if text is None else _text_format(text)


_BITMAP_HEADERS: Final = tuple(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))


def _text_format(text: str) -> str:
    start = text.lstrip("\ufeff \t\r\n")
    if _JSON.match(start):
        return "json"
    if _SQL.search(text):
        return "sql"
    if _XML.match(start):
        return "html" if _HTML.search(text) else "xml"
    if _is_chat(text):
        return "text"
    if delimiter_of(text):
        return "delimited"
    return "text"


def _is_chat(text: str) -> bool:
    """Lines that begin with a time and a speaker: their commas separate nothing."""
    lines = [line for line in text.splitlines()[:_HEAD_LINES] if line.strip()]
    return len(_CHAT.findall("\n".join(lines))) * 3 >= max(len(lines), 3)


def _is_bson(head: bytes) -> bool:
    """A document begins with its length, then a type and a name (bsonspec.org)."""
    if len(head) < 8:
        return False
    length: int = struct.unpack_from("<i", head)[0]
    name_end = head.find(b"\x00", 5, 260)
    if not 5 < length < _BSON_MAX or head[4] not in _BSON_TYPES or name_end < 6:
        return False
    if not head[5:name_end].replace(b"_", b"a").replace(b"$", b"a").replace(b".", b"a").isalnum():
        return False
    return length > len(head) or not head[length - 1]


def _is_bare_dicom(head: bytes) -> bool:
    """A data set without the preamble: group 0008 first, little-endian, with a known VR or a
    length that can be (PS3.5 § 7.1)."""
    if head[:2] != b"\x08\x00" or len(head) < 8:
        return False
    return head[4:6] in (b"CS", b"UI", b"UL", b"SH", b"DA") or head[6:8] == b"\x00\x00"
