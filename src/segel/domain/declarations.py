"""A traveller's health declaration: what it says, which of it is possible, and how long it lives.

Whoever arrives says it before the border, for the health officers of one port and for them alone:
they may look from a day before the arrival to three days after it, and a fortnight after it nothing
of it is left. It asks for no number of a person: a receipt that the traveller shows ties them to
it. Pure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

import msgspec

from segel.domain.countries import COUNTRIES
from segel.domain.identifiers import NumberInvalid, NumberKind, parse_number

AHEAD_DAYS: Final = 7
"""How long before the arrival it can be sent: a voyage is longer, and there it is sent on board."""
BEHIND_DAYS: Final = 1
"""Who lands before midnight may stand at the counter after it."""

SEEN_BEFORE: Final = timedelta(hours=24)
SEEN_AFTER: Final = timedelta(hours=72)
KEPT_AFTER: Final = timedelta(days=14)
"""The longest incubation that ports ask about; then the data have no purpose any more."""

LOOKED_BACK_DAYS: Final = 21
"""Of which days the countries and contacts are asked."""

_EASTERNMOST: Final = timezone(timedelta(hours=9))
_WESTERNMOST: Final = timezone(timedelta(hours=7))
"""A day of arrival begins where Indonesia's day begins first, and ends where it ends last."""

NAME_LENGTH_MAX: Final = 100
SEAT_LENGTH_MAX: Final = 12
SHIP_LENGTH_MAX: Final = 60
TEXT_LENGTH_MAX: Final = 300
EMAIL_LENGTH_MAX: Final = 254
COUNTRIES_MAX: Final = 10

_FLIGHT: Final = re.compile(r"(?:[A-Z]{2}|[A-Z]\d|\d[A-Z]|[A-Z]{3})\d{1,4}[A-Z]?", re.ASCII)
"""IATA's two letters of an airline, or ICAO's three, and the number."""
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")

CODE_LENGTH: Final = 26
"""130 bits: nobody guesses one, however many there are."""
RECEIPT_LENGTH: Final = 10
"""50 bits: an officer of the port types it; it opens nothing for anybody else."""
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read as a digit, or the other way round."""
_MISREAD: Final = str.maketrans("OIL", "011", " -\u00a0")


class Conveyance(StrEnum):
    """What somebody arrives by."""

    FLIGHT = "flight"
    SHIP = "ship"


class Symptom(StrEnum):
    """What a traveller may suffer from."""

    FEVER = "fever"
    COUGH = "cough"
    SORE_THROAT = "sore-throat"
    BREATHLESS = "breathless"
    HEADACHE = "headache"
    MUSCLE_PAIN = "muscle-pain"
    RASH = "rash"
    VOMITING = "vomiting"
    DIARRHOEA = "diarrhoea"
    BLEEDING = "bleeding"


class Fault(StrEnum):
    """What can be wrong with a field."""

    MISSING = "missing"
    TOO_LONG = "too-long"
    MALFORMED = "malformed"
    OUTSIDE = "outside"


class Declaration(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a traveller declares. ``port``: the port's code; ``arrival``: ISO; ``vessel``: flight
    number or name of the ship; ``countries``: ISO 3166-1, where the traveller was lately;
    ``met_sick``: somebody who was ill of what may be caught; ``phone``: digits from the country's
    code on. '' where nothing is said."""

    port: str
    conveyance: Conveyance
    vessel: str
    arrival: str
    name: str
    phone: str
    seat: str = ""
    email: str = ""
    address: str = ""
    symptoms: tuple[Symptom, ...] = ()
    other_symptoms: str = ""
    met_sick: bool = False
    countries: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Declaration(...)"

    @property
    def day(self) -> date:
        """The day of arrival. Raises ValueError where it is none."""
        return date.fromisoformat(self.arrival)

    @property
    def needs_attention(self) -> bool:
        """Whether an officer ought to look at it first."""
        return bool(self.symptoms or self.other_symptoms or self.met_sick)


@dataclass(frozen=True, slots=True)
class Window:
    """The life of declarations of one day of arrival, in Unix seconds. ``over_s``: when the day has
    ended everywhere in the country."""

    seen_from_s: float
    over_s: float
    seen_until_s: float
    destroyed_s: float

    def is_seen(self, now_s: float) -> bool:
        """Whether the port's officers may look."""
        return self.seen_from_s <= now_s < self.seen_until_s


def window_of(day: date) -> Window:
    """The life of what arrives on a day."""
    begins = datetime(day.year, day.month, day.day, tzinfo=_EASTERNMOST)
    after = day + timedelta(days=1)
    ends = datetime(after.year, after.month, after.day, tzinfo=_WESTERNMOST)
    return Window(
        (begins - SEEN_BEFORE).timestamp(),
        ends.timestamp(),
        (ends + SEEN_AFTER).timestamp(),
        (ends + KEPT_AFTER).timestamp(),
    )


def days_taken(now_s: float) -> tuple[date, date]:
    """The first and the last day of arrival that can be declared now."""
    now = datetime.fromtimestamp(now_s, UTC)
    first = now.astimezone(_WESTERNMOST).date() - timedelta(days=BEHIND_DAYS)
    return first, now.astimezone(_EASTERNMOST).date() + timedelta(days=AHEAD_DAYS)


def days_seen(now_s: float) -> list[date]:
    """The days of arrival whose declarations the officers may see now, in their order."""
    first, _ = days_taken(now_s)
    candidates = (first + timedelta(days=count) for count in range(-7, AHEAD_DAYS + 2))
    return [day for day in candidates if window_of(day).is_seen(now_s)]


def tidied(declaration: Declaration) -> Declaration:
    """The same as it is compared and stored: blanks gone, numbers in one spelling."""
    joined = " ".join(declaration.vessel.upper().split())
    is_flight = declaration.conveyance is Conveyance.FLIGHT
    try:
        phone = parse_number(NumberKind.PHONE, declaration.phone)
    except NumberInvalid:
        phone = declaration.phone.strip()  # ``faults_of`` tells of it
    return msgspec.structs.replace(
        declaration,
        vessel=joined.replace(" ", "").replace("-", "") if is_flight else joined,
        name=" ".join(declaration.name.split()),
        seat="".join(declaration.seat.upper().split()),
        phone=phone,
        email=declaration.email.strip(),
        address=declaration.address.strip(),
        other_symptoms=declaration.other_symptoms.strip(),
        countries=tuple(dict.fromkeys(one.upper() for one in declaration.countries if one)),
    )


def faults_of(
    declaration: Declaration, now_s: float, *, before: date | None = None
) -> Mapping[str, Fault]:
    """What is wrong with a tidied declaration, by field; nothing where it can be taken.

    ``before``: the day of arrival that it has so far, which a correction may keep.
    """
    found = {
        "port": _text(declaration.port, SHIP_LENGTH_MAX, needed=True),
        "vessel": _vessel(declaration),
        "arrival": _arrival(declaration.arrival, now_s, before),
        "seat": _text(declaration.seat, SEAT_LENGTH_MAX),
        "name": _text(declaration.name, NAME_LENGTH_MAX, needed=True),
        "phone": _phone(declaration.phone),
        "email": _email(declaration.email),
        "address": _text(declaration.address, TEXT_LENGTH_MAX),
        "other_symptoms": _text(declaration.other_symptoms, TEXT_LENGTH_MAX),
        "countries": _countries(declaration.countries),
    }
    return {field: fault for field, fault in found.items() if fault is not None}


def new_code(randomness: Callable[[int], bytes]) -> str:
    """A recovery code: whoever has it reads and corrects the declaration."""
    return _letters(randomness, CODE_LENGTH)


def new_receipt(randomness: Callable[[int], bytes]) -> str:
    """A receipt's number, for the officer at the port."""
    return _letters(randomness, RECEIPT_LENGTH)


def parse_code(text: str) -> str:
    """A recovery code as it is compared, or '' where it is none."""
    return _parsed(text, CODE_LENGTH)


def parse_receipt(text: str) -> str:
    """A receipt's number as it is compared, of what a scanner reads too; or '' where it is none."""
    return _parsed(text.strip().removeprefix(RECEIPT_QR), RECEIPT_LENGTH)


RECEIPT_QR: Final = "segel-declaration:"
"""What stands in the QR code before the receipt's number, so that a scanner's user sees what it
is."""


def grouped(code: str) -> str:
    """A code as it is shown and read aloud: its letters in groups."""
    size = 5 if len(code) == RECEIPT_LENGTH else 4
    return "-".join(code[at : at + size] for at in range(0, len(code), size))


def _letters(randomness: Callable[[int], bytes], length: int) -> str:
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in randomness(length))


def _parsed(text: str, length: int) -> str:
    plain = text[: 4 * CODE_LENGTH].upper().translate(_MISREAD)
    return plain if len(plain) == length and set(plain) <= set(_LETTERS) else ""


def _text(text: str, length_max: int, *, needed: bool = False) -> Fault | None:
    if needed and not text:
        return Fault.MISSING
    if len(text) > length_max:
        return Fault.TOO_LONG
    printable = all(letter.isprintable() or letter in "\r\n" for letter in text)
    return None if printable else Fault.MALFORMED


def _vessel(declaration: Declaration) -> Fault | None:
    text = _text(declaration.vessel, SHIP_LENGTH_MAX, needed=True)
    if text is None and declaration.conveyance is Conveyance.FLIGHT:
        return None if _FLIGHT.fullmatch(declaration.vessel) else Fault.MALFORMED
    return text


def _arrival(text: str, now_s: float, before: date | None) -> Fault | None:
    if not text:
        return Fault.MISSING
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Fault.MALFORMED
    if day.isoformat() != text:  # Python reads weeks, too
        return Fault.MALFORMED
    first, last = days_taken(now_s)
    return None if first <= day <= last or day == before else Fault.OUTSIDE


def _phone(text: str) -> Fault | None:
    if not text:
        return Fault.MISSING
    return None if text.isascii() and text.isdigit() and 8 <= len(text) <= 15 else Fault.MALFORMED


def _email(text: str) -> Fault | None:
    if len(text) > EMAIL_LENGTH_MAX:
        return Fault.TOO_LONG
    return None if not text or _EMAIL.fullmatch(text) else Fault.MALFORMED


def _countries(countries: tuple[str, ...]) -> Fault | None:
    if len(countries) > COUNTRIES_MAX:
        return Fault.TOO_LONG
    return None if COUNTRIES.issuperset(countries) else Fault.MALFORMED
