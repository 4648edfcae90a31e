"""A report as FHIR has it: DiagnosticReport, its PDF as a Binary, and who signed as a Provenance.

R4 has no sections in a DiagnosticReport, so they are said three times: in the narrative for people,
the impression as ``conclusion`` for every system, and each one in an extension, to be read back. A
draft has only the extensions: half a sentence is nobody's finding.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final
from uuid import UUID

from segel.records.accessions import is_accession
from segel.records.model import instant
from segel.records.reports.model import (
    DRAFT,
    SECTIONS,
    SIGNED,
    Addendum,
    Author,
    Content,
    Examination,
    Json,
)
from segel.records.reports.templates import code_of
from segel.records.reports.words import moment_in_words, word
from segel.records.studies import IMAGING_STUDY, moment
from segel.records.worklist.orders import ORDER, study_uid_of

LOINC: Final = "http://loinc.org"
CATEGORY: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v2-0074",
    "code": "RAD",
    "display": "Radiology",
}
INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
ASSESSED: Final = {"N": "Normal", "A": "Abnormal", "AA": "Critical abnormal"}

REPORT_NUMBERS: Final = "http://sys-ids.kemkes.go.id/diagnostic/{hospital}/rad"
"""The national platform's system of a hospital's radiology reports. Their number is the study's
UID: of one study there is one report, whoever begins it."""

SECTION: Final = "urn:segel:report-section"
TEMPLATE: Final = "urn:segel:report-template"
ASSESSMENT: Final = "urn:segel:report-assessment"
ADDENDUM: Final = "urn:segel:report-addendum"
REASON: Final = "urn:segel:report-reason"
ACCOUNTS: Final = "urn:ietf:rfc:3986"

PDF_TYPE: Final = "application/pdf"
_SIGNED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion",
    "code": "LA",
    "display": "legally authenticated",
}
_AUTHOR: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
    "code": "author",
    "display": "Author",
}


@dataclass(frozen=True, slots=True)
class Issue:
    """What turns a draft into a signed report: status, moment (Unix time), addenda, and for an
    amendment its reason."""

    status: str = DRAFT
    at_s: float = 0.0
    addenda: tuple[Addendum, ...] = field(default=(), repr=False)
    reason: str = field(default="", repr=False)


def number_of(examination: Examination) -> Json:
    """The identifier of a study's own report."""
    system = REPORT_NUMBERS.format(hospital=examination.hospital_id)
    return {"system": system, "value": examination.study_uid}


def report_of(
    examination: Examination,
    content: Content,
    author: Author,
    issue: Issue,
    *,
    order: Json | None,
    document: Json | None = None,
) -> Json:
    """A DiagnosticReport. ``document``: the attachment of its PDF."""
    code, display = code_of(examination)
    person = _person(author)
    signed = issue.status in SIGNED
    resource: Json = {
        "resourceType": "DiagnosticReport",
        "language": content.language,
        "text": _narrative(examination, content, author, issue) if signed else "",
        "extension": [*_extensions(content, issue)],
        "identifier": [number_of(examination)],
        "basedOn": [{"reference": f"ServiceRequest/{order['id']}"}] if order else [],
        "status": issue.status,
        "category": [{"coding": [CATEGORY]}],
        "code": {
            "coding": [{"system": LOINC, "code": code, "display": display}],
            "text": examination.description or display,
        },
        "subject": {"reference": f"Patient/{examination.patient_id}"},
        "effectiveDateTime": moment(examination.day, examination.time),
        "issued": instant(issue.at_s) if signed else "",
        "performer": [person],
        "resultsInterpreter": [person] if signed else [],
        "imagingStudy": [{"reference": f"{IMAGING_STUDY}/{examination.study_uid}"}],
        "conclusion": content.sections.get("impression", "") if signed else "",
        "conclusionCode": _conclusion_codes(content) if signed else [],
        "presentedForm": [document] if document else [],
    }
    return {name: value for name, value in resource.items() if value not in ("", [])}


def provenance_of(
    examination: Examination,
    author: Author,
    issue: Issue,
    *,
    report: tuple[str, int],
    binary_id: str,
) -> Json:
    """Who signed which version of a report, and when. ``report``: id and version."""
    report_id, version = report
    made: Json = {
        "resourceType": "Provenance",
        "target": [
            {"reference": f"DiagnosticReport/{report_id}/_history/{version}"},
            {"reference": f"Binary/{binary_id}"},
            {"reference": f"Patient/{examination.patient_id}"},
        ],
        "recorded": instant(issue.at_s),
        "activity": {"coding": [_SIGNED]},
        "agent": [{"type": {"coding": [_AUTHOR]}, "who": _person(author)}],
    }
    if issue.reason:
        made["reason"] = [{"text": issue.reason}]
    return made


def binary_of(examination: Examination, data: str) -> Json:
    """A PDF, as base64."""
    return {
        "resourceType": "Binary",
        "contentType": PDF_TYPE,
        "securityContext": {"reference": f"Patient/{examination.patient_id}"},
        "data": data,
    }


def order_of(
    resources: Iterable[Mapping[str, Any]], accession: str, study_uid: str = ""
) -> Json | None:
    """The request that a study answers: the one that has its accession number; where none has it,
    or several have, the one whose study it was to be. None where nobody can tell which it is."""
    orders = [one for one in resources if one["resourceType"] == ORDER]
    number = accession.strip()
    numbered = [one for one in orders if number and _has_number(one, number)]
    if len(numbered) != 1:
        numbered = [
            one
            for one in numbered or orders
            if study_uid and study_uid_of(one, UUID(one["id"])) == study_uid
        ]
    return dict(numbered[0]) if len(numbered) == 1 else None


def _has_number(order: Mapping[str, Any], number: str) -> bool:
    return any(
        is_accession(stated) and str(stated.get("value", "")).strip() == number
        for stated in order.get("identifier", ())
    )


def _narrative(examination: Examination, content: Content, author: Author, issue: Issue) -> Json:
    """The whole report as XHTML (R4 Narrative), of text that was typed and nothing else."""
    language = content.language
    parts = [f"<h1>{escape(examination.description or word(language, 'title'))}</h1>"]
    for name in SECTIONS:
        if text := content.sections.get(name):
            parts += [f"<h2>{escape(word(language, name))}</h2>", _paragraph(text)]
    if content.assessment:
        said = f"{word(language, 'assessment')}: {word(language, content.assessment)}"
        parts.append(_paragraph(said))
    for addendum in issue.addenda:
        parts += [
            f"<h2>{escape(word(language, 'addendum'))}</h2>",
            _paragraph(addendum.text),
            _paragraph(f"{addendum.author}, {moment_in_words(language, addendum.at)}"),
        ]
    if issue.reason:
        parts.append(_paragraph(f"{word(language, 'amended')} {issue.reason}"))
    when = moment_in_words(language, instant(issue.at_s))
    parts.append(_paragraph(f"{word(language, 'signed')} {author.name}, {when}"))
    div = f'<div xmlns="http://www.w3.org/1999/xhtml" lang="{language}">{"".join(parts)}</div>'
    return {"status": "generated", "div": div}


def _extensions(content: Content, issue: Issue) -> Iterable[Json]:
    if content.template:
        yield {"url": TEMPLATE, "valueCode": content.template}
    if content.assessment:
        yield {"url": ASSESSMENT, "valueCode": content.assessment}
    for name in SECTIONS:
        if text := content.sections.get(name):
            yield {
                "url": SECTION,
                "extension": [
                    {"url": "code", "valueCode": name},
                    {"url": "text", "valueString": text},
                ],
            }
    for addendum in issue.addenda:
        yield {
            "url": ADDENDUM,
            "extension": [
                {"url": "text", "valueString": addendum.text},
                {"url": "author", "valueString": addendum.author},
                {"url": "at", "valueInstant": addendum.at},
            ],
        }
    if issue.reason:
        yield {"url": REASON, "valueString": issue.reason}


def _conclusion_codes(content: Content) -> list[Json]:
    if not content.assessment:
        return []
    code = content.assessment
    return [{"coding": [{"system": INTERPRETATION, "code": code, "display": ASSESSED[code]}]}]


def _person(author: Author) -> Json:
    """An account. It is no resource here, so it is named and not linked to."""
    return {
        "type": "Practitioner",
        "identifier": {"system": ACCOUNTS, "value": f"urn:uuid:{author.account_id}"},
        "display": author.name,
    }


def _paragraph(text: str) -> str:
    return f"<p>{escape(text).replace(chr(10), '<br/>')}</p>"
