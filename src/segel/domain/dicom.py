"""The DICOM JSON model (PS3.18 Annex F) as plain dictionaries, and the limits of a UID."""

import re
from typing import Any, Final

JsonDataset = dict[str, dict[str, Any]]
"""Tag as eight upper-case hex digits to ``{"vr": ..., "Value": [...]}`` (PS3.18 F.2)."""

UID_LENGTH_MAX: Final = 64  # PS3.5 § 9.1
_UID = re.compile(r"[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)*\Z")


def is_uid(text: str) -> bool:
    """Whether ``text`` can serve as a UID.

    Leading zeroes and letters are let through: real devices send them, and an image is worth
    more than its grammar. What could be a path, a wildcard or a list is not.
    """
    return 0 < len(text) <= UID_LENGTH_MAX and _UID.match(text) is not None


def first_value(dataset: JsonDataset, tag: str) -> Any:
    """The first value of ``tag``, or None where it is absent or empty."""
    values = dataset.get(tag, {}).get("Value")
    return values[0] if values else None


def text_value(dataset: JsonDataset, tag: str) -> str:
    """The first value of ``tag`` as text, of a name its alphabetic group; '' where absent."""
    value = first_value(dataset, tag)
    if isinstance(value, dict):
        return str(
            value.get("Alphabetic") or value.get("Ideographic") or value.get("Phonetic") or ""
        )
    return "" if value is None else str(value)
