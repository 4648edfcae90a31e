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
import unicodedata
from datetime import date
from typing import Any, Final

from rapidfuzz.distance import JaroWinkler

from segel.domain.dicom import JsonDataset, is_uid
from segel.domain.errors import SegelError
from segel.domain.names import name_tokens, sound
from segel.domain.periods import Period, parse_period

FILTERS_MAX: Final = 64
"""Matching keys in one query."""

VALUE_LENGTH_MAX: Final = 8192
"""Characters in one matching value: room for a list of a hundred UIDs."""

LIST_MAX: Final = 200
"""Values in one list."""

ALIKE: Final = 0.90
"""Jaro-Winkler similarity from which two words of a name count as one, when asked to be fuzzy.
It lets one wrong letter through in words of five letters and more."""

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


def is_universal(value: str) -> bool:
    """Whether a matching value matches everything (PS3.4 § C.2.2.2.3 and .4)."""
    return not value.strip("* ")


def has_wildcard(value: str) -> bool:
    return "*" in value or "?" in value


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
        return any(_name_matches(name, value, fuzzy) for name in found)
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


def wildcard_match(pattern: str, text: str) -> bool:
    """Whether ``text`` is ``pattern`` with * and ? filled in; in time len(pattern) * len(text).

    Going back to the last star only is enough, and cannot be made slow as a regular expression
    can.
    """
    at = star = 0
    kept = -1
    index = 0
    while index < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, kept = at, index
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[index]):
            at += 1
            index += 1
        elif kept >= 0:
            kept += 1
            at, index = star + 1, kept
        else:
            return False
    return all(letter == "*" for letter in pattern[at:])


# --- person names (PS3.4 § C.2.2.2.1) -----------------------------------------------------------


def _name_matches(name: object, value: str, fuzzy: bool) -> bool:
    """By component group; a value of one group may be any group of the name."""
    if isinstance(name, dict):
        groups = [str(name.get(key, "")) for key in ("Alphabetic", "Ideographic", "Phonetic")]
    else:
        groups = str(name).split("=")[:3]
    if fuzzy and _sounds_like(groups, value):
        return True
    wanted = value.split("=")
    if len(wanted) == 1:
        return any(_group_matches(wanted[0], group) for group in groups if group)
    return all(
        is_universal(part) or (index < len(groups) and _group_matches(part, groups[index]))
        for index, part in enumerate(wanted)
    )


def _group_matches(wanted: str, group: str) -> bool:
    pattern, text = plain_name(wanted), plain_name(group)
    if not has_wildcard(pattern):
        return pattern == text
    # Trailing carets mean nothing, so SANTOSO^* also asks for the family name alone.
    return wildcard_match(pattern, text) or ("^" in pattern and wildcard_match(pattern, text + "^"))


def plain_name(text: str) -> str:
    """A component group as it is compared: no accents, no case, no idle blanks and carets."""
    letters = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if unicodedata.combining(letter) < _ACCENTS_FROM
    )
    # Composed again, so that ? stands for one Korean syllable and not for a third of it.
    whole = unicodedata.normalize("NFC", letters)
    parts = [" ".join(part.split()) for part in whole.casefold().split("^")]
    return "^".join(parts).rstrip("^")


# Canonical combining classes of marks above and below letters; smaller ones are the vowel signs
# and voicing marks of other scripts, which tell words apart.
_ACCENTS_FROM: Final = 200


def _sounds_like(groups: list[str], value: str) -> bool:
    """Whether each word asked for sounds or looks like a word of one of the groups."""
    wanted = [word for part in value.split("=") for word in name_tokens(part.replace("*", " "))]
    if not wanted:
        return False
    return any(
        all(any(_word_like(word, other) for other in words) for word in wanted)
        for group in groups
        if (words := name_tokens(group))
    )


def _word_like(wanted: str, word: str) -> bool:
    """One word of a name for another: the same sound, the beginning, or nearly the same letters."""
    if len(wanted) >= _PREFIX_LENGTH_MIN and word.startswith(wanted):
        return True
    one, other = sound(wanted), sound(word)
    if one == other:
        return True
    shortest = min(len(one), len(other))
    return shortest >= _LIKE_LENGTH_MIN and JaroWinkler.similarity(one, other) >= ALIKE


_PREFIX_LENGTH_MIN: Final = 3
_LIKE_LENGTH_MIN: Final = 5
