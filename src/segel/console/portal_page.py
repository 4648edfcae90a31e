"""A patient's own record in plain words: what happened, what it means, what belongs together. Pure.

It is made of the same entries as the chart that staff see (``chart_page``). What only staff need,
as orders under way, is left out; what nobody has signed never comes here (``records.releasing``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from segel.access import open_handle, seal_handle
from segel.console.chart_page import Entry, Resource, chart_facts
from segel.domain.records import PATIENT

ENTRY: Final = "entry"
"""What a handle of an entry is sealed for."""

IMAGING_STUDY: Final = "ImagingStudy"
TYPES: Final = (
    PATIENT, "Encounter", "ServiceRequest", "DiagnosticReport", "Observation", "Immunization",
    "DocumentReference", IMAGING_STUDY,
)  # fmt: skip
"""What the portal opens of a chart."""

SHOWN: Final = ("study", "report", "result", "encounter", "immunization", "document")
"""Kinds of entries that a patient is shown."""

TAKEN_BACK: Final = frozenset({"cancelled", "entered-in-error", "revoked"})
WORTH_SAYING: Final = frozenset(
    {"amended", "corrected", "appended", "planned", "in-progress", "not-done"}
)
"""Statuses that are said; of all others there is nothing to say."""

EXAMINATIONS: Final[Mapping[str, str]] = {
    "CR": "xray", "DX": "xray", "RF": "xray", "RG": "xray", "IO": "xray", "PX": "xray",
    "CT": "ct", "MR": "mr", "US": "us", "IVUS": "us", "MG": "mg", "NM": "nm", "PT": "pet",
    "XA": "xa", "ES": "es", "ECG": "ecg", "OP": "eye", "OPT": "eye", "XC": "photo",
}  # fmt: skip
"""DICOM modalities (PS3.3 § C.7.3.1.1.1) that have a plain name."""

VISITS: Final[Mapping[str, str]] = {
    "AMB": "outpatient", "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient",
    "EMER": "emergency", "HH": "home", "VR": "remote", "OBSENC": "inpatient", "SS": "outpatient",
}  # fmt: skip
"""v3-ActEncounterCode that have a plain name."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as its patient reads it. ``plain``: the key of words of ours for what it is, ''
    where the hospital's own have to do. ``handle`` leads to it. ``status``: what is worth saying.
    ``meaning``: of a Covid-19 test, what was found. ``with_report``: of images, whether there is a
    report. ``is_back``: it was taken back; then nothing of what it said is left."""

    entry: Entry = field(repr=False)
    handle: str
    plain: str = ""
    status: str = ""
    meaning: str = ""
    with_report: bool = False
    is_back: bool = False

    @property
    def kind(self) -> str:
        """A key of texts."""
        return self.entry.kind


@dataclass(frozen=True, slots=True)
class Own:
    """A patient's own record. ``told``: the newest first."""

    name: str
    told: tuple[Told, ...] = ()
    _beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def of(self, *kinds: str) -> list[Told]:
        """What is of these kinds, the newest first."""
        return [one for one in self.told if one.kind in kinds]

    def find(self, key: str) -> Told | None:
        """The entry of a resource, None where there is none."""
        return next((one for one in self.told if one.entry.key == key), None)

    def beside(self, key: str) -> list[Told]:
        """What belongs to an entry: to a report its images, to images their reports."""
        return [one for one in self.told if one.entry.key in self._beside.get(key, ())]


def own_record(resources: Sequence[Resource], token: str) -> Own:
    """The record of the patient whose chart it is, addressed for this session."""
    facts = chart_facts(resources, token)
    by_key = {f"{one['resourceType']}/{one['id']}": one for one in resources}
    pairs = _pairs(resources, by_key)
    beside: dict[str, tuple[str, ...]] = {}
    for report, study in pairs:
        beside[report] = (*beside.get(report, ()), study)
        beside[study] = (*beside.get(study, ()), report)
    told = tuple(
        _told(entry, by_key[entry.key], token, with_report=entry.key in beside)
        for entry in facts.entries
        if entry.kind in SHOWN
    )
    return Own(facts.name, told, beside)


def seal_entry(token: str, key: str) -> str:
    """The handle of an entry."""
    return seal_handle(token, ENTRY, key)


def open_entry(token: str, handle: str) -> str:
    """Type and id behind an entry's handle. Raises HandleBroken."""
    return open_handle(token, ENTRY, handle)


def _told(entry: Entry, resource: Resource, token: str, *, with_report: bool) -> Told:
    is_back = entry.status in TAKEN_BACK
    return Told(
        entry=entry,
        handle=entry.handle if entry.kind == "study" else seal_entry(token, entry.key),
        plain=_plain(entry, resource),
        status=entry.status if entry.status in WORTH_SAYING else "",
        meaning="" if is_back else next((one.meaning for one in entry.results if one.meaning), ""),
        with_report=with_report and entry.kind == "study",
        is_back=is_back,
    )


def _plain(entry: Entry, resource: Resource) -> str:
    """The key of our own words for what an entry is."""
    if entry.kind == "study":
        found = (EXAMINATIONS[one] for one in entry.modalities if one in EXAMINATIONS)
        return f"study.{next(found, 'other')}"
    if entry.kind == "encounter":
        return f"visit.{VISITS.get(resource.get('class', {}).get('code', ''), 'other')}"
    return ""


def _pairs(resources: Iterable[Resource], by_key: Mapping[str, Resource]) -> list[tuple[str, str]]:
    """Which report is of which study: said by the report itself, or by one accession number that
    the report, or the order it is based on, shares with the study."""
    studies = [one for one in by_key.values() if one["resourceType"] == IMAGING_STUDY]
    by_accession: dict[str, list[str]] = {}
    for study in studies:
        for number in _accessions(study):
            by_accession.setdefault(number, []).append(f"{IMAGING_STUDY}/{study['id']}")
    pairs: dict[tuple[str, str], None] = {}
    for report in resources:
        if report["resourceType"] != "DiagnosticReport":
            continue
        key = f"DiagnosticReport/{report['id']}"
        for reference in report.get("imagingStudy", ()):
            said = "/".join(reference.get("reference", "").split("/")[-2:])
            if said.startswith(IMAGING_STUDY) and said in by_key:
                pairs[key, said] = None
        orders = [by_key.get(one.get("reference", ""), {}) for one in report.get("basedOn", ())]
        for source in (report, *orders):
            for number in _accessions(source):
                pairs |= dict.fromkeys((key, study) for study in by_accession.get(number, ()))
    return list(pairs)


def _accessions(resource: Resource) -> set[str]:
    """The accession numbers among a resource's identifiers (table 0203: ACSN)."""
    return {
        str(one["value"])
        for one in resource.get("identifier", ())
        if one.get("value")
        and any(coding.get("code") == "ACSN" for coding in one.get("type", {}).get("coding", ()))
    }
