"""Text in DICOM's character sets, decoded to str without ever failing (PS3.5 § 6.1)."""

from functools import lru_cache
from typing import Final

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.valuerep import TEXT_VR_DELIMS

_ESCAPE: Final = b"\x1b"
_PADDING: Final = " \0"


@lru_cache(maxsize=256)
def encodings(charset: tuple[str, ...]) -> tuple[str, ...]:
    """Python's names for the values of SpecificCharacterSet; Latin-1 where they make no sense."""
    try:
        return tuple(convert_encodings(list(charset) or [""])) or ("iso8859",)
    except Exception:  # pydicom raises what the codec machinery raises, of many kinds
        return ("iso8859",)


def decode(value: bytes, names: tuple[str, ...]) -> str:
    """``value`` as text; what the character sets cannot mean becomes a replacement character."""
    if _ESCAPE not in value:
        try:
            return value.decode(names[0])
        except UnicodeError:
            return value.decode(names[0], "replace")
        except LookupError:
            return value.decode("latin-1")
    try:
        return decode_bytes(value, list(names), TEXT_VR_DELIMS)
    except Exception:  # broken escape sequences: show what can be shown
        return value.replace(_ESCAPE, b"").decode("latin-1")


def person_name(text: str) -> dict[str, str] | None:
    """One person name in the JSON model: its component groups by script (PS3.18 § F.2.2)."""
    groups = [group.rstrip(_PADDING) for group in text.split("=", 2)]
    named = {
        key: group
        for key, group in zip(("Alphabetic", "Ideographic", "Phonetic"), groups, strict=False)
        if group
    }
    return named or None
