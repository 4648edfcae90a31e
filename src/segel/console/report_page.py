"""A radiologist's report as its pages show it: what is reported, the fields, what came between."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from segel.access import seal_handle
from segel.broker import Session
from segel.console.ports import ShownStudy
from segel.console.study_page import StudyFacts
from segel.domain.roles import Role
from segel.records import SECTIONS, Content, Examination, Report, template_for, templates

WRITES_REPORTS: Final = frozenset({Role.RADIOLOGIST})
"""Roles that are shown the way to the fields. Who may write, the broker decides."""

PRESSING: Final = frozenset({"urgent", "asap", "stat"})
"""Priorities of a request (R4 request-priority) that are shown."""

ROWS: Final = {"clinical": 2, "technique": 2, "comparison": 2, "findings": 12, "impression": 5}
"""How high each field is at first: it grows with what is written."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it is shown. ``mode``: "draft" or "amend"; ``version``: what the next save is
    made of. ``theirs``: what somebody else wrote meanwhile; ``fault`` and ``fault_at``: what was
    refused, and at which field; ``stored``: it is as the archive has it."""

    mode: str
    version: int
    content: Content
    stored: bool
    addendum: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    theirs: Report | None = None
    fault: str = ""
    fault_at: str = ""

    def text(self, section: str) -> str:
        """What a field holds."""
        return self.content.sections.get(section, "")

    def their_text(self, section: str) -> str:
        """What the other wrote in a field, where it differs; '' where they left it empty too."""
        return self.theirs.content.sections.get(section, "") if self.theirs else ""

    def differs(self, section: str) -> bool:
        """Whether the other wrote something else here."""
        return self.theirs is not None and self.their_text(section) != self.text(section)


def examination_of(study: ShownStudy, facts: StudyFacts, session: Session) -> Examination:
    """The study that is reported, from what its page shows."""
    assert study.patient_id is not None, "who opened it knows whose it is"
    assert session.hospital_id is not None, "nobody without a hospital opens studies"
    words = [facts.description]
    for series in facts.series:
        words += (series.description, series.protocol, series.body_part)
    return Examination(
        study_uid=study.uid,
        patient_id=study.patient_id,
        hospital_id=session.hospital_id,
        hospital=session.hospital_name,
        patient_name=facts.name,
        birth_date=facts.birth_date,
        sex=facts.sex,
        record_number=facts.record_number,
        day=facts.study_date,
        time=facts.study_time,
        description=facts.description,
        accession=facts.accession,
        modalities=tuple(facts.modalities),
        words=" ".join(words),
        images=facts.images,
        mark=study.report_mark,
    )


def first_form(examination: Examination, language: str, question: str) -> Form:
    """What a report begins with: its template, and the question that was asked."""
    key = template_for(examination).key
    sections = dict(templates()[key].texts[language])
    if question:
        sections["clinical"] = question
    return Form("draft", 0, Content(language, key, sections), stored=False)


def form_of_report(report: Report) -> Form:
    """The fields of what is stored: of a draft, or of what is to be amended."""
    mode = "amend" if report.signed else "draft"
    return Form(mode, report.version, report.content, stored=True)


def with_template(content: Content, template: str, language: str) -> Content:
    """The same text under another template: what somebody has written stays, what only the
    template before had put there makes way."""
    known = templates()
    new = known.get(template)
    if new is None or language not in new.texts:
        return content
    old = known[content.template].texts if content.template in known else {}
    untouched = {name: {one.get(name, "") for one in old.values()} for name in SECTIONS}
    sections = dict(content.sections)
    for name in SECTIONS:
        said = sections.get(name, "")
        if not said or said in untouched[name]:
            sections[name] = new.texts[language].get(name, "")
    return Content(language, template, sections, content.assessment)


def unfilled(content: Content) -> int:
    """Lines that are still a heading of the template's and nothing more."""
    return sum(
        line.rstrip().endswith(":")
        for text in content.sections.values()
        for line in text.split("\n")
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What an order says to whoever reports. ``what``: the examination that was asked for; ``by``:
    who asked, by name; ``priority``: '' where it is routine; ``question``: why, '' where nobody
    wrote it."""

    what: str = field(repr=False)
    by: str = field(repr=False)
    priority: str
    question: str = field(repr=False)


def asked_of(order: Mapping[str, Any] | None) -> Asked | None:
    """What a request asks; None where no request is known. That it is there is one thing, and
    whether somebody wrote a reason in it another."""
    if order is None:
        return None
    reasons = [_words(concept) for concept in order.get("reasonCode", ())]
    reasons += [str(note.get("text", "")) for note in order.get("note", ())]
    priority = str(order.get("priority", ""))
    return Asked(
        what=_words(order.get("code", {})),
        by=str(order.get("requester", {}).get("display", "")),
        priority=priority if priority in PRESSING else "",
        question="\n".join(text for text in reasons if text),
    )


def report_document(token: str, report: Report) -> str:
    """The handle of a report's PDF; '' where it has none."""
    if not report.documents:
        return ""
    return seal_handle(token, "document", f"{report.report_id} {report.documents[0]}")


def page_key(study_uid: str, account_id: UUID) -> str:
    """By which two tabs of one person know that they are at the same report: a tab whose session
    ended hands its text to the one that begins anew."""
    return hashlib.sha256(f"{account_id} {study_uid}".encode()).hexdigest()[:32]


def _words(concept: Mapping[str, Any]) -> str:
    codings: Sequence[Mapping[str, Any]] = concept.get("coding", ())
    shown = next((str(one["display"]) for one in codings if one.get("display")), "")
    return str(concept.get("text") or shown)
