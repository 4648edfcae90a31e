"""Elements of resources as the platform takes them. Pure; see ``mapping``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from segel.records.national.errors import Fault, Unfit
from segel.records.national.systems import (
    PRACTITIONER_SYSTEMS,
    Number,
    Organisation,
    practitioner_of,
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


def is_imaging(report: Json) -> bool:
    """Whether a report is of images."""
    codes = {
        coding.get("code")
        for concept in report.get("category", ())
        for coding in concept.get("coding", ())
    }
    return bool(codes & _IMAGING_SECTIONS) or bool(report.get("imagingStudy"))


def effective(resource: Json) -> Json:
    """When an observation or report is of. Raises Unfit where that is not said."""
    kind = resource["resourceType"]
    made: Json = {}
    for name in ("effectiveDateTime", "effectiveInstant"):
        if name in resource:
            made[name] = time_of(resource, name)
    if "effectivePeriod" in resource:
        made["effectivePeriod"] = period_of(resource, "effectivePeriod")
    if not made:
        raise missing(f"{kind}.effective[x]", "The platform wants to know when it was.")
    return made


def value_of(resource: Json) -> Json:
    """What was observed, or why nothing was."""
    made: Json = {}
    for name, value in resource.items():
        match name:
            case "valueCodeableConcept" | "dataAbsentReason":
                made[name] = concept(value)
            case "valueDateTime":
                made[name] = in_utc(value, f"Observation.{name}")
            case "valuePeriod":
                made[name] = period_of(resource, name)
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


def range_of(value: Json) -> Json:
    """A reference range, without its codes."""
    made = {name: _quantity(value[name]) for name in ("low", "high") if name in value}
    return made | ({"text": value["text"]} if "text" in value else {})


def encounter_of(resource: Json, known: Known) -> Json:
    """The visit that a record belongs to. Raises Unfit where none is named."""
    kind = resource["resourceType"]
    found = _reference(resource.get("encounter", {}), known, f"{kind}.encounter", "Encounter")
    if not found:
        raise missing(
            f"{kind}.encounter",
            "The platform files it under a visit, and none is named.",
            "Refer to the Encounter that it belongs to.",
        )
    return found


def references(resource: Json, name: str, known: Known) -> list[Json]:
    """The references of an element that the platform can follow."""
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


def people(resource: Json) -> Iterator[Json]:
    """Those whom a record says took part."""
    for one in resource.get("participant", ()):
        yield one.get("individual", {})
    for name in ("performer", "resultsInterpreter"):
        yield from resource.get(name, ())
    yield resource.get("requester", {})


def person(stated: Json, known: Known) -> Json:
    """A reference to somebody who treats, where the platform knows them."""
    number = practitioner_of(stated)
    if number is None:
        return {}
    if number.system in PRACTITIONER_SYSTEMS:
        return {"reference": f"Practitioner/{number.value}"}
    found = known.practitioners.get(number, "")
    return {"reference": f"Practitioner/{found}"} if found else {}


def coded(resource: Json, place: str = "") -> Json:
    """The code, which has to be of a public system."""
    found = concept(resource.get("code", {}))
    if not found.get("coding"):
        raise Unfit(
            Fault.CODE,
            place or f"{resource['resourceType']}.code",
            "It has no code of a public system.",
            "Add a LOINC or SNOMED CT coding beside the house's own.",
        )
    return found


def concepts(resource: Json, name: str) -> list[Json]:
    """Those of an element that say something to others."""
    found = (concept(one) for one in resource.get(name, ()))
    return [one for one in found if one]


def concept(concept: Json) -> Json:
    """Codings of public systems; the text beside them, where there is no coding at all."""
    codings = [
        {name: one[name] for name in ("system", "version", "code", "display") if name in one}
        for one in concept.get("coding", ())
        if one.get("code") and one.get("system", "").startswith(PUBLIC_CODES)
    ]
    if codings:
        return {"coding": codings}
    return {"text": concept["text"]} if concept.get("text") else {}


def period_of(resource: Json, name: str, within: str = "") -> Json:
    """A period in UTC."""
    place = ".".join(filter(None, (resource.get("resourceType", within), name)))
    stated = resource.get(name, {})
    return {
        edge: in_utc(stated[edge], f"{place}.{edge}") for edge in ("start", "end") if edge in stated
    }


def time_of(resource: Json, name: str, within: str = "") -> str:
    """A time in UTC, or "" where none is stated."""
    stated = resource.get(name, "")
    place = f"{resource.get('resourceType', within)}.{name}"
    return in_utc(stated, place) if stated else ""


def required(resource: Json, name: str) -> Json:
    """A coding that the platform wants. Raises Unfit."""
    found = resource.get(name)
    if not found:
        raise missing(f"{resource['resourceType']}.{name}", "The platform wants it.")
    coding: Json = {one: found[one] for one in ("system", "code", "display") if one in found}
    return coding


def stated_of(resource: Json, name: str) -> str:
    """A code as it is stated."""
    return str(resource.get(name, ""))


def missing(place: str, what: str, remedy: str = "") -> Unfit:
    """Something that the platform wants and the record lacks."""
    return Unfit(Fault.MISSING, place, what, remedy or "Add it to the record.")
