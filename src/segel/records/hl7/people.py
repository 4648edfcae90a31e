"""PID (HL7 v2.5.1 § 3.4.2): who a message is about.

Numbers are read from PID-3, the older PID-2 and PID-4, and the account in PID-18. What kind each is
follows from its assigning authority, where that is a national system, and else from its type code
(table 0203). Each is checked as such a number can be; one that cannot be right refuses the message,
as nobody could say whose it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from segel.domain.identifiers import SYSTEMS, NumberInvalid, NumberKind, parse_number, system_of
from segel.domain.patient import PatientIdentity
from segel.records.hl7.coding import V2, Json, check_number
from segel.records.hl7.errors import Fault, MessageRefused, missing, not_in_table
from segel.records.hl7.person_details import address, contact, fhir_name, legal_name, pn_of
from segel.records.hl7.segments import Segment, Value
from segel.records.hl7.sender import Sender
from segel.records.hl7.times import Times

TYPES: Final[Mapping[str, NumberKind]] = {
    "": NumberKind.RECORD,
    "MR": NumberKind.RECORD,
    "PI": NumberKind.RECORD,
    "NI": NumberKind.NIK,
    "NNIDN": NumberKind.NIK,
    "PPN": NumberKind.PASSPORT,
}
"""Kinds by type code (table 0203). NN and a country's letters is that country's national number."""

_SEXES: Final[Mapping[str, tuple[str, str]]] = {
    "": ("", ""),
    "M": ("M", "male"),
    "F": ("F", "female"),
    "O": ("O", "other"),
    "A": ("O", "other"),
    "N": ("O", "other"),
    "U": ("", "unknown"),
}
"""PID-8 (table 0001) as DICOM's and as FHIR's."""

_FIND_BY: Final = (NumberKind.RECORD, NumberKind.NIK, NumberKind.HEALTH, NumberKind.PASSPORT)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number of a patient. ``kind`` is None where it is of none that Segel knows (an insurance's,
    an account's); ``type_code`` is the sender's (table 0203)."""

    kind: NumberKind | None
    system: str
    value: str
    type_code: str = ""

    def to_fhir(self) -> Json:
        made: Json = {"system": self.system, "value": self.value}
        code = "MR" if self.kind is NumberKind.RECORD else self.type_code
        if code:
            made = {"type": {"coding": [{"system": V2 + "0203", "code": code}]}} | made
        return made


@dataclass(frozen=True, slots=True)
class Person:
    """Who a message is about: as images name them, by all their numbers, and as a FHIR Patient."""

    identity: PatientIdentity
    identifiers: tuple[Identifier, ...]
    resource: Json

    @property
    def found_by(self) -> Identifier:
        """The number that the patient is looked for by: the hospital's own, if there is one."""
        by_kind = {one.kind: one for one in reversed(self.identifiers)}
        return next((by_kind[kind] for kind in _FIND_BY if kind in by_kind), self.identifiers[0])

    @property
    def numbers(self) -> tuple[Identifier, ...]:
        """Every number that leads to this person and to nobody else, the best first."""
        others = [one for kind in _FIND_BY for one in self.identifiers if one.kind is kind]
        return tuple(dict.fromkeys((self.found_by, *others)))


def person(pid: Segment, sender: Sender, times: Times) -> Person:
    """Read a PID. Raises MessageRefused."""
    identifiers = tuple(_identifiers(pid, sender))
    if not any(one.type_code != "AN" for one in identifiers):
        raise missing(
            pid.at(3), "The patient has no number.", "Give at least the medical record number."
        )
    if sender.record_system and not any(one.kind in _FIND_BY for one in identifiers):
        raise MessageRefused(
            Fault.UNKNOWN,
            pid.at(3),
            "None of the patient's numbers is one by which people are known here.",
            remedy="Give the hospital's record number; if it is there, have its assigning authority"
            " enrolled (segel hl7 add --authority).",
        )
    name = legal_name(pid)
    birth_date = times.date(pid.text(7), pid.at(7))
    if pid.text(8) not in _SEXES:
        raise not_in_table(pid.at(8), "0001", "Give M, F, O or U.")
    sex, gender = _SEXES[pid.text(8)]
    record = next((one for one in identifiers if one.kind is NumberKind.RECORD), None)
    nik = next((one.value for one in identifiers if one.kind is NumberKind.NIK), "")
    identity = PatientIdentity(
        patient_id=record.value if record else "",
        issuer=_issuer(pid, record.value if record else "") or sender.issuer,
        nik=nik,
        name=pn_of(name),
        birth_date=birth_date.replace("-", "") if len(birth_date) == len("YYYY-MM-DD") else "",
        sex=sex,
    )
    resource: Json = {
        "resourceType": "Patient",
        "identifier": [one.to_fhir() for one in identifiers],
        "name": [made for one in pid.values(5) if (made := fhir_name(one))],
        "telecom": [made for one in pid.values(13) if (made := contact(one))],
        "gender": gender,
        "birthDate": birth_date,
        "address": [made for one in pid.values(11) if (made := address(one))],
    }
    return Person(identity, identifiers, {key: value for key, value in resource.items() if value})


def _identifiers(pid: Segment, sender: Sender) -> Iterable[Identifier]:
    seen = set()
    for field in (3, 2, 4):
        for value in pid.values(field):
            made = _identifier(value, sender)
            if (made.system, made.value) not in seen:
                seen.add((made.system, made.value))
                yield made
    for value in pid.values(18):
        if value.text(1):
            check_number(value.text(1), value.location)
            yield Identifier(None, sender.system_of("account", value.sub(4)), value.text(1), "AN")


def _identifier(value: Value, sender: Sender) -> Identifier:
    """A CX (§ 2.A.14)."""
    text, type_code, authority = value.text(1), value.text(5), value.sub(4)
    if not text:
        raise missing(value.at(1), "An identifier has an authority or type, and no number.")
    stated = sender.system_of("mrn", authority)
    kind = SYSTEMS.get(stated) or TYPES.get(type_code)
    if kind is NumberKind.RECORD and sender.record_system:
        if not sender.is_hospitals(authority):
            check_number(text, value.at(1))
            return Identifier(None, stated, text)  # without MR, which says that it is ours
        stated = sender.record_system
    if kind is None:
        check_number(text, value.at(1))
        system = sender.system_of("identifier", authority)
        if system == sender.system("identifier"):  # numbers of two types are two people's
            system = sender.system("identifier", type_code)
        return Identifier(None, system, text, type_code)
    try:
        number = parse_number(kind, text)
    except NumberInvalid as wrong:
        raise MessageRefused(Fault.TYPE, value.at(1), wrong.what, remedy=wrong.remedy) from None
    return Identifier(kind, system_of(kind) or stated, number, type_code)


def _issuer(pid: Segment, record: str) -> str:
    """The namespace that the sender says with the record number, as (0010,0021) has it."""
    for field in (3, 2, 4):
        for value in pid.values(field):
            if value.text(1) == record and record:
                return value.text(4)
    return ""
