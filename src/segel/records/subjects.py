"""Whose a resource is: the element of each type that names the patient."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from segel.domain.records import PATIENT
from segel.records.errors import SubjectMissing
from segel.records.r4 import ResourceInvalid

Json = dict[str, Any]

SUBJECTS: Final[Mapping[str, str]] = {
    "Encounter": "subject",
    "ServiceRequest": "subject",
    "DiagnosticReport": "subject",
    "Observation": "subject",
    "Specimen": "subject",
    "Immunization": "patient",
    "Consent": "patient",
    "DocumentReference": "subject",
    "Provenance": "target",
    "Binary": "securityContext",
}
"""The element that refers to the patient. Of a Provenance one of the targets is the patient: what
it tells of lies in the same chart."""


def subject_of(resource: Json) -> UUID:
    """The patient whose chart a resource belongs to. Raises SubjectMissing, ResourceInvalid."""
    resource_type = resource["resourceType"]
    element = SUBJECTS[resource_type]
    stated = resource.get(element)
    for at, reference in enumerate(stated if isinstance(stated, list) else [stated]):
        kind, _, patient_id = str((reference or {}).get("reference", "")).partition("/")
        if kind != PATIENT:
            continue
        try:
            return UUID(patient_id)
        except ValueError:
            place = f"{resource_type}.{element}"
            place += f"[{at}]" if isinstance(stated, list) else ""
            raise ResourceInvalid.of(
                f"{place}.reference", "not-found", "There is no such patient here: refer"
                " to one as Patient/ and the id under which they are found."
            ) from None  # fmt: skip
    raise SubjectMissing(
        f"It is not said whose record this {resource_type} belongs to.",
        field=f"{resource_type}.{element}",
        remedy="Refer to the patient as Patient/ and the id under which they are found.",
    )
