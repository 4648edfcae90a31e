"""A chart's resource as the platform takes it. Pure: what is not known is asked for by an error.

Only what is named here leaves the house: notes, attachments, other systems' numbers, narratives
and extensions stay. Times are in UTC, references are the platform's, codes are of public systems.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from segel.records.national import elements as el
from segel.records.national.elements import Known
from segel.records.national.systems import (
    LOCAL,
    LOCAL_KINDS,
    PRACTITIONER_SYSTEMS,
    UID_PREFIX,
    UID_SYSTEM,
    Number,
    Organisation,
    accessions_of,
    numbers_of,
    practitioner_of,
    study_uids_of,
)

Json = dict[str, Any]

READY: Final[Mapping[str, frozenset[str]]] = {
    "Encounter": frozenset({"arrived", "in-progress", "onleave", "finished", "cancelled"}),
    "ServiceRequest": frozenset({"active", "on-hold", "completed", "revoked"}),
    "ImagingStudy": frozenset({"available"}),
    "Observation": frozenset({"final", "amended", "corrected", "cancelled"}),
    "DiagnosticReport": frozenset({"final", "amended", "corrected", "appended", "cancelled"}),
}
"""States that are stated to others: a plan or a preliminary result is still the house's own."""

IN_ERROR: Final = "entered-in-error"

IMAGING: Final = {"system": "http://snomed.info/sct", "code": "363679005", "display": "Imaging"}
SECTIONS: Final = "http://terminology.hl7.org/CodeSystem/v2-0074"
RADIOLOGY: Final = {"system": SECTIONS, "code": "RAD", "display": "Radiology"}
LABORATORY: Final = {"system": SECTIONS, "code": "LAB", "display": "Laboratory"}


def is_ready(resource: Json) -> bool:
    """Whether a resource is in a state in which others are told of it."""
    return resource.get("status") in READY[resource["resourceType"]]


def practitioners_in(resource: Json) -> set[Number]:
    """Whom a resource refers to by a number that the platform has to be asked about."""
    wanted = {practitioner_of(one) for one in el.people(resource)}
    return {one for one in wanted if one and one.system not in PRACTITIONER_SYSTEMS}


def number_of(resource: Json, resource_id: str, organisation: Organisation) -> Number:
    """The number that the platform finds a resource by: what it has there already, else our id.

    Of a study with an accession number that one, as the platform's own router has it.
    """
    kind = resource["resourceType"]
    if kind == "ImagingStudy":
        accessions = accessions_of(resource)
        if accessions:
            return Number(organisation.local("acsn"), accessions[0])
        return Number(UID_SYSTEM, UID_PREFIX + resource_id)
    system = organisation.local(LOCAL_KINDS[kind])
    if kind == "DiagnosticReport":
        system = organisation.local("diagnostic", "rad" if el.is_imaging(resource) else "lab")
    stated = LOCAL + LOCAL_KINDS[kind] + "/"
    for one in numbers_of(resource):
        if one.system.replace("https://", "http://", 1).startswith(stated):
            return Number(system, one.value)
    return Number(system, resource_id)


def to_platform(resource: Json, resource_id: str, known: Known) -> Json:
    """The resource as it is sent, without an id. Raises Unfit with the first thing in the way."""
    kind = resource["resourceType"]
    made: Json = {
        "resourceType": kind,
        "identifier": _identifiers(resource, resource_id, known.organisation),
        "status": el.stated_of(resource, "status"),
        "subject": {"reference": f"Patient/{known.patient}"},
        **_MAKERS[kind](resource, known),
    }
    return {name: value for name, value in made.items() if value not in ("", None, [], {})}


def _identifiers(resource: Json, resource_id: str, organisation: Organisation) -> list[Json]:
    first = number_of(resource, resource_id, organisation)
    accessions = [organisation.accession(value) for value in accessions_of(resource)]
    match resource["resourceType"]:
        case "ImagingStudy":
            uids = study_uids_of(resource) or [resource_id]
            studies = [
                {"use": "official", "system": UID_SYSTEM, "value": UID_PREFIX + uid} for uid in uids
            ]
            return [*accessions, *studies]
        case "ServiceRequest":
            return [_official(first), *accessions]
        case _:
            return [_official(first)]


def _official(number: Number) -> Json:
    return {"use": "official", "system": number.system, "value": number.value}


# --- one of each type --------------------------------------------------------------------------


def _encounter(resource: Json, known: Known) -> Json:
    period = el.period_of(resource, "period")
    if not period.get("start"):
        raise el.missing("Encounter.period.start", "The platform wants to know when a visit began.")
    history = [
        {"status": one.get("status", ""), "period": el.period_of(one, "period", "statusHistory")}
        for one in resource.get("statusHistory", ())
    ] or [{"status": resource["status"], "period": period}]
    location = known.organisation.location
    if not location:
        raise el.missing(
            "Encounter.location",
            "The platform wants the place of a visit.",
            "Give the hospital's: segel national setup ... --location ID.",
        )
    return {
        "class": el.required(resource, "class"),
        "participant": _participants(resource, known),
        "period": period,
        "location": [{"location": {"reference": f"Location/{location}"}}],
        "statusHistory": history,
        "serviceProvider": {"reference": known.organisation.reference},
    }


def _participants(resource: Json, known: Known) -> list[Json]:
    found = []
    for one in resource.get("participant", ()):
        if reference := el.person(one.get("individual", {}), known):
            types = [el.concept(kind) for kind in one.get("type", ())]
            attender = {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "code": "ATND",
                "display": "attender",
            }
            found.append(
                {
                    "type": [kind for kind in types if kind] or [{"coding": [attender]}],
                    "individual": reference,
                }
            )
    if not found:
        raise el.missing(
            "Encounter.participant.individual",
            "The platform wants to know who treated.",
            "Refer to them by an identifier: their NIK, or their number at the platform.",
        )
    return found


def _service_request(resource: Json, known: Known) -> Json:
    categories = el.concepts(resource, "category")
    if not categories and accessions_of(resource):
        categories = [{"coding": [dict(IMAGING)]}]
    organisation = {"reference": known.organisation.reference}
    performers = [el.person(one, known) for one in resource.get("performer", ())]
    return {
        "intent": el.stated_of(resource, "intent"),
        "category": categories,
        "priority": resource.get("priority", ""),
        "code": el.coded(resource),
        "encounter": el.encounter_of(resource, known),
        "occurrenceDateTime": el.time_of(resource, "occurrenceDateTime"),
        "occurrencePeriod": el.period_of(resource, "occurrencePeriod"),
        "authoredOn": el.time_of(resource, "authoredOn"),
        "requester": el.person(resource.get("requester", {}), known) or organisation,
        "performer": [one for one in performers if one] or [organisation],
        "reasonCode": el.concepts(resource, "reasonCode"),
    }


def _imaging_study(resource: Json, known: Known) -> Json:
    if not accessions_of(resource):
        raise el.missing(
            "ImagingStudy.identifier",
            "The study has no accession number, by which the platform files it.",
            "Have the modality take it from the worklist.",
        )
    return {
        "modality": resource.get("modality", []),
        "basedOn": el.references(resource, "basedOn", known),
        "started": el.time_of(resource, "started"),
        "numberOfSeries": resource.get("numberOfSeries"),
        "numberOfInstances": resource.get("numberOfInstances"),
        "series": [_series(one) for one in resource.get("series", ())],
    }


def _series(series: Json) -> Json:
    names = ("uid", "number", "modality", "numberOfInstances")
    made: Json = {name: series[name] for name in names if name in series}
    if started := el.time_of(series, "started", "series"):
        made["started"] = started
    return made


def _observation(resource: Json, known: Known) -> Json:
    performers = [el.person(one, known) for one in resource.get("performer", ())]
    if not el.concepts(resource, "category"):
        raise el.missing("Observation.category", "The platform wants the kind of an observation.")
    made: Json = {
        "basedOn": el.references(resource, "basedOn", known),
        "category": el.concepts(resource, "category"),
        "code": el.coded(resource),
        "encounter": el.encounter_of(resource, known),
        **el.effective(resource),
        "issued": el.time_of(resource, "issued"),
        "performer": [one for one in performers if one]
        or [{"reference": known.organisation.reference}],
        **el.value_of(resource),
        "interpretation": el.concepts(resource, "interpretation"),
        "referenceRange": [el.range_of(one) for one in resource.get("referenceRange", ())],
    }
    parts = []
    for one in resource.get("component", ()):
        part = {
            "code": el.coded(one, "Observation.component.code"),
            **el.value_of(one),
            "interpretation": el.concepts(one, "interpretation"),
        }
        parts.append({name: value for name, value in part.items() if value not in ([], {})})
    return made | {"component": parts}


def _report(resource: Json, known: Known) -> Json:
    organisation = {"reference": known.organisation.reference}
    people = [
        el.person(one, known)
        for name in ("performer", "resultsInterpreter")
        for one in resource.get(name, ())
    ]
    section = RADIOLOGY if el.is_imaging(resource) else LABORATORY
    return {
        "basedOn": el.references(resource, "basedOn", known),
        "category": el.concepts(resource, "category") or [{"coding": [dict(section)]}],
        "code": el.coded(resource),
        "encounter": el.encounter_of(resource, known),
        **el.effective(resource),
        "issued": el.time_of(resource, "issued"),
        "performer": [one for one in people if one] or [organisation],
        "result": el.references(resource, "result", known),
        "imagingStudy": el.references(resource, "imagingStudy", known),
        "conclusion": resource.get("conclusion", ""),
        "conclusionCode": el.concepts(resource, "conclusionCode"),
    }


_MAKERS: Final[Mapping[str, Callable[[Json, Known], Json]]] = {
    "Encounter": _encounter,
    "ServiceRequest": _service_request,
    "ImagingStudy": _imaging_study,
    "Observation": _observation,
    "DiagnosticReport": _report,
}
