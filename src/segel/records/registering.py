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
    NumberKind.FAMILY_CARD: "family_card",
    NumberKind.MOTHERS_NIK: "mothers_nik",
}
"""The numbers of a form, by kind."""

TEMPORARY: Final = "temp"
"""Of a name (R4 NameUse): what a newborn or an unknown patient is called meanwhile."""

ESTIMATED: Final = "urn:segel:birth-estimated"
"""An extension of ``birthDate``: R4 has less than a day for it, and no word for a guess."""

MOTHER: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}

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
        mother=_mother(patient).get("name", {}).get("text", ""),
        birth_order=str(patient.get("multipleBirthInteger", "")),
        estimated="1" if any(one.get("url") == ESTIMATED for one in _of_birth(patient)) else "",
        temporary="1" if name.get("use") == TEMPORARY else "",
        **numbers,
    )


def written(patient: Json, about: Registration, hospital_id: UUID) -> Json:
    """A Patient resource with a registration written onto it. Raises NumberInvalid."""
    before = registration_of(patient)
    changed = {**patient, "resourceType": PATIENT}
    name, phone, address = _shown(patient)
    if (about.name, about.temporary) != (before.name, before.temporary):
        new = {"use": TEMPORARY if about.temporary else "official", "text": about.name}
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
    if about.estimated != before.estimated:
        others = [one for one in _of_birth(patient) if one.get("url") != ESTIMATED]
        said = [{"url": ESTIMATED, "valueBoolean": True}] if about.estimated else []
        element = {**patient.get("_birthDate", {}), "extension": [*others, *said]}
        changed["_birthDate"] = {name: value for name, value in element.items() if value} or ""
    if about.birth_order != before.birth_order:
        changed.pop("multipleBirthBoolean", None)
        changed["multipleBirthInteger"] = int(about.birth_order) if about.birth_order else ""
    if about.mother != before.mother:
        known = _mother(patient)
        rest = [one for one in patient.get("contact", ()) if one is not known]
        hers = {"relationship": [{"coding": [dict(MOTHER)]}], "name": {"text": about.mother}}
        changed["contact"] = [*([hers] if about.mother else []), *rest]
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


def _mother(patient: Json) -> Json:
    """The contact who is the mother."""
    return next(
        (
            one
            for one in patient.get("contact", ())
            for concept in one.get("relationship", ())
            for coding in concept.get("coding", ())
            if coding.get("code") == MOTHER["code"]
        ),
        {},
    )


def _of_birth(patient: Json) -> list[Json]:
    """What is said of the birth date besides the date."""
    return list(patient.get("_birthDate", {}).get("extension", ()))


def _replaced(parts: list[Json], shown: Json, new: Json) -> list[Json]:
    """The new one first, the one that it replaces as an old one, and all others as they were."""
    kept = [{**one, "use": "old"} if one is shown else one for one in parts]
    return [new, *kept] if new else kept


def _part(of: Json, name: str) -> Json:
    return {name: of[name]} if name in of else {}


def _is_phone(contact: Json) -> bool:
    return bool(contact.get("system") == "phone")
