"""A patient summary as one document, after the International Patient Summary (HL7 IPS 1.1). Pure.

It says what this archive knows: vaccinations, results and reports. Problems, allergies and
medicines are not kept here; their sections stand in it, as the summary demands, and say so.
Numbers, addresses and phones are left out: a doctor knows a patient by name and birth.
"""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from segel.domain.records import PATIENT
from segel.records.model import instant

Json = dict[str, Any]

RESULTS_MAX: Final = 50
REPORTS_MAX: Final = 20
"""The newest; a summary is read in minutes."""

TYPES: Final = (PATIENT, "Observation", "DiagnosticReport", "Immunization")

_LOINC: Final = "http://loinc.org"
_EMPTY: Final = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
_NAMES: Final = UUID("7d0a3f0e-8a3f-4d7b-9d8d-0f4a9f1c2b6e")

_KEPT_OF_PATIENT: Final = ("resourceType", "id", "name", "gender", "birthDate")
_LED_AWAY: Final = frozenset(
    {
        "basedOn", "encounter", "device", "hasMember", "derivedFrom", "imagingStudy", "location",
        "media", "partOf", "performer", "presentedForm", "resultsInterpreter", "specimen", "meta",
        "identifier", "contained", "extension",
    }
)  # fmt: skip
"""Elements that lead to what is not in the document, or name others."""


def patient_summary(
    resources: Iterable[Mapping[str, Any]], base: str, author: str, at_s: float
) -> Json:
    """A Bundle of type ``document``. ``resources``: a chart's, with its Patient; ``base``: FHIR's
    address; ``author``: the hospital's name; ``at_s``: Unix time. Raises LookupError without a
    Patient."""
    known = [dict(one) for one in resources]
    who = next(one for one in known if one["resourceType"] == PATIENT)
    patient: Json = {name: who[name] for name in _KEPT_OF_PATIENT if name in who}
    vaccinations = _newest(known, "Immunization", RESULTS_MAX)
    results = _newest(known, "Observation", RESULTS_MAX)
    reports = _newest(known, "DiagnosticReport", REPORTS_MAX)
    there = {_reference(one) for one in (*vaccinations, *results, *reports)}
    told = [_told(one, there) for one in (*reports, *results, *vaccinations)]
    subject = _reference(patient)
    composition: Json = {
        "resourceType": "Composition",
        "id": str(uuid5(_NAMES, f"{patient['id']} {at_s}")),
        "status": "final",
        "type": _concept(_LOINC, "60591-5", "Patient summary Document"),
        "subject": {"reference": subject},
        "date": instant(at_s),
        "author": [{"display": author}],
        "title": "Patient Summary",
        "section": [
            _unknown("Problem list", "11450-4"),
            _unknown("Allergies and adverse reactions", "48765-2"),
            _unknown("Medication use", "10160-0"),
            _section("Immunizations", "11369-6", vaccinations),
            _section("Results", "30954-2", [*reports, *results]),
        ],
    }
    document: list[Json] = [composition, patient, *told]
    return {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{composition['id']}"},
        "timestamp": instant(at_s),
        "entry": [{"fullUrl": f"{base}/{_reference(one)}", "resource": one} for one in document],
    }


def _newest(known: Sequence[Json], resource_type: str, at_most: int) -> list[Json]:
    found = [one for one in known if one["resourceType"] == resource_type]
    return sorted(found, key=_when, reverse=True)[:at_most]


def _when(resource: Mapping[str, Any]) -> str:
    for name in ("effectiveDateTime", "occurrenceDateTime", "issued", "recorded"):
        if isinstance(resource.get(name), str):
            return str(resource[name])
    period = resource.get("effectivePeriod")
    return str(period.get("start", "")) if isinstance(period, dict) else ""


def _told(resource: Json, there: set[str]) -> Json:
    """A resource without what leads out of the document."""
    told = {name: value for name, value in resource.items() if name not in _LED_AWAY}
    if "result" in told:
        told["result"] = [one for one in told["result"] if one.get("reference") in there]
        if not told["result"]:
            del told["result"]
    return told


def _section(title: str, code: str, resources: Sequence[Json]) -> Json:
    if not resources:
        return _unknown(title, code)
    lines = "".join(f"<li>{html.escape(_line(one))}</li>" for one in resources)
    return {
        "title": title,
        "code": _concept(_LOINC, code, title),
        "text": _narrative(f"<ul>{lines}</ul>"),
        "entry": [{"reference": _reference(one)} for one in resources],
    }


def _unknown(title: str, code: str) -> Json:
    return {
        "title": title,
        "code": _concept(_LOINC, code, title),
        "text": _narrative("<p>Nothing on record in this archive.</p>"),
        "emptyReason": _concept(_EMPTY, "unavailable", "Unavailable"),
    }


def _narrative(inside: str) -> Json:
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>',
    }


def _line(resource: Mapping[str, Any]) -> str:
    """What a resource says, in a line: day, what, value."""
    code = resource.get("code") or resource.get("vaccineCode") or {}
    said = [_when(resource)[:10], _words(code), *_values(resource)]
    return " · ".join(one for one in said if one)


def _values(resource: Mapping[str, Any]) -> Iterator[str]:
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, dict):
        yield f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip()
    concept = resource.get("valueCodeableConcept")
    if isinstance(concept, dict):
        yield _words(concept)
    for name in ("valueString", "conclusion"):
        if isinstance(resource.get(name), str):
            yield str(resource[name])


def _words(concept: Mapping[str, Any]) -> str:
    if concept.get("text"):
        return str(concept["text"])
    return next(
        (str(one["display"]) for one in concept.get("coding", ()) if one.get("display")), ""
    )


def _reference(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}
