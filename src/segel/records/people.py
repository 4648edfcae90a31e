"""Who a patient is: the FHIR Patient, and the identity that the broker finds people by."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from segel.domain.identifiers import (
    SYSTEMS,
    NumberInvalid,
    NumberKind,
    parse_number,
    system_of,
)
from segel.domain.patient import PHONES_MAX, PatientIdentity
from segel.records.r4 import ResourceInvalid

Json = dict[str, Any]

RECORD_SYSTEM: Final = "http://sys-ids.kemkes.go.id/mrn/"
"""A hospital's own numbers, with the hospital after it, as the national platform has them."""

RANK_LAST: Final = 2**31
"""After every rank that R4 has (positiveInt)."""

TYPE_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
RECORD_TYPE: Final = "MR"

SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
"""On patients in a list: the whole of them is shown, and counted, when they are read."""

_SEXES: Final[Mapping[str, str]] = {"male": "M", "female": "F", "other": "O", "unknown": ""}
GENDERS: Final = {sex: gender for gender, sex in _SEXES.items() if sex}
_FIELDS: Final = {
    NumberKind.RECORD: "patient_id",
    NumberKind.NIK: "nik",
    NumberKind.PASSPORT: "passport",
    NumberKind.HEALTH: "health_number",
}


_SHARED_FIELDS: Final = {
    NumberKind.FAMILY_CARD: "family_card",
    NumberKind.MOTHERS_NIK: "mothers_nik",
}
"""Numbers that find a person and are not theirs alone. They are in no list: it tells who is found,
and no more of them than that takes."""

BIRTH_ORDER_MAX: Final = 9
"""Children born together; more are a slip."""

_PHONES: Final = ("phone", "sms")


def kind_of(system: str, type_codes: frozenset[str] = frozenset()) -> NumberKind | None:
    """What kind of number an identifier of this system is; None: none that people are found by."""
    if system in SYSTEMS:
        return SYSTEMS[system]
    if system.startswith(RECORD_SYSTEM) or RECORD_TYPE in type_codes:
        return NumberKind.RECORD
    return None


def identity_of(patient: Json) -> PatientIdentity:
    """The identity that a Patient resource states. Raises ResourceInvalid for a number that its
    kind cannot have, or for two of a kind of which one has one."""
    found: dict[str, str] = {}
    for at, (kind, value) in enumerate(_numbers(patient)):
        name = (_FIELDS | _SHARED_FIELDS).get(kind) if kind else None
        place = f"Patient.identifier[{at}].value"
        if kind is not None:
            try:
                value = parse_number(kind, value)
            except NumberInvalid as wrong:
                raise ResourceInvalid.of(
                    place, "value", f"{wrong.what} {wrong.remedy}".strip()
                ) from None
        if name is None:
            continue
        if found.setdefault(name, value) != value:
            raise ResourceInvalid.of(
                place,
                "business-rule",
                "There are two numbers of a kind of which a person has one: keep the one in use.",
            )
    return PatientIdentity(
        name=_name(patient),
        birth_date=_day(patient.get("birthDate", "")),
        sex=_SEXES.get(patient.get("gender", ""), ""),
        phones=tuple(dict.fromkeys(_phones(patient)))[:PHONES_MAX],
        birth_order=_birth_order(patient),
        **found,
    )


def listed(patient_id: UUID, identity: PatientIdentity, hospital_id: UUID) -> Json:
    """A Patient as lists show one: shortened, and said to be."""
    head: Json = {
        "resourceType": "Patient",
        "id": str(patient_id),
        "meta": {"tag": [SUBSETTED]},
    }
    return head | patient_of(identity, hospital_id)


def patient_of(identity: PatientIdentity, hospital_id: UUID) -> Json:
    """A Patient resource of what is known of somebody whom images made."""
    name, born = _human_name(identity.name), identity.birth_date
    resource: Json = {
        "resourceType": "Patient",
        "identifier": [*_identifiers(identity, hospital_id)],
        "name": [name] if name else [],
        "gender": GENDERS.get(identity.sex, ""),
        "birthDate": f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == len("YYYYMMDD") else "",
    }
    return {name: value for name, value in resource.items() if value}


def _numbers(patient: Json) -> Iterator[tuple[NumberKind | None, str]]:
    for identifier in patient.get("identifier", ()):
        in_use = identifier.get("use") != "old"
        value = identifier.get("value", "")
        yield kind_of_identifier(identifier) if in_use and value else None, value


def kind_of_identifier(identifier: Json) -> NumberKind | None:
    """What kind of number an identifier is, by its system and its type."""
    codes = frozenset(
        str(coding.get("code", ""))
        for coding in identifier.get("type", {}).get("coding", ())
        if coding.get("system", TYPE_SYSTEM) == TYPE_SYSTEM
    )
    return kind_of(identifier.get("system", ""), codes)


def _phones(patient: Json) -> Iterator[str]:
    """The phone numbers in use, the preferred first. What is none that could be called is text that
    somebody wrote there, and no reason to refuse a patient."""
    for contact in phones_in_use(patient):
        if contact.get("value"):
            with contextlib.suppress(NumberInvalid):
                yield parse_number(NumberKind.PHONE, contact["value"])


def phones_in_use(patient: Json) -> list[Json]:
    """The contacts that can be called, the preferred first."""
    stated = [one for one in patient.get("telecom", ()) if one.get("system") in _PHONES]
    in_use = [one for one in stated if one.get("use") != "old"]
    return sorted(in_use, key=lambda one: int(one.get("rank", RANK_LAST)))


def _identifiers(identity: PatientIdentity, hospital_id: UUID) -> Iterator[Json]:
    for kind, name in _FIELDS.items():
        if value := getattr(identity, name):
            yield identifier_of(kind, value, hospital_id)


def identifier_of(kind: NumberKind, value: str, hospital_id: UUID) -> Json:
    """A number as a Patient resource has it. ``hospital_id``: whose, of a hospital's own."""
    if kind is NumberKind.RECORD:
        coding = {"system": TYPE_SYSTEM, "code": RECORD_TYPE}
        return {
            "type": {"coding": [coding]},
            "system": f"{RECORD_SYSTEM}{hospital_id}",
            "value": value,
        }
    return {"use": "official", "system": system_of(kind), "value": value}


def _name(patient: Json) -> str:
    """The name in use as DICOM's alphabetic group (PS3.5 § 6.2.1.2): family^given. A name in one
    piece, as many Indonesians have it, is one component."""
    for name in names_in_use(patient):
        family = name.get("family", "")
        given = " ".join(one for one in name.get("given", ()) if one)
        if family and given:
            return f"{_plain(family)}^{_plain(given)}"
        if whole := family or given or name.get("text", ""):
            return _plain(whole)
    return ""


def names_in_use(patient: Json) -> list[Json]:
    """Every name in use, the official first."""
    names = [name for name in patient.get("name", ()) if name.get("use") != "old"]
    return sorted(names, key=lambda name: _USES.get(name.get("use", ""), len(_USES)))


_USES: Final = {"official": 0, "usual": 1, "": 2, "temp": 3, "maiden": 4, "nickname": 5}


def _plain(text: str) -> str:
    """Without what separates components and groups of a name."""
    return " ".join(text.replace("^", " ").replace("=", " ").replace("\\", " ").split())


def _human_name(name: str) -> Json:
    family, _, rest = name.partition("^")
    given = [part for part in rest.split("^")[0].split() if part]
    if not given:
        return {"text": family} if family else {}
    return {"text": " ".join([*given, family]).strip(), "family": family, "given": given}


def _birth_order(patient: Json) -> int:
    order = int(patient.get("multipleBirthInteger", 0))
    return order if 0 < order <= BIRTH_ORDER_MAX else 0


def _day(text: str) -> str:
    """YYYYMMDD of a whole date; of less nothing can be found."""
    return text.replace("-", "") if len(text) == len("2000-01-01") else ""
