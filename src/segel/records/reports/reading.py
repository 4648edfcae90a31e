"""Reports as they are read back: our own with their sections, others' with what they say."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from segel.records.reports.composing import (
    ACCOUNTS,
    ADDENDUM,
    ASSESSMENT,
    PDF_TYPE,
    REASON,
    REPORT_NUMBERS,
    SECTION,
    TEMPLATE,
    order_of,
)
from segel.records.reports.model import (
    LANGUAGES,
    SECTIONS,
    Addendum,
    Assessment,
    Content,
    Report,
    StudyReports,
)

Resource = Mapping[str, Any]

WITHDRAWN: Final = frozenset({"cancelled", "entered-in-error"})
"""Statuses of reports that say nothing of a patient."""

PRIOR_MAX: Final = 30
"""Earlier reports that are shown; the rest are in the chart."""


def reports_among(
    resources: Iterable[Resource], hospital_id: UUID, study_uid: str, accession: str
) -> StudyReports:
    """What a chart's DiagnosticReports and ServiceRequests say of a study."""
    chart = list(resources)
    order = order_of(chart, accession, study_uid)
    system = REPORT_NUMBERS.format(hospital=hospital_id)
    own: Report | None = None
    others: list[Report] = []
    prior: list[Report] = []
    for one in chart:
        if one["resourceType"] != "DiagnosticReport":
            continue
        report = report_read(one)
        if _numbered(one, system, study_uid):
            own = report
        elif report.status in WITHDRAWN:
            continue
        elif _is_of(one, study_uid, order):
            others.append(report)
        elif report.signed and _is_imaging(one):
            prior.append(report)
    prior.sort(key=lambda report: (report.day, report.time), reverse=True)
    return StudyReports(own, tuple(others), tuple(prior[:PRIOR_MAX]), order)


def report_read(resource: Resource) -> Report:
    """A DiagnosticReport, as ``Version.told`` gives it."""
    meta = resource.get("meta", {})
    extensions = [one for one in resource.get("extension", ()) if isinstance(one, dict)]
    sections = {}
    for one in extensions:
        if one.get("url") == SECTION:
            parts = _parts(one)
            if parts.get("code") in SECTIONS:
                sections[str(parts["code"])] = str(parts.get("text", ""))
    day, _, time = str(resource.get("effectiveDateTime", "")).partition("T")
    people = [*resource.get("resultsInterpreter", ()), *resource.get("performer", ())]
    language = str(resource.get("language", ""))[:2]
    return Report(
        report_id=str(resource.get("id", "")),
        version=int(meta.get("versionId", 0)),
        status=str(resource.get("status", "")),
        title=_words(resource.get("code", {})),
        day=day.replace("-", ""),
        time=time[:5].replace(":", ""),
        author=next((str(one["display"]) for one in people if one.get("display")), ""),
        author_id=next((_account(one) for one in people if _account(one)), ""),
        issued=str(resource.get("issued", "")),
        at_s=_unix(str(meta.get("lastUpdated", ""))),
        own=bool(sections) or any(one.get("url") == TEMPLATE for one in extensions),
        content=Content(
            language if language in LANGUAGES else LANGUAGES[0],
            _valued(extensions, TEMPLATE),
            sections,
            _assessment(extensions),
        ),
        text=str(resource.get("conclusion", "")),
        addenda=tuple(
            Addendum(str(parts.get("text", "")), str(parts.get("author", "")), str(parts["at"]))
            for one in extensions
            if one.get("url") == ADDENDUM and "at" in (parts := _parts(one))
        ),
        reason=_valued(extensions, REASON),
        documents=tuple(
            at
            for at, form in enumerate(resource.get("presentedForm", ()))
            if form.get("contentType") == PDF_TYPE and (form.get("data") or form.get("url"))
        ),
    )


def _is_of(one: Resource, study_uid: str, order: Resource | None) -> bool:
    """Whether a report that others made says that it is of this study, or answers its order."""
    if any(_reference(ref).endswith(f"/{study_uid}") for ref in one.get("imagingStudy", ())):
        return True
    if order is None:
        return False
    numbers = {
        (stated.get("system"), stated.get("value")) for stated in order.get("identifier", ())
    }
    for ref in one.get("basedOn", ()):
        named = ref.get("identifier", {})
        if _reference(ref).endswith(f"/{order['id']}"):
            return True
        if named.get("value") and (named.get("system"), named["value"]) in numbers:
            return True
    return False


def _is_imaging(one: Resource) -> bool:
    """Whether a report is of images: by its category, or because it refers to them."""
    codes = {
        coding.get("code") for concept in one.get("category", ())
        for coding in concept.get("coding", ())
    }  # fmt: skip
    return bool(codes & IMAGING_CODES) or bool(one.get("imagingStudy"))


IMAGING_CODES: Final = frozenset(
    {"RAD", "RUS", "CUS", "CT", "NMR", "NMS", "RX", "VUS", "XRC", "OUS", "imaging"}
)
"""Of v2-0074 and observation-category."""


def _numbered(one: Resource, system: str, study_uid: str) -> bool:
    return any(
        stated.get("system") == system and stated.get("value") == study_uid
        for stated in one.get("identifier", ())
    )


def _parts(extension: Resource) -> dict[str, Any]:
    return {
        str(part.get("url", "")): value
        for part in extension.get("extension", ())
        for name, value in part.items()
        if name.startswith("value")
    }


def _valued(extensions: list[Any], url: str) -> str:
    found: Resource = next((one for one in extensions if one.get("url") == url), {})
    return next((str(value) for name, value in found.items() if name.startswith("value")), "")


def _assessment(extensions: list[Any]) -> str:
    code = _valued(extensions, ASSESSMENT)
    return code if code in set(Assessment) else ""


def _words(concept: Resource) -> str:
    codings = concept.get("coding", ())
    shown = next((one["display"] for one in codings if one.get("display")), "")
    return str(concept.get("text") or shown)


def _account(person: Resource) -> str:
    named = person.get("identifier", {})
    if named.get("system") != ACCOUNTS:
        return ""
    return str(named.get("value", "")).removeprefix("urn:uuid:")


def _reference(stated: Resource) -> str:
    return str(stated.get("reference", ""))


def _unix(instant: str) -> float:
    try:
        return datetime.fromisoformat(instant).timestamp()
    except ValueError:
        return 0.0
