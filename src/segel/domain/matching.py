"""Attribute matching: does a data set answer a query? (PS3.4 § C.2.2.2, PS3.18 § 8.3.4)

A query is a dictionary of matching keys, tag in hex to matching value. Broker and archive both
decide by this file, so that a study found by one is found by the other.

    ''  or  '*'          universal: matches anything, also what is absent
    1.2.3\\1.2.4          list (of UIDs also with commas): one of them
    20240101-20240131    range of dates, times or date times; either end may be left open
    SANT*                wildcards: * any letters, ? one letter
    anything else        single value
"""

import re
from datetime import date
from typing import Any, Final

from segel.domain.dicom import JsonDataset, is_uid
from segel.domain.errors import SegelError
from segel.domain.name_matching import name_matches
from segel.domain.periods import Period, parse_period
from segel.domain.wildcards import has_wildcard, is_universal, wildcard_match

__all__ = [
    "FILTERS_MAX",
    "LIST_MAX",
    "VALUE_LENGTH_MAX",
    "FilterInvalid",
    "day_range",
    "has_wildcard",
    "is_universal",
    "matches",
    "validate_filters",
    "value_list",
    "wildcard_match",
]

FILTERS_MAX: Final = 64
"""Matching keys in one query."""

VALUE_LENGTH_MAX: Final = 8192
"""Characters in one matching value: room for a list of a hundred UIDs."""

LIST_MAX: Final = 200
"""Values in one list."""

_KEYS: Final = {
    "00080005": "CS",
    "00080016": "UI",
    "00080018": "UI",
    "00080020": "DA",
    "00080021": "DA",
    "00080022": "DA",
    "00080023": "DA",
    "0008002A": "DT",
    "00080030": "TM",
    "00080031": "TM",
    "00080032": "TM",
    "00080033": "TM",
    "00080050": "SH",
    "00080054": "AE",
    "00080056": "CS",
    "00080060": "CS",
    "00080061": "CS",
    "00080062": "UI",
    "00080090": "PN",
    "00081050": "PN",
    "00081060": "PN",
    "00081070": "PN",
    "00083002": "UI",
    "00100010": "PN",
    "00100020": "LO",
    "00100030": "DA",
    "00100032": "TM",
    "00100040": "CS",
    "00101001": "PN",
    "0020000D": "UI",
    "0020000E": "UI",
    "00200010": "SH",
    "00200011": "IS",
    "00200013": "IS",
    "00201206": "IS",
    "00201208": "IS",
    "00201209": "IS",
    "00280008": "IS",
    "00280010": "US",
    "00280011": "US",
    "00321032": "PN",
    "00400001": "AE",
    "00400002": "DA",
    "00400003": "TM",
    "00400006": "PN",
    "00400020": "CS",
    "00400244": "DA",
    "00400245": "TM",
}
"""The VR of the usual keys, for where the data set does not tell it."""

_EXACT_LO: Final = frozenset(("00100020", "00100021"))  # identifiers, though of VR LO
_ANY_CASE: Final = frozenset(("LO", "LT", "ST", "UC", "UT"))
_WILD: Final = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
_NUMBERS: Final = frozenset(("DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))
_PERIODS: Final = frozenset(("DA", "DT", "TM"))
_TAG = re.compile(r"[0-9A-F]{8}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class FilterInvalid(SegelError):
    """A matching value that no data set could be asked about."""

    code = "filter-invalid"


def matches(dataset: JsonDataset, filters: dict[str, str], *, fuzzy: bool = False) -> bool:
    """Whether ``dataset`` answers every key of ``filters``.

    The filters have passed ``validate_filters``; a value that has not, and is malformed, matches
    nothing. ``fuzzy`` compares person names by sound and likeness, in any order of their words.
    """
    return all(
        is_universal(value) or _matches(dataset.get(tag, {}), tag, value, fuzzy)
        for tag, value in filters.items()
    )


def value_list(value: str, *, commas: bool = False) -> tuple[str, ...]:
    """The values of a list, without blanks and empty ones; ``commas`` part too, as for UIDs."""
    text = value.replace(",", "\\") if commas else value
    return tuple(part.strip() for part in text.split("\\") if part.strip())


def day_range(value: str) -> tuple[date | None, date | None] | None:
    """First and last day of a date matching value, None for an open end; None if universal.

    Raises FilterInvalid.
    """
    if is_universal(value):
        return None
    period = parse_period("DA", value)
    if period is None:
        raise _malformed_period("", "DA")
    return period.days()


def validate_filters(filters: dict[str, str]) -> None:
    """Refuse keys that cannot be asked: raises FilterInvalid with the key and what to write."""
    if len(filters) > FILTERS_MAX:
        raise FilterInvalid(
            f"The query has more than {FILTERS_MAX} matching keys.", remedy="Ask for fewer."
        )
    for tag, value in filters.items():
        _validate(tag, value)


def _validate(tag: str, value: str) -> None:
    if not _TAG.match(tag):
        raise FilterInvalid(
            "The key is no tag.", field=tag[:8], remedy="Write eight upper-case hex digits."
        )
    if len(value) > VALUE_LENGTH_MAX or _CONTROL.search(value):
        raise FilterInvalid(
            f"The value is longer than {VALUE_LENGTH_MAX} characters or holds control characters.",
            field=tag,
            remedy="Ask for a shorter value.",
        )
    if is_universal(value):
        return
    vr = _KEYS.get(tag, "")
    if vr == "UI":
        uids = value_list(value, commas=True)
        if len(uids) > LIST_MAX or not uids or not all(map(is_uid, uids)):
            raise FilterInvalid(
                f"The value is no list of up to {LIST_MAX} UIDs.",
                field=tag,
                remedy="Write whole UIDs, parted by commas or backslashes, without wildcards.",
            )
    elif vr in _PERIODS:
        period = parse_period(vr, value)
        if period is None or period.reversed:
            raise _malformed_period(tag, vr)
    elif vr in _NUMBERS:
        if any(_number(part) is None for part in value_list(value)):
            raise FilterInvalid("The value is no number.", field=tag, remedy="Write a number.")
    elif vr == "CS" and len(value_list(value)) > LIST_MAX:
        raise FilterInvalid(
            f"The list has more than {LIST_MAX} values.", field=tag, remedy="Ask for fewer."
        )


_EXAMPLES: Final = {
    "DA": "20240131, 20240101-20240131, 20240101- or -20240131",
    "TM": "0930, 0900-1200, 0900- or -1200",
    "DT": "20240131093000+0700 or 20240101-20240131",
}


def _malformed_period(tag: str, vr: str) -> FilterInvalid:
    return FilterInvalid(
        "The date or time is malformed, or its range ends before it begins.",
        field=tag or None,
        remedy=f"Write {_EXAMPLES[vr]}.",
    )


def _matches(element: dict[str, Any], tag: str, value: str, fuzzy: bool) -> bool:
    vr = element.get("vr") or _KEYS.get(tag, "LO")
    found = [item for item in element.get("Value") or () if item is not None]
    if not found:
        return False
    if vr == "PN":
        return any(name_matches(name, value, fuzzy) for name in found)
    if vr in _PERIODS:
        wanted = parse_period(vr, value)
        return wanted is not None and any(_within(vr, str(item), wanted) for item in found)
    if vr == "UI":
        return not set(value_list(value, commas=True)).isdisjoint(found)
    if vr in _NUMBERS:
        numbers = {_number(item) for item in found} - {None}
        return any(_number(part) in numbers for part in value_list(value))
    any_case = vr in _ANY_CASE and tag not in _EXACT_LO
    fold = str.casefold if any_case else str
    wanted_values = value_list(value) if vr in ("CS", "SH", "AE") else (value.strip(),)
    texts = [fold(str(item).strip()) for item in found]
    return any(
        wildcard_match(fold(part), text)
        if vr in _WILD and has_wildcard(part)
        else fold(part) == text
        for part in wanted_values
        for text in texts
    )


def _within(vr: str, text: str, wanted: Period) -> bool:
    moment = parse_period(vr, text)
    return moment is not None and moment.begins_within(wanted)


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
