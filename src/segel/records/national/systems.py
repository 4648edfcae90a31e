"""The national platform's names for numbers, and whose they are.

How sure each is, and where it is from, stands in ``docs/reference/national-platform.md``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from segel.domain.errors import SegelError
from segel.domain.identifiers import NIK_SYSTEM

Json = dict[str, Any]

LOCAL: Final = "http://sys-ids.kemkes.go.id/"
"""An organisation's own numbers, with their kind and the organisation's number after it."""

PRACTITIONER_SYSTEMS: Final = frozenset(
    {
        "https://fhir.kemkes.go.id/id/nakes-his-number",
        "https://fhir.kemkes.go.id/id/practitioner-ihs-number",
    }
)
"""Numbers that the platform gave to people who treat; both names of it occur."""

LOCAL_KINDS: Final[Mapping[str, str]] = {
    "Encounter": "encounter",
    "ServiceRequest": "servicerequest",
    "Observation": "observation",
    "DiagnosticReport": "diagnostic",
    "ImagingStudy": "acsn",
}

ACCESSION_TYPE: Final[Mapping[str, str]] = {
    "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
    "code": "ACSN",
}
UID_SYSTEM: Final = "urn:dicom:uid"
UID_PREFIX: Final = "urn:oid:"
UID_LENGTH_MAX: Final = 64

_ACCESSION: Final = re.compile(r"https?://sys-ids\.kemkes\.go\.id/acsn/[!-~]{1,64}")
"""Either form: with the organisation or with the patient after it, by http or by https."""

_ORGANISATION: Final = re.compile(r"[0-9]{4,16}")
_LOCATION: Final = re.compile(r"[A-Za-z0-9.\-]{1,64}")


class OrganisationInvalid(SegelError):
    """Not what the platform numbers organisations and their places by."""

    code = "organisation-invalid"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A hospital as the platform knows it.

    ``number``: its IHS number. ``location``: the id of its Location there, for visits that name
    none; "" where it has none. Raises OrganisationInvalid.
    """

    number: str
    location: str = ""

    def __post_init__(self) -> None:
        if not _ORGANISATION.fullmatch(self.number):
            raise OrganisationInvalid(
                "An organisation's number at the platform has 4 to 16 digits.",
                field="organisation",
                remedy="Copy it from the platform's page of your organisation.",
            )
        if self.location and not _LOCATION.fullmatch(self.location):
            raise OrganisationInvalid(
                "A Location's id has at most 64 letters, digits, dots and dashes.",
                field="location",
                remedy="Copy the id that the platform answered when the Location was made there.",
            )

    @property
    def reference(self) -> str:
        """How resources refer to it."""
        return f"Organization/{self.number}"

    def local(self, kind: str, *more: str) -> str:
        """A system of its own numbers: ``servicerequest``, or ``diagnostic`` and ``rad``."""
        return LOCAL + "/".join((kind, self.number, *more))

    def accession(self, value: str) -> Json:
        """An accession number in the form that is written."""
        return {
            "use": "usual",
            "type": {"coding": [dict(ACCESSION_TYPE)]},
            "system": self.local("acsn"),
            "value": value,
        }


@dataclass(frozen=True, slots=True)
class Number:
    """An identifier: a system, and a value that may be somebody's."""

    system: str
    value: str = field(repr=False)

    @property
    def asked(self) -> str:
        """As a search parameter of type token."""
        return f"{self.system}|{self.value}"


def numbers_of(resource: Json) -> Iterator[Number]:
    """What a resource states as its numbers."""
    for one in resource.get("identifier", ()):
        system, value = one.get("system", ""), one.get("value", "")
        if system and value:
            yield Number(system, value)


def accessions_of(resource: Json) -> list[str]:
    """Accession numbers, in whichever form they are stated, each once."""
    found = [
        one["value"].strip()
        for one in resource.get("identifier", ())
        if one.get("value", "").strip()
        and (_ACCESSION.fullmatch(one.get("system", "")) or _is_accession(one))
    ]
    return list(dict.fromkeys(found))


def study_uids_of(resource: Json) -> list[str]:
    """Study Instance UIDs, without ``urn:oid:``."""
    return [
        one.value.removeprefix(UID_PREFIX)
        for one in numbers_of(resource)
        if one.system == UID_SYSTEM and len(one.value) <= len(UID_PREFIX) + UID_LENGTH_MAX
    ]


def practitioner_of(reference: Json) -> Number | None:
    """Who is meant by a reference to a person who treats: a number of the platform's, or a NIK."""
    identifier = reference.get("identifier", {})
    system, value = identifier.get("system", ""), identifier.get("value", "").strip()
    if value and (system == NIK_SYSTEM or system in PRACTITIONER_SYSTEMS):
        return Number(system, value)
    return None


def _is_accession(identifier: Json) -> bool:
    return any(
        coding.get("code") == ACCESSION_TYPE["code"]
        and coding.get("system", ACCESSION_TYPE["system"]) == ACCESSION_TYPE["system"]
        for coding in identifier.get("type", {}).get("coding", ())
    )
