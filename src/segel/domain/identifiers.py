"""Numbers that people are known by, checked as far as each can be, and their FHIR systems.

Systems are the national platform's where it has one; what it writes in two ways is read in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from segel.domain.errors import SegelError

NIK_SYSTEM: Final = "https://fhir.kemkes.go.id/id/nik"
"""The identifier system of the national platform for NIKs."""

NIK_DIGITS: Final = 16
_WOMEN_DAY: Final = 40  # added to the day of birth of women


class NumberKind(StrEnum):
    """What a number is, by the last part of its system."""

    NIK = "nik"
    MOTHERS_NIK = "nik-ibu"
    FAMILY_CARD = "kk"
    PASSPORT = "paspor"
    HEALTH = "ihs-number"
    PHONE = "phone"
    RECORD = "mrn"
    """A hospital's own, and no other hospital's."""


SHARED: Final = frozenset({NumberKind.FAMILY_CARD, NumberKind.MOTHERS_NIK, NumberKind.PHONE})
"""Kinds of numbers that several people have: who is found by one is not thereby known."""

SYSTEMS: Final[Mapping[str, NumberKind]] = {
    NIK_SYSTEM: NumberKind.NIK,
    "https://fhir.kemkes.go.id/id/nik-ibu": NumberKind.MOTHERS_NIK,
    "https://fhir.kemkes.go.id/id/kk": NumberKind.FAMILY_CARD,
    "https://fhir.kemkes.go.id/id/paspor": NumberKind.PASSPORT,
    "https://fhir.kemkes.go.id/id/ihs-number": NumberKind.HEALTH,
    "https://fhir.kemkes.go.id/id/patient-ihs-number": NumberKind.HEALTH,
}
"""Kinds by FHIR identifier system; of a kind the first is the one that is written."""


class NumberInvalid(SegelError):
    """A number that its kind cannot have."""

    code = "number-invalid"


def system_of(kind: NumberKind) -> str:
    """The system that numbers of this kind are written with; '' for a hospital's own."""
    return next((system for system, meant in SYSTEMS.items() if meant is kind), "")


def parse_number(kind: NumberKind, text: str) -> str:
    """A number as it is stored and compared: without what people write between the digits, in
    upper case; a phone's with its country. Raises NumberInvalid with what is wrong with it; the
    number is not quoted."""
    if kind is NumberKind.PHONE:
        return _phone(text)
    plain = text.strip().translate(_SEPARATORS).upper()
    reason, remedy = _CHECKS[kind](plain if kind is not NumberKind.RECORD else text.strip())
    if reason:
        raise NumberInvalid(f"{_NAMES[kind]} {reason}.", remedy=remedy, field=kind.value)
    return plain if kind is not NumberKind.RECORD else text.strip()


def _phone(text: str) -> str:
    """Digits from the country's code on: 0812-3456-7890 and +62 812 3456 7890 are one number."""
    plain = text.strip().translate(_PHONE_SEPARATORS).removeprefix("TEL:").removeprefix("tel:")
    abroad = plain.startswith(("+", "00"))
    digits = plain.removeprefix("+").removeprefix("00") if abroad else plain
    if not abroad and digits.startswith("0"):
        digits = INDONESIA + digits[1:]
    if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15):
        raise NumberInvalid(
            "A phone number has 8 to 15 digits with its country's code.",
            remedy="Write it as +62 812 3456 7890 or 0812 3456 7890.",
            field=NumberKind.PHONE.value,
        )
    return digits


def parse_nik(text: str) -> str:
    """``text`` as a NIK, or '' where it cannot be one.

    region (6 digits) + day, month, year of birth (2 each) + serial from 0001 (4). There is no
    check digit, so that this only tells what is impossible. Blanks, dots and dashes that people
    write between the digits are let through.
    """
    digits = text.strip().translate(_SEPARATORS)
    return "" if _nik_fault(digits)[0] else digits


@dataclass(frozen=True, slots=True)
class NikFacts:
    """What a NIK says of its bearer: day of birth as MMDD, the year's last two digits, the sex."""

    month_day: str
    year: str
    sex: str


def nik_facts(nik: str) -> NikFacts:
    """Read a valid NIK."""
    day = int(nik[6:8])
    is_woman = day > _WOMEN_DAY
    return NikFacts(
        f"{nik[8:10]}{day - _WOMEN_DAY * is_woman:02}", nik[10:12], "F" if is_woman else "M"
    )


def nik_disagrees(nik: str, birth_date: str, sex: str) -> list[str]:
    """Which of ``birth_date`` (YYYYMMDD) and ``sex`` (M, F) a valid NIK contradicts, by these
    names; '' contradicts nothing. A reason to look at the card again, not to refuse: cards are
    wrong, too, and keep their number."""
    facts = nik_facts(nik)
    wrong = []
    if len(birth_date) == len("YYYYMMDD") and birth_date[2:] != facts.year + facts.month_day:
        wrong.append("birth_date")
    if sex in ("M", "F") and sex != facts.sex:
        wrong.append("sex")
    return wrong


_SEPARATORS: Final = str.maketrans("", "", " .-")
_PHONE_SEPARATORS: Final = str.maketrans("", "", " .-()/\u00a0")
INDONESIA: Final = "62"

_FINE: Final = ("", "")
_COPY: Final = "Copy it from the card."


def _nik_fault(digits: str) -> tuple[str, str]:
    """Why this is no NIK, and what to do; '' where it may be one."""
    if not (digits.isascii() and digits.isdigit()):
        return "has something else than digits", _COPY
    if len(digits) != NIK_DIGITS:
        return f"has {len(digits)} digits and needs {NIK_DIGITS}", _COPY
    if digits[0] == "0":
        return "begins with 0, as no province does", _COPY
    day, month = int(digits[6:8]), int(digits[8:10])
    if day > _WOMEN_DAY:
        day -= _WOMEN_DAY
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return (
            "holds no date in its digits 7 to 12",
            "They are day, month and year of birth; women have 40 added to the day.",
        )
    if digits[12:] == "0000":
        return "ends in 0000, and serials begin with 0001", _COPY
    return _FINE


def _family_card_fault(digits: str) -> tuple[str, str]:
    """As a NIK, with the day on which the card was made: nothing is added to it."""
    reason, remedy = _nik_fault(digits)
    if not reason and int(digits[6:8]) > _WOMEN_DAY:
        return "holds no date in its digits 7 to 12", "They are the day on which it was made."
    return reason, "They are the day on which it was made." if "date" in reason else remedy


def _passport_fault(text: str) -> tuple[str, str]:
    """ICAO Doc 9303-4 § 4.2.2: nine characters of A-Z and 0-9; issuers have shorter ones."""
    if not 5 <= len(text) <= 9 or not (text.isascii() and text.isalnum()):
        return "has 5 to 9 letters and digits", "Copy it from the page with the photo."
    if not any(letter.isdigit() for letter in text):
        return "has no digit", "Copy it from the page with the photo."
    return _FINE


def _health_fault(text: str) -> tuple[str, str]:
    """P and 11 digits are what was seen; nobody has said that there is nothing else."""
    if not 6 <= len(text) <= 20 or not (text.isascii() and text.isalnum()):
        return "has 6 to 20 letters and digits", "It is mostly P and 11 digits."
    return _FINE


def _record_fault(text: str) -> tuple[str, str]:
    if not text:
        return "is empty", "Give the number on the patient's card."
    if len(text) > RECORD_LENGTH_MAX or not text.isprintable():
        return f"has at most {RECORD_LENGTH_MAX} printable characters", _COPY
    return _FINE


NATIONAL_CODE_LENGTH_MAX: Final = 32
"""Codes of hospitals and of people who work in health, as the national register gives them."""

RECORD_LENGTH_MAX: Final = 64
"""What DICOM allows a Patient ID (VR LO)."""

_CHECKS: Final = {
    NumberKind.NIK: _nik_fault,
    NumberKind.MOTHERS_NIK: _nik_fault,
    NumberKind.FAMILY_CARD: _family_card_fault,
    NumberKind.PASSPORT: _passport_fault,
    NumberKind.HEALTH: _health_fault,
    NumberKind.RECORD: _record_fault,
}
_NAMES: Final = {
    NumberKind.NIK: "A NIK",
    NumberKind.MOTHERS_NIK: "The mother's NIK",
    NumberKind.FAMILY_CARD: "A family card's number",
    NumberKind.PASSPORT: "A passport's number",
    NumberKind.HEALTH: "A national health number",
    NumberKind.RECORD: "A medical record number",
}
