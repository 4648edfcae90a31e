"""The lexical rule of every primitive type (R4 § 2.24.0.1).

A rule takes a value and says what is wrong with it, or nothing. What it says is fixed text: it
names the form and never quotes the value.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from segel.records.r4.narrative import narrative_fault

STRING_LENGTH_MAX: Final = 1024 * 1024
"""R4 § 2.24.0.1: a string shall not exceed 1,048,576 characters."""

INTEGER_MAX: Final = 2**31 - 1

Rule = Callable[[object], str | None]

_DATE: Final = r"(?P<year>[0-9]{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-2][0-9]|3[01])%s)?)?"
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]++)?"
_ZONE: Final = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

_FORM_DATE: Final = re.compile(_DATE % "")
_FORM_DATE_TIME: Final = re.compile(_DATE % f"(?:T{_CLOCK}{_ZONE})?")
_FORM_INSTANT: Final = re.compile(
    rf"(?P<year>[0-9]{{4}})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-2][0-9]|3[01])T{_CLOCK}{_ZONE}"
)
_FORM_TIME: Final = re.compile(_CLOCK)
_FORM_CODE: Final = re.compile(r"[^\s]+(?:[ \t\r\n][^\s]+)*+")
_FORM_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_FORM_URI: Final = re.compile(r"\S+")
_FORM_OID: Final = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*+))++")
_FORM_UUID: Final = re.compile(
    r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_FORM_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BLANK: Final = str.maketrans("", "", " \t\r\n")

_TEXT: Final = (
    "A string has 1 to 1,048,576 characters, something beside white space, and no control"
    " characters but tab and line breaks. Leave the element out if there is nothing to say."
)


def _text(value: object) -> str | None:
    if (
        not isinstance(value, str)
        or len(value) > STRING_LENGTH_MAX
        or not value.strip()
        or _CONTROL.search(value)
    ):
        return _TEXT
    return None


def _matching(form: re.Pattern[str], reason: str) -> Rule:
    def rule(value: object) -> str | None:
        if not isinstance(value, str) or len(value) > STRING_LENGTH_MAX:
            return reason
        return None if form.fullmatch(value) and not _CONTROL.search(value) else reason

    return rule


def _on_a_real_day(form: re.Pattern[str], reason: str) -> Rule:
    def rule(value: object) -> str | None:
        match = form.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            return reason
        year, month, day = match["year"], match["month"], match["day"]
        if year == "0000":
            return reason
        if day and not 1 <= int(day) <= monthrange(int(year), int(month))[1]:
            return reason
        return None

    return rule


def _between(least: int, most: int, reason: str) -> Rule:
    def rule(value: object) -> str | None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return None if is_whole and least <= value <= most else reason  # type: ignore[operator]

    return rule


def _boolean(value: object) -> str | None:
    return None if isinstance(value, bool) else "A boolean is true or false, without quotes."


def _decimal(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return None
    if isinstance(value, Decimal) and value.is_finite():
        return None
    return "A decimal is a JSON number, without quotes, kept as Decimal so that its digits stay."


def _base64(value: object) -> str | None:
    reason = "Base64 is of A-Z, a-z, 0-9, + and /, in fours, padded with = at its end only."
    if not isinstance(value, str) or not value.isascii():
        return reason
    packed = value.translate(_BLANK)
    return None if packed and _FORM_BASE64.fullmatch(packed) else reason


_URI: Final = _matching(_FORM_URI, "A URI has at least one character and no white space.")

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "base64Binary": _base64,
        "boolean": _boolean,
        "canonical": _URI,
        "code": _matching(
            _FORM_CODE, "A code has no white space around it and single spaces at most within."
        ),
        "date": _on_a_real_day(
            _FORM_DATE, "A date is YYYY, YYYY-MM or YYYY-MM-DD, on a day that exists."
        ),
        "dateTime": _on_a_real_day(
            _FORM_DATE_TIME,
            "A dateTime is a date, or YYYY-MM-DDThh:mm:ss with Z or an offset such as +07:00,"
            " on a day that exists.",
        ),
        "decimal": _decimal,
        "id": _matching(_FORM_ID, "An id has 1 to 64 of A-Z, a-z, 0-9, hyphen and dot."),
        "instant": _on_a_real_day(
            _FORM_INSTANT,
            "An instant is YYYY-MM-DDThh:mm:ss with Z or an offset such as +07:00,"
            " on a day that exists.",
        ),
        "integer": _between(
            -INTEGER_MAX - 1, INTEGER_MAX, "An integer is a whole JSON number of 32 bits."
        ),
        "markdown": _text,
        "oid": _matching(_FORM_OID, "An oid is urn:oid: and numbers with dots between."),
        "positiveInt": _between(
            1, INTEGER_MAX, "A positiveInt is a whole JSON number from 1 to 2,147,483,647."
        ),
        "string": _text,
        "time": _matching(_FORM_TIME, "A time is hh:mm:ss, without an offset."),
        "unsignedInt": _between(
            0, INTEGER_MAX, "An unsignedInt is a whole JSON number from 0 to 2,147,483,647."
        ),
        "uri": _URI,
        "url": _URI,
        "uuid": _matching(_FORM_UUID, "A uuid is urn:uuid: and a UUID in small letters."),
        "xhtml": narrative_fault,
    }
)
"""By type. A type that is not here is made of elements."""
