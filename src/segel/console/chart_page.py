"""A patient's chart as its page shows it: who it is, and what happened, the newest first. Pure.

It is made of FHIR resources as the records give them. Results that belong to a report stand in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from segel.access import seal_handle
from segel.console.worklist import seal_study
from segel.records import covid_found, registration_of

Resource = Mapping[str, Any]

KNOWN_CODES: Final[Mapping[str, str]] = {
    "94558-4": "antigen",
    "94500-6": "rna",
    "94309-2": "rna",
    "94845-5": "rna",
}
"""LOINC codes that have words of ours, where a laboratory sent none."""

FLAGS: Final = frozenset({"H", "HH", "L", "LL", "A", "AA", "POS", "NEG", "N", "IND"})
"""Of v3-ObservationInterpretation, those that there are words for."""

_PICTURES: Final = ("image/jpeg", "image/png")


@dataclass(frozen=True, slots=True)
class Result:
    """One result. ``label`` names words of ours where ``name`` is ''; ``flag``: see ``FLAGS``;
    ``meaning``: of a Covid-19 test, what it found (``records.covid_found``)."""

    name: str
    label: str
    value: str
    usual: str = ""
    flag: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened. ``day`` is YYYYMMDD, ``kind`` a key of texts; ``handle`` leads to a
    study, ``documents`` to what was attached; ``key`` is type and id of the resource."""

    kind: str
    day: str
    time: str
    title: str
    label: str = ""
    status: str = ""
    text: str = field(default="", repr=False)
    modalities: tuple[str, ...] = ()
    images: int = 0
    handle: str = ""
    results: tuple[Result, ...] = ()
    documents: tuple[str, ...] = ()
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ChartFacts:
    """What the page says of the patient. ``photo`` is a data address, or ''."""

    name: str
    birth_date: str
    sex: str
    nik: str
    record_number: str
    phone: str
    address: str
    photo: str = field(repr=False)
    entries: tuple[Entry, ...] = ()


def chart_facts(resources: Sequence[Resource], token: str) -> ChartFacts:
    """A chart, its studies and documents addressed for this session."""
    patient = next((one for one in resources if one["resourceType"] == "Patient"), {})
    observations = {
        f"Observation/{one['id']}": one for one in resources if one["resourceType"] == "Observation"
    }
    in_reports = {
        reference
        for one in resources
        if one["resourceType"] == "DiagnosticReport"
        for reference in _references(one.get("result", ()))
    }
    entries = [
        replace(entry, key=key)
        for one in resources
        if (key := f"{one['resourceType']}/{one['id']}") not in in_reports
        and (entry := _entry(one, observations, token)) is not None
    ]
    entries.sort(key=lambda entry: (entry.day, entry.time), reverse=True)
    who = registration_of(dict(patient))
    return ChartFacts(
        name=who.name,
        birth_date=who.birth_date.replace("-", ""),
        sex=who.sex,
        nik=who.nik,
        record_number=who.record_number,
        phone=who.phone,
        address=who.address,
        photo=_photo(patient),
        entries=tuple(entries),
    )  # fmt: skip


def report_of(resources: Iterable[Resource], report_id: str) -> Resource:
    """A report of a chart; one that says nothing where there is none."""
    reports = (one for one in resources if one["resourceType"] == "DiagnosticReport")
    return next((one for one in reports if one["id"] == report_id), {})


def _entry(one: Resource, observations: Mapping[str, Resource], token: str) -> Entry | None:
    match one["resourceType"]:
        case "ImagingStudy":
            day, time = _moment(one.get("started", ""))
            return Entry(
                "study", day, time, one.get("description", ""), "untitled",
                modalities=tuple(coding.get("code", "") for coding in one.get("modality", ())),
                images=int(one.get("numberOfInstances", 0)),
                handle=seal_study(token, one["id"]),
            )  # fmt: skip
        case "DiagnosticReport":
            day, time = _moment(
                _first(one, "effectiveDateTime") or _first(one.get("effectivePeriod", {}), "start")
                or _first(one, "issued")
            )  # fmt: skip
            found = [observations[ref] for ref in _references(one.get("result", ()))
                     if ref in observations]  # fmt: skip
            return Entry(
                "report", day, time, *_coded(one.get("code", {})),
                status=one.get("status", ""), text=one.get("conclusion", ""),
                handle=next((seal_study(token, ref.removeprefix("ImagingStudy/"))
                             for ref in _references(one.get("imagingStudy", ()))
                             if ref.startswith("ImagingStudy/")), ""),
                results=tuple(result for seen in found for result in _results(seen)),
                documents=tuple(
                    seal_handle(token, "document", f"{one['id']} {at}")
                    for at, form in enumerate(one.get("presentedForm", ()))
                    if form.get("contentType") == "application/pdf"
                    and (form.get("data") or form.get("url"))
                ),
            )  # fmt: skip
        case "Observation":
            day, time = _moment(_first(one, "effectiveDateTime", "effectiveInstant", "issued"))
            return Entry(
                "result", day, time, *_coded(one.get("code", {})), status=one.get("status", ""),
                text=_notes(one), results=tuple(_results(one)),
            )  # fmt: skip
        case "Encounter":
            day, time = _moment(one.get("period", {}).get("start", ""))
            about = [*one.get("type", ()), *one.get("reasonCode", ())]
            title = one.get("class", {}).get("display", "") or one.get("class", {}).get("code", "")
            words = " · ".join(filter(None, (_coded(concept)[0] for concept in about)))
            return Entry("encounter", day, time, title, status=one.get("status", ""), text=words)
        case "ServiceRequest":
            day, time = _moment(_first(one, "authoredOn", "occurrenceDateTime"))
            return Entry(
                "order", day, time, *_coded(one.get("code", {})), status=one.get("status", ""),
                text=_notes(one),
            )  # fmt: skip
        case "Immunization":
            day, time = _moment(one.get("occurrenceDateTime", ""))
            return Entry(
                "immunization", day, time, *_coded(one.get("vaccineCode", {})),
                status=one.get("status", ""), text=_notes(one),
            )  # fmt: skip
        case "DocumentReference":
            day, time = _moment(one.get("date", ""))
            title, label = _coded(one.get("type", {}))
            return Entry("document", day, time, title, label, text=one.get("description", ""))
        case _:
            return None


def _results(one: Resource) -> Iterable[Result]:
    """What an observation found: itself, and each of its components."""
    for part in (one, *one.get("component", ())):
        value = _value(part)
        if not value:
            continue
        codes = (coding.get("code", "") for concept in part.get("interpretation", ())
                 for coding in concept.get("coding", ()))  # fmt: skip
        usual = next((_range(known) for known in part.get("referenceRange", ())), "")
        name, label = _coded(part.get("code", {}))
        flag = next((code for code in codes if code in FLAGS), "")
        yield Result(name, label, value, usual, flag, covid_found(dict(one), dict(part)))


def _value(part: Resource) -> str:
    """The value as a person reads it; '' where there is none."""
    if quantity := part.get("valueQuantity"):
        return _quantity(quantity)
    if concept := part.get("valueCodeableConcept"):
        return _coded(concept)[0]
    for name in ("valueString", "valueInteger", "valueDateTime", "valueTime"):
        if name in part:
            return str(part[name])
    return ""


def _range(known: Resource) -> str:
    low, high = known.get("low", {}), known.get("high", {})
    if low or high:
        return f"{low.get('value', '')} – {high.get('value', '')}".strip()
    return str(known.get("text", ""))


def _quantity(quantity: Resource) -> str:
    unit = quantity.get("unit", "") or quantity.get("code", "")
    return f"{quantity.get('comparator', '')}{quantity.get('value', '')} {unit}".strip()


def _coded(concept: Resource) -> tuple[str, str]:
    """A concept's words, or else the key of ours: of a known code, or of what has no name."""
    codings = concept.get("coding", ())
    words = concept.get("text") or next((one["display"] for one in codings if "display" in one), "")
    if words:
        return str(words), ""
    for coding in codings:
        if known := KNOWN_CODES.get(coding.get("code", "")):
            return "", known
    return next((str(one["code"]) for one in codings if "code" in one), ""), "unnamed"


def _moment(text: str) -> tuple[str, str]:
    """Day (YYYYMMDD, as far as it is said) and time (HHMM) as they were written."""
    day, _, rest = text.partition("T")
    return day.replace("-", ""), rest[:5].replace(":", "")


def _notes(one: Resource) -> str:
    return " ".join(note.get("text", "") for note in one.get("note", ()))


def _first(one: Resource, *names: str) -> str:
    return next((str(one[name]) for name in names if name in one), "")


def _references(found: Iterable[Resource]) -> list[str]:
    return [one.get("reference", "") for one in found]


def _photo(patient: Resource) -> str:
    """The first picture of the patient, in the page itself: fetched apart, it would be another
    opening of the record."""
    for one in patient.get("photo", ()):
        if one.get("contentType") in _PICTURES and one.get("data"):
            return f"data:{one['contentType']};base64,{one['data']}"
    return ""
