"""Registrations as Patient resources: read from one, and written onto one. Pure.

What a form does not have stays as it is in the resource; what it has takes the place of what stood
there, and a name or number that was another is kept as an old one.
"""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from segel.domain.identifiers import NumberKind, parse_number
from segel.domain.records import PATIENT
from segel.domain.registration import Registration
from segel.records.people import GENDERS, identifier_of, kind_of_identifier

Json = dict[str, Any]

NUMBERS: Final = {
    NumberKind.NIK: "nik",
    NumberKind.RECORD: "record_number",
    NumberKind.PASSPORT: "passport",
    NumberKind.HEALTH: "health_number",
}
"""The numbers of a form, by kind."""

_SEXES: Final = {gender: sex for sex, gender in GENDERS.items()}


def registration_of(patient: Json) -> Registration:
    """What a form shows of a Patient resource."""
    numbers = {
        NUMBERS[kind]: str(identifier.get("value", ""))
        for identifier in _in_use(patient.get("identifier", ()))
        if (kind := kind_of_identifier(identifier)) in NUMBERS
    }
    name = next(iter(_in_use(patient.get("name", ()))), {})
    parts = (*name.get("given", ()), name.get("family", ""))
    phone = next((one for one in _in_use(patient.get("telecom", ())) if _is_phone(one)), {})
    address = next(iter(_in_use(patient.get("address", ()))), {})
    lines = (*address.get("line", ()), address.get("city", ""), address.get("postalCode", ""))
    return Registration(
        name=name.get("text") or " ".join(part for part in parts if part),
        birth_date=patient.get("birthDate", ""),
        sex=_SEXES.get(patient.get("gender", ""), ""),
        phone=phone.get("value", ""),
        address=address.get("text") or ", ".join(part for part in lines if part),
        **numbers,
    )


def written(patient: Json, about: Registration, hospital_id: UUID) -> Json:
    """A Patient resource with a registration written onto it. Raises NumberInvalid."""
    before = registration_of(patient)
    changed = {**patient, "resourceType": PATIENT}
    if about.name != before.name:
        changed["name"] = [
            *([{"use": "official", "text": about.name}] if about.name else []),
            *_retired(patient.get("name", [])),
        ]
    changed["identifier"] = [*_identifiers(patient, about, before, hospital_id)]
    if about.phone != before.phone:
        changed["telecom"] = [
            *([{"system": "phone", "value": about.phone}] if about.phone else []),
            *(one for one in patient.get("telecom", []) if not _is_phone(one)),
        ]
    if about.address != before.address:
        changed["address"] = [
            *([{"use": "home", "text": about.address}] if about.address else []),
            *_retired(patient.get("address", [])),
        ]
    changed["birthDate"] = about.birth_date
    changed["gender"] = GENDERS.get(about.sex, "")
    return {name: value for name, value in changed.items() if value not in ("", [])}


def _identifiers(
    patient: Json, about: Registration, before: Registration, hospital_id: UUID
) -> Iterator[Json]:
    """A form's numbers first, then whatever else there was."""
    replaced = set()
    for kind, name in NUMBERS.items():
        value = getattr(about, name)
        if value == getattr(before, name):
            continue
        replaced.add(kind)
        if value:
            yield identifier_of(kind, parse_number(kind, value), hospital_id)
    for identifier in patient.get("identifier", ()):
        stale = kind_of_identifier(identifier) in replaced
        yield {**identifier, "use": "old"} if stale else identifier


def _in_use(parts: Any) -> Iterator[Json]:
    return (one for one in parts if one.get("use") != "old")


def _retired(parts: list[Json]) -> list[Json]:
    return [{**one, "use": "old"} for one in parts]


def _is_phone(contact: Json) -> bool:
    return bool(contact.get("system") == "phone")
