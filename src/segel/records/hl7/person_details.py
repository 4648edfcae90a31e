"""Names, addresses and telephones of PID: XPN, XAD and XTN (HL7 v2.5.1 § 2.A.88, 2.A.85, 2.A.89).

Many Indonesians have one name. Senders put it into the family name, into the given name, or add a
dash because their form wants two; all are the same person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from segel.records.hl7.coding import Json
from segel.records.hl7.errors import missing, wrong_type
from segel.records.hl7.segments import Segment, Value

NAME_LENGTH_MAX: Final = 200
"""Of one part of a name: 194 is what FN.1 and XPN.2 have together."""

_PLACEHOLDERS: Final = frozenset("- . -- .. --- ?".split())
_PN_SIGNS: Final = str.maketrans({"^": " ", "=": " ", "\\": " ", "\n": " "})
_LEGAL: Final = ("L", "")
_USES: Final[Mapping[str, str]] = {
    "L": "official", "D": "usual", "M": "maiden", "N": "nickname", "A": "anonymous", "T": "temp",
    "B": "official",
}  # fmt: skip
"""XPN.7 (table 0200)."""

_ADDRESS_USES: Final[Mapping[str, str]] = {
    "H": "home", "P": "home", "L": "home", "B": "work", "O": "work", "C": "temp", "BA": "old",
}  # fmt: skip
"""XAD.7 (table 0190)."""

_PHONES: Final[Mapping[str, str]] = {
    "PH": "phone", "CP": "phone", "FX": "fax", "BP": "pager", "Internet": "email",
    "X.400": "email",
}  # fmt: skip
"""XTN.3 (table 0202)."""

_PHONE_USES: Final[Mapping[str, str]] = {
    "PRN": "home", "ORN": "home", "WPN": "work", "VHN": "temp",
}  # fmt: skip
"""XTN.2 (table 0201)."""


@dataclass(frozen=True, slots=True)
class Name:
    """The parts that say something; a single name is ``family``."""

    family: str = ""
    given: str = ""
    middle: str = ""
    suffix: str = ""
    prefix: str = ""
    type_code: str = ""

    @property
    def is_single(self) -> bool:
        return not (self.given or self.middle)


def legal_name(pid: Segment) -> Name:
    """The name that is on the card: type L, or the first. Raises MessageRefused where none is."""
    names = [_name(value) for value in pid.values(5)]
    names = [name for name in names if name.family]
    if not names:
        raise missing(pid.at(5), "The patient has no name.", "Give a name, if only a single one.")
    return min(names, key=lambda name: name.type_code not in _LEGAL)  # the first of the least


def pn_of(name: Name) -> str:
    """As DICOM's PN writes it (PS3.5 § 6.2.1): family^given^middle^prefix^suffix."""
    parts = (name.family, name.given, name.middle, name.prefix, name.suffix)
    return "^".join(" ".join(part.translate(_PN_SIGNS).split()) for part in parts).rstrip("^")


def fhir_name(value: Value) -> Json:
    """A HumanName. A single name is given, not inherited: it is ``text`` and ``given``."""
    name = _name(value)
    if not name.family:
        return {}
    given = [part for part in (name.given, name.middle) if part]
    parts = (name.prefix, *given, name.family)
    text = " ".join(part for part in parts if part)
    made: Json = {"text": f"{text}, {name.suffix}" if name.suffix else text}
    if name.type_code in _USES:
        made["use"] = _USES[name.type_code]
    made |= {"given": [name.family]} if name.is_single else {"family": name.family, "given": given}
    made |= {"prefix": [name.prefix]} if name.prefix else {}
    return made | ({"suffix": [name.suffix]} if name.suffix else {})


def address(value: Value) -> Json:
    """An Address."""
    lines = [value.text(1), value.text(2)]
    made: Json = {
        "use": _ADDRESS_USES.get(value.text(7), ""),
        "line": [line for line in lines if line],
        "city": value.text(3),
        "district": value.text(9),
        "state": value.text(4),
        "postalCode": value.text(5),
        "country": value.text(6),
    }
    return {key: part for key, part in made.items() if part}


def contact(value: Value) -> Json:
    """A ContactPoint: the number as it is in XTN.1 or XTN.12, from its parts, or an email."""
    kind = value.text(3)
    parts = (value.text(5) and f"+{value.text(5).lstrip('+')}", value.text(6), value.text(7))
    number = value.text(1) or value.text(12) or " ".join(part for part in parts if part)
    email = value.text(4)
    if not number and not email:
        return {}
    system = "email" if email and not number else _PHONES.get(kind, "phone")
    made: Json = {"system": system, "value": number or email}
    use = "mobile" if kind == "CP" else _PHONE_USES.get(value.text(2), "")
    return made | ({"use": use} if use else {})


def _name(value: Value) -> Name:
    def part(component: int) -> str:
        text = " ".join(value.text(component).split())
        if len(text) > NAME_LENGTH_MAX:
            raise wrong_type(
                value.at(component), f"A name has at most {NAME_LENGTH_MAX} characters."
            )
        return "" if text in _PLACEHOLDERS else text

    family, given, middle = part(1), part(2), part(3)
    if not family:
        family, given, middle = given or middle, middle if given else "", ""
        if given:  # a given and a middle name without a family's: the last stands for it
            family, given = given, family
    return Name(family, given, middle, part(4), part(5), value.text(7))
