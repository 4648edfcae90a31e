"""Coded elements and entity identifiers, as FHIR writes them.

CE and CWE (§ 2.A.6, 2.A.13) have a code, its text and its system, all three again, and in CWE.9
the original text. A system that is not of table 0396 is the sender's own.
"""

from collections.abc import Mapping
from typing import Any, Final

from segel.records.hl7.errors import Location, wrong_type
from segel.records.hl7.limits import NUMBER_LENGTH_MAX
from segel.records.hl7.segments import Value
from segel.records.hl7.sender import Sender

Json = dict[str, Any]

LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
UCUM: Final = "http://unitsofmeasure.org"
DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
V2: Final = "http://terminology.hl7.org/CodeSystem/v2-"

SYSTEMS: Final[Mapping[str, str]] = {
    "LN": LOINC,
    "SCT": SNOMED,
    "SCT2": SNOMED,
    "SNM3": "http://terminology.hl7.org/CodeSystem/SNM3",
    "UCUM": UCUM,
    "DCM": DICOM,
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "I9C": "http://terminology.hl7.org/CodeSystem/icd9cm",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "C4": "http://www.ama-assn.org/go/cpt",
}
"""Coding systems (table 0396) and the URIs that FHIR knows them by."""

_TABLE: Final = "HL7"
_ORIGINAL: Final = 9


def concept(value: Value, sender: Sender) -> Json:
    """A CodeableConcept; empty where nothing is said."""
    codings = [coding for first in (1, 4) if (coding := _coding(value, first, sender))]
    original = value.text(_ORIGINAL) or value.text(2) or value.text(5)
    made: Json = {"coding": codings} if codings else {}
    if original:
        made["text"] = original
    return made


def _coding(value: Value, first: int, sender: Sender) -> Json:
    code, display, system = (value.text(number) for number in range(first, first + 3))
    if not code:
        return {}
    made: Json = {"system": system_of_codes(system, sender)} if system else {}
    made["code"] = " ".join(code.split())
    if display:
        made["display"] = display
    return made


def system_of_codes(name: str, sender: Sender) -> str:
    """The URI of a coding system by its name in table 0396; L, 99zzz and unknown ones are the
    sender's own."""
    if name in SYSTEMS:
        return SYSTEMS[name]
    number = name.removeprefix(_TABLE)
    if name.startswith(_TABLE) and len(number) == 4 and number.isascii() and number.isdigit():
        return V2 + number
    return sender.system("codes", name)


def number_of(value: Value, what: str, sender: Sender) -> Json:
    """An EI (§ 2.A.25) as an identifier; empty where nothing is said. ``what`` names its kind in
    the sender's own systems."""
    text = value.text(1)
    if not text:
        return {}
    check_number(text, value.location)
    authority = Value(value.components[1:], value.location, value.delimiters)
    return {"system": sender.system_of(what, authority), "value": text}


def check_number(text: str, where: Location) -> None:
    """A number that can be looked for. Raises MessageRefused (102)."""
    if len(text) > NUMBER_LENGTH_MAX or not text.isprintable():
        raise wrong_type(
            where,
            f"A number has at most {NUMBER_LENGTH_MAX} printable characters.",
            "Send the number that the order has in your system.",
        )


def typed(identifier: Json, code: str) -> Json:
    """``identifier`` with its type of table 0203: PLAC, FILL, ACSN."""
    return {"type": {"coding": [{"system": V2 + "0203", "code": code}]}} | identifier


def practitioner(value: Value, sender: Sender) -> Json:
    """An XCN (§ 2.A.86) as a reference that says who is meant, without a resource of its own."""
    made: Json = {"type": "Practitioner"}
    if value.text(1):
        check_number(value.text(1), value.location)
        made["identifier"] = {
            "system": sender.system_of("practitioner", value.sub(9)),
            "value": value.text(1),
        }
    parts = (value.text(6), value.text(3), value.text(4), value.text(2), value.text(5))
    name = " ".join(part for part in parts if part)
    if name:
        made["display"] = name
    return made if len(made) > 1 else {}
