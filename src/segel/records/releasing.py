"""What of their own chart patients are shown: what somebody stands by. Pure.

A result that is still being worked on, or a report that nobody has signed, is not for the patient
yet. One that was taken back is told of, without what it said: it may have been read before.
Decision 035.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from segel.domain.records import BINARY
from segel.records.model import Version

Json = dict[str, Any]

SIGNED: Final[Mapping[str, frozenset[str]]] = {
    "DiagnosticReport": frozenset({"final", "amended", "corrected", "appended"}),
    "Observation": frozenset({"final", "amended", "corrected"}),
}
"""Statuses in which a laboratory or radiologist stands by it (R4 diagnostic-report-status,
observation-status)."""

TAKEN_BACK: Final = frozenset({"cancelled", "entered-in-error"})
"""Of what is in ``SIGNED``."""

UNFINISHED: Final[Mapping[str, tuple[str, str]]] = {
    "DocumentReference": ("docStatus", "preliminary"),
    "ServiceRequest": ("status", "draft"),
}
"""Of other types: the element, and its value that says that it is a draft."""

DOCUMENTED_BY: Final = ("DiagnosticReport", "DocumentReference")
"""What leads to a Binary: it has no status of its own."""

_LEFT: Final[tuple[str, ...]] = (
    "id",
    "meta",
    "code",
    "category",
    "subject",
    "effectiveDateTime",
    "issued",
)
"""What is still told of a report or result that was taken back."""

_SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


def shown_to_patient(version: Version) -> Version | None:
    """A version as its patient is shown it; None where it is not for them (yet)."""
    resource = version.resource
    if resource is None:
        return version
    if version.resource_type in SIGNED:
        status = resource.get("status")
        if status in SIGNED[version.resource_type]:
            return version
        return replace(version, resource=_stub(resource)) if status in TAKEN_BACK else None
    if version.resource_type in UNFINISHED:
        element, value = UNFINISHED[version.resource_type]
        return None if resource.get(element) == value else version
    return version


def led_to(versions: Sequence[Version]) -> frozenset[str]:
    """The ids of the Binaries that reports and documents refer to."""
    found: set[str] = set()
    for version in versions:
        for attachment in _attachments(version.resource or {}):
            kind, _, binary_id = str(attachment.get("url", "")).rpartition("/")
            if kind.rpartition("/")[2] == BINARY:
                found.add(binary_id)
    return frozenset(found)


def _attachments(resource: Json) -> list[Json]:
    contents = [one.get("attachment", {}) for one in resource.get("content", ())]
    return [*resource.get("presentedForm", ()), *contents]


def _stub(resource: Json) -> Json:
    meta = resource.get("meta", {})
    tags = [*meta.get("tag", ()), _SUBSETTED]
    left = {name: resource[name] for name in _LEFT if name in resource}
    return {
        "resourceType": resource["resourceType"],
        **left,
        "meta": {**meta, "tag": tags},
        "status": resource["status"],
    }
