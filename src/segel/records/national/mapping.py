"""A chart's resource as the platform takes it. Pure: what is not known is asked for by an error.

Only what is named here leaves the house: notes, attachments, other systems' numbers, narratives
and extensions stay. Times are in UTC, references are the platform's, codes are of public systems.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from segel.records.national.errors import Fault, Unfit
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
from segel.records.national.times import in_utc

Json = dict[str, Any]

ORDER: Final = (
    "Encounter",
    "ServiceRequest",
    "ImagingStudy",
    "Observation",
    "DiagnosticReport",
)
"""What is sent, each after what it refers to."""

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
_IMAGING_SECTIONS: Final = frozenset({"RAD", "RUS", "CT", "NMR", "NMS", "VUS", "XRC", "IMG"})

PUBLIC_CODES: Final = (
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://hl7.org/fhir/",
    "http://terminology.hl7.org/",
    "http://terminology.kemkes.go.id",
    "https://terminology.kemkes.go.id",
    "http://dicom.nema.org/",
    "http://unitsofmeasure.org",
    "urn:iso:std:iso:11073:10101",
)
"""Code systems that mean the same everywhere; a laboratory's own stay at home."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when a resource is made ready.

    ``patient``: the patient's IHS number. ``references``: the platform's ids of what it has
    already, by our reference. ``numbered``: the same by number, for references that only name one.
    ``practitioners``: IHS numbers of people by what our record says of them.
    """

    organisation: Organisation
    patient: str = field(repr=False)
    references: Mapping[str, str] = field(default_factory=dict, repr=False)
    numbered: Mapping[Number, str] = field(default_factory=dict, repr=False)
    practitioners: Mapping[Number, str] = field(default_factory=dict, repr=False)


def is_ready(resource: Json) -> bool:
    """Whether a resource is in a state in which others are told of it."""
    return resource.get("status") in READY[resource["resourceType"]]


def practitioners_in(resource: Json) -> set[Number]:
    """Whom a resource refers to by a number that the platform has to be asked about."""
    wanted = {practitioner_of(one) for one in _people(resource)}
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
        system = organisation.local("diagnostic", "rad" if _is_imaging(resource) else "lab")
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
        "status": _stated(resource, "status"),
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
    period = _period(resource, "period")
    if not period.get("start"):
        raise _missing("Encounter.period.start", "The platform wants to know when a visit began.")
    history = [
        {"status": one.get("status", ""), "period": _period(one, "period", "statusHistory")}
        for one in resource.get("statusHistory", ())
    ] or [{"status": resource["status"], "period": period}]
    location = known.organisation.location
    if not location:
        raise _missing(
            "Encounter.location",
            "The platform wants the place of a visit.",
            "Give the hospital's: segel national setup ... --location ID.",
        )
    return {
        "class": _required(resource, "class"),
        "participant": _participants(resource, known),
        "period": period,
        "location": [{"location": {"reference": f"Location/{location}"}}],
        "statusHistory": history,
        "serviceProvider": {"reference": known.organisation.reference},
    }


def _participants(resource: Json, known: Known) -> list[Json]:
    found = []
    for one in resource.get("participant", ()):
        if reference := _person(one.get("individual", {}), known):
            types = [_concept(kind) for kind in one.get("type", ())]
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
        raise _missing(
            "Encounter.participant.individual",
            "The platform wants to know who treated.",
            "Refer to them by an identifier: their NIK, or their number at the platform.",
        )
    return found


def _service_request(resource: Json, known: Known) -> Json:
    categories = _concepts(resource, "category")
    if not categories and accessions_of(resource):
        categories = [{"coding": [dict(IMAGING)]}]
    organisation = {"reference": known.organisation.reference}
    performers = [_person(one, known) for one in resource.get("performer", ())]
    return {
        "intent": _stated(resource, "intent"),
        "category": categories,
        "priority": resource.get("priority", ""),
        "code": _coded(resource),
        "encounter": _encounter_of(resource, known),
        "occurrenceDateTime": _time(resource, "occurrenceDateTime"),
        "occurrencePeriod": _period(resource, "occurrencePeriod"),
        "authoredOn": _time(resource, "authoredOn"),
        "requester": _person(resource.get("requester", {}), known) or organisation,
        "performer": [one for one in performers if one] or [organisation],
        "reasonCode": _concepts(resource, "reasonCode"),
    }


def _imaging_study(resource: Json, known: Known) -> Json:
    if not accessions_of(resource):
        raise _missing(
            "ImagingStudy.identifier",
            "The study has no accession number, by which the platform files it.",
            "Have the modality take it from the worklist.",
        )
    return {
        "modality": resource.get("modality", []),
        "basedOn": _references(resource, "basedOn", known),
        "started": _time(resource, "started"),
        "numberOfSeries": resource.get("numberOfSeries"),
        "numberOfInstances": resource.get("numberOfInstances"),
        "series": [_series(one) for one in resource.get("series", ())],
    }


def _series(series: Json) -> Json:
    names = ("uid", "number", "modality", "numberOfInstances")
    made: Json = {name: series[name] for name in names if name in series}
    if started := _time(series, "started", "series"):
        made["started"] = started
    return made


def _observation(resource: Json, known: Known) -> Json:
    performers = [_person(one, known) for one in resource.get("performer", ())]
    if not _concepts(resource, "category"):
        raise _missing("Observation.category", "The platform wants the kind of an observation.")
    made: Json = {
        "basedOn": _references(resource, "basedOn", known),
        "category": _concepts(resource, "category"),
        "code": _coded(resource),
        "encounter": _encounter_of(resource, known),
        **_effective(resource),
        "issued": _time(resource, "issued"),
        "performer": [one for one in performers if one]
        or [{"reference": known.organisation.reference}],
        **_value(resource),
        "interpretation": _concepts(resource, "interpretation"),
        "referenceRange": [_range(one) for one in resource.get("referenceRange", ())],
    }
    parts = []
    for one in resource.get("component", ()):
        part = {
            "code": _coded(one, "Observation.component.code"),
            **_value(one),
            "interpretation": _concepts(one, "interpretation"),
        }
        parts.append({name: value for name, value in part.items() if value not in ([], {})})
    return made | {"component": parts}


def _report(resource: Json, known: Known) -> Json:
    organisation = {"reference": known.organisation.reference}
    people = [
        _person(one, known)
        for name in ("performer", "resultsInterpreter")
        for one in resource.get(name, ())
    ]
    section = RADIOLOGY if _is_imaging(resource) else LABORATORY
    return {
        "basedOn": _references(resource, "basedOn", known),
        "category": _concepts(resource, "category") or [{"coding": [dict(section)]}],
        "code": _coded(resource),
        "encounter": _encounter_of(resource, known),
        **_effective(resource),
        "issued": _time(resource, "issued"),
        "performer": [one for one in people if one] or [organisation],
        "result": _references(resource, "result", known),
        "imagingStudy": _references(resource, "imagingStudy", known),
        "conclusion": resource.get("conclusion", ""),
        "conclusionCode": _concepts(resource, "conclusionCode"),
    }


_MAKERS: Final[Mapping[str, Callable[[Json, Known], Json]]] = {
    "Encounter": _encounter,
    "ServiceRequest": _service_request,
    "ImagingStudy": _imaging_study,
    "Observation": _observation,
    "DiagnosticReport": _report,
}


# --- elements ----------------------------------------------------------------------------------


def _is_imaging(report: Json) -> bool:
    codes = {
        coding.get("code")
        for concept in report.get("category", ())
        for coding in concept.get("coding", ())
    }
    return bool(codes & _IMAGING_SECTIONS) or bool(report.get("imagingStudy"))


def _effective(resource: Json) -> Json:
    kind = resource["resourceType"]
    made: Json = {}
    for name in ("effectiveDateTime", "effectiveInstant"):
        if name in resource:
            made[name] = _time(resource, name)
    if "effectivePeriod" in resource:
        made["effectivePeriod"] = _period(resource, "effectivePeriod")
    if not made:
        raise _missing(f"{kind}.effective[x]", "The platform wants to know when it was.")
    return made


def _value(resource: Json) -> Json:
    made: Json = {}
    for name, value in resource.items():
        match name:
            case "valueCodeableConcept" | "dataAbsentReason":
                made[name] = _concept(value)
            case "valueDateTime":
                made[name] = in_utc(value, f"Observation.{name}")
            case "valuePeriod":
                made[name] = _period(resource, name)
            case "valueQuantity":
                made[name] = _quantity(value)
            case (
                "valueString" | "valueBoolean" | "valueInteger" | "valueRange" | "valueRatio"
                | "valueTime"
            ):  # fmt: skip
                made[name] = value
    return {name: value for name, value in made.items() if value not in ("", {})}


def _quantity(value: Json) -> Json:
    names = ("value", "comparator", "unit", "system", "code")
    return {name: value[name] for name in names if name in value}


def _range(value: Json) -> Json:
    made = {name: _quantity(value[name]) for name in ("low", "high") if name in value}
    return made | ({"text": value["text"]} if "text" in value else {})


def _encounter_of(resource: Json, known: Known) -> Json:
    kind = resource["resourceType"]
    found = _reference(resource.get("encounter", {}), known, f"{kind}.encounter", "Encounter")
    if not found:
        raise _missing(
            f"{kind}.encounter",
            "The platform files it under a visit, and none is named.",
            "Refer to the Encounter that it belongs to.",
        )
    return found


def _references(resource: Json, name: str, known: Known) -> list[Json]:
    place = f"{resource['resourceType']}.{name}"
    found = (_reference(one, known, place) for one in resource.get(name, ()))
    return [one for one in found if one]


def _reference(stated: Json, known: Known, place: str, only: str = "") -> Json:
    """A reference into the chart as the platform knows it; {} for what is never sent.

    Raises Unfit where what is referred to is sent, and is not there yet.
    """
    reference = stated.get("reference", "")
    kind = reference.partition("/")[0]
    if reference in known.references:
        return {"reference": f"{kind}/{known.references[reference]}"}
    if kind in ORDER and only in ("", kind):
        raise Unfit(
            Fault.WAITS,
            place,
            f"It refers to a {kind} that the platform does not have.",
            "That one is sent first; where it was set aside too, mend it.",
        )
    identifier = stated.get("identifier", {})
    number = Number(identifier.get("system", ""), identifier.get("value", ""))
    if number in known.numbered:
        return {"reference": known.numbered[number]}
    return {}


def _people(resource: Json) -> Iterator[Json]:
    for one in resource.get("participant", ()):
        yield one.get("individual", {})
    for name in ("performer", "resultsInterpreter"):
        yield from resource.get(name, ())
    yield resource.get("requester", {})


def _person(stated: Json, known: Known) -> Json:
    number = practitioner_of(stated)
    if number is None:
        return {}
    if number.system in PRACTITIONER_SYSTEMS:
        return {"reference": f"Practitioner/{number.value}"}
    found = known.practitioners.get(number, "")
    return {"reference": f"Practitioner/{found}"} if found else {}


def _coded(resource: Json, place: str = "") -> Json:
    """The code, which has to be of a public system."""
    concept = _concept(resource.get("code", {}))
    if not concept.get("coding"):
        raise Unfit(
            Fault.CODE,
            place or f"{resource['resourceType']}.code",
            "It has no code of a public system.",
            "Add a LOINC or SNOMED CT coding beside the house's own.",
        )
    return concept


def _concepts(resource: Json, name: str) -> list[Json]:
    found = (_concept(one) for one in resource.get(name, ()))
    return [one for one in found if one]


def _concept(concept: Json) -> Json:
    """Codings of public systems; the text beside them, where there is no coding at all."""
    codings = [
        {name: one[name] for name in ("system", "version", "code", "display") if name in one}
        for one in concept.get("coding", ())
        if one.get("code") and one.get("system", "").startswith(PUBLIC_CODES)
    ]
    if codings:
        return {"coding": codings}
    return {"text": concept["text"]} if concept.get("text") else {}


def _period(resource: Json, name: str, within: str = "") -> Json:
    place = ".".join(filter(None, (resource.get("resourceType", within), name)))
    stated = resource.get(name, {})
    return {
        edge: in_utc(stated[edge], f"{place}.{edge}") for edge in ("start", "end") if edge in stated
    }


def _time(resource: Json, name: str, within: str = "") -> str:
    stated = resource.get(name, "")
    place = f"{resource.get('resourceType', within)}.{name}"
    return in_utc(stated, place) if stated else ""


def _required(resource: Json, name: str) -> Json:
    found = resource.get(name)
    if not found:
        raise _missing(f"{resource['resourceType']}.{name}", "The platform wants it.")
    coding: Json = {one: found[one] for one in ("system", "code", "display") if one in found}
    return coding


def _stated(resource: Json, name: str) -> str:
    return str(resource.get(name, ""))


def _missing(place: str, what: str, remedy: str = "") -> Unfit:
    return Unfit(Fault.MISSING, place, what, remedy or "Add it to the record.")
