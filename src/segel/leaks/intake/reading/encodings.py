"""How the bytes of a text are letters: by its mark, its zeros, as UTF-8, else by statistics.

Encodings with states (UTF-7, ISO 2022, HZ) are never guessed: in them plain text hides other text.
"""

import codecs
import io
import re
from typing import Final

from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow
from segel.leaks.intake.reasons import Reason

_HEAD_BYTES: Final = 64 * 1024
_GUESS_BYTES: Final = 24 * 1024
"""What the statistics are made of: they take a millisecond a kilobyte."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSED: Final = frozenset(
    "cp1250 cp1251 cp1252 cp1253 cp1254 cp1256 cp1258 cp437 cp850 iso8859_1 latin_1 mac_roman big5"
    " gb18030 gbk shift_jis cp932 euc_jp euc_kr cp949 tis_620 cp874".split()
)
_FALLBACK: Final = "cp1252"
_BINARY: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BINARY_SHARE: Final = 0.02
"""Of control characters: beyond it is no text. Separators of some dumps are such, though."""
_SEPARATORS: Final = str.maketrans("", "", "\x01\x02\x1c\x1d\x1e\x1f\x00")


def encoding_of(head: bytes) -> str:
    """The encoding that a text is read in."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    zeros = head[0::2].count(0), head[1::2].count(0)
    if max(zeros) * 4 > len(head) > 1 and min(zeros) * 8 < max(zeros):
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return _guessed(head)
    return "utf-8"


def _guessed(head: bytes) -> str:
    from charset_normalizer import from_bytes  # only what is not UTF-8 needs it

    try:
        best = from_bytes(head[:_GUESS_BYTES], steps=3, chunk_size=512).best()
    except Exception:  # it is given what a criminal wrote
        return _FALLBACK
    if best is None or best.encoding not in _GUESSED:
        return _FALLBACK
    return best.encoding


def decoded_head(head: bytes) -> str | None:
    """The beginning of a text; None where it is none."""
    name = encoding_of(head)
    try:
        text = codecs.getincrementaldecoder(name)(errors="replace").decode(head)
    except (UnicodeError, LookupError):
        return None
    strange = len(_BINARY.findall(text.translate(_SEPARATORS))) + text.count("\ufffd")
    if strange > _BINARY_SHARE * len(text) + 1 or text.count("\x00") > len(text) // 4:
        return None
    return text


class _Replacing:
    """Replaces what cannot be decoded, and remembers that it did."""

    def __init__(self) -> None:
        self.notes: FileNotes | None = None

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        if self.notes is not None:
            self.notes.note(Reason.ENCODING)
        assert isinstance(error, UnicodeDecodeError), "only decoding is done"
        return "\ufffd", error.end


_replacing = _Replacing()
codecs.register_error("segel-intake", _replacing)


def text_of(flow: Flow, notes: FileNotes) -> io.TextIOWrapper:
    """A file as text, with its line ends as they are; what does not fit the encoding is replaced,
    and noted."""
    _replacing.notes = notes
    name = encoding_of(flow.head(_HEAD_BYTES))
    return io.TextIOWrapper(flow.buffered(), encoding=name, errors="segel-intake", newline="")
