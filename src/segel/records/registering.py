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
from segel.records.people import (
    GENDERS,
    identifier_of,
    kind_of_identifier,
    names_in_use,
    phones_in_use,
)

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
    name, phone, address = _shown(patient)
    parts = (*name.get("given", ()), name.get("family", ""))
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
    name, phone, address = _shown(patient)
    if about.name != before.name:
        new = {"use": "official", "text": about.name}
        changed["name"] = _replaced(patient.get("name", []), name, new if about.name else {})
    changed["identifier"] = [*_identifiers(patient, about, before, hospital_id)]
    if about.phone != before.phone:
        # It takes the old one's rank: what somebody has just said is where they are called.
        new = {"system": "phone", "value": about.phone} | _part(phone, "rank")
        changed["telecom"] = _replaced(
            patient.get("telecom", []), phone, new if about.phone else {}
        )
    if about.address != before.address:
        new = {"use": "home", "text": about.address}
        changed["address"] = _replaced(
            patient.get("address", []), address, new if about.address else {}
        )
    changed["birthDate"] = about.birth_date
    if about.sex != before.sex:  # the form does not show "unknown"
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


def _shown(patient: Json) -> tuple[Json, Json, Json]:
    """The name, the phone and the address that a form shows, of all that there may be."""
    return (
        next(iter(names_in_use(patient)), {}),
        next((one for one in phones_in_use(patient) if _is_phone(one)), {}),
        next(iter(_in_use(patient.get("address", ()))), {}),
    )


def _replaced(parts: list[Json], shown: Json, new: Json) -> list[Json]:
    """The new one first, the one that it replaces as an old one, and all others as they were."""
    kept = [{**one, "use": "old"} if one is shown else one for one in parts]
    return [new, *kept] if new else kept


def _part(of: Json, name: str) -> Json:
    return {name: of[name]} if name in of else {}


def _is_phone(contact: Json) -> bool:
    return bool(contact.get("system") == "phone")
