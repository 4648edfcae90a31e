"""What a radiologist's report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from segel.records.reports.errors import (
    AmendmentEmpty,
    ReasonUnsaid,
    ReportIncomplete,
    ReportTooLong,
)
from segel.records.signed import SIGNED_STATUSES

Json = dict[str, Any]

SECTIONS: Final = ("clinical", "technique", "comparison", "findings", "impression")
"""In the order in which they are dictated and read."""

TEXT_MAX: Final = 20_000
"""Characters of one section: eight printed pages."""

REASON_MAX: Final = 500
TEMPLATE_MAX: Final = 64
LANGUAGES: Final = ("id", "en")

DRAFT: Final = "preliminary"
FINAL: Final = "final"
AMENDED: Final = "amended"
CORRECTED: Final = "corrected"
SIGNED: Final = SIGNED_STATUSES
assert {FINAL, AMENDED, CORRECTED} <= SIGNED, "what is written here is signed everywhere"


class Assessment(StrEnum):
    """How the examination came out, by the codes of v3-ObservationInterpretation."""

    NORMAL = "N"
    ABNORMAL = "A"
    CRITICAL = "AA"


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes or signs: an account, by the name that it shows."""

    account_id: UUID
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Examination:
    """The study that is reported. Days are YYYYMMDD, times as DICOM has them; ``words``: what the
    device calls study, series and region, for choosing a template. ``mark``: see ``Reports``."""

    study_uid: str = field(repr=False)
    patient_id: UUID
    hospital_id: UUID
    hospital: str = field(repr=False)
    patient_name: str = field(repr=False)
    birth_date: str = field(repr=False)
    sex: str = field(repr=False)
    record_number: str = field(repr=False)
    day: str = field(repr=False)
    time: str = field(repr=False)
    description: str = field(repr=False)
    accession: str = field(repr=False)
    modalities: tuple[str, ...]
    words: str = field(repr=False)
    images: int
    mark: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Content:
    """What is dictated. ``sections``: those of ``SECTIONS`` that say something."""

    language: str = "id"
    template: str = ""
    sections: Mapping[str, str] = field(default_factory=dict, repr=False)
    assessment: str = ""

    @classmethod
    def written(
        cls, sections: Mapping[str, str], *, language: str, template: str, assessment: str
    ) -> "Content":
        """What a form says, cleaned; an answer that it does not offer counts as not given.

        Raises ReportTooLong with the section.
        """
        said = {name: text for name in SECTIONS if (text := _checked(name, sections.get(name, "")))}
        known = {one.value for one in Assessment}
        is_name = template.replace("-", "").isalnum() and template.isascii()
        return cls(
            language if language in LANGUAGES else LANGUAGES[0],
            template if is_name and len(template) <= TEMPLATE_MAX else "",
            said,
            assessment if assessment in known else "",
        )

    def require_whole(self) -> "Content":
        """The same where it can be signed. Raises ReportIncomplete."""
        if not self.sections.get("impression"):
            raise ReportIncomplete(
                "The report has no impression.",
                field="impression",
                remedy="Say what it comes to, and sign again.",
            )
        return self


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was added to a signed report. ``at``: FHIR's instant."""

    text: str = field(repr=False)
    author: str = field(repr=False)
    at: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change to a signed report: the text as it reads now, and what is added to it."""

    content: Content
    addendum: str = field(repr=False)
    reason: str = field(repr=False)

    @classmethod
    def written(cls, before: Content, content: Content, addendum: str, reason: str) -> "Amendment":
        """An amendment that says why, and does something.

        Raises ReportIncomplete, ReportTooLong, ReasonUnsaid, AmendmentEmpty.
        """
        addendum, reason = _checked("addendum", addendum), _clean(reason)
        if not reason or len(reason) > REASON_MAX:
            raise ReasonUnsaid(
                f"An amendment says why it is made, in at most {REASON_MAX} characters.",
                field="reason",
                remedy="Write the reason.",
            )
        if not addendum and _said(before) == _said(content):
            raise AmendmentEmpty(
                "The amendment changes nothing and adds nothing.",
                field="addendum",
                remedy="Change the text, or write an addendum.",
            )
        return cls(content.require_whole(), addendum, reason)

    def status_after(self, before: Content) -> str:
        """Whether what was said changed, or only something was added to it."""
        return AMENDED if _said(before) == _said(self.content) else CORRECTED


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is shown. ``own``: made here, with sections; another's has a text at most.

    ``at_s``: when this version was written; ``issued``: when it was signed, as FHIR's instant;
    ``documents``: places in ``presentedForm`` of the PDFs; ``reason``: why it was amended.
    """

    report_id: str
    version: int
    status: str
    title: str = field(repr=False)
    day: str
    time: str
    author: str = field(repr=False)
    author_id: str
    issued: str
    at_s: float
    own: bool
    content: Content
    text: str = field(default="", repr=False)
    addenda: tuple[Addendum, ...] = field(default=(), repr=False)
    reason: str = field(default="", repr=False)
    documents: tuple[int, ...] = ()

    @property
    def signed(self) -> bool:
        """Whether somebody answers for it."""
        return self.status in SIGNED


@dataclass(frozen=True, slots=True)
class StudyReports:
    """What there is of a study: its own report, those that others made of it, and the patient's
    earlier ones. ``order``: the request that it answers."""

    report: Report | None
    others: tuple[Report, ...] = ()
    prior: tuple[Report, ...] = ()
    order: Json | None = field(default=None, repr=False)

    @property
    def reported(self) -> bool:
        """Whether somebody has answered for a report of the study."""
        return any(one.signed for one in (self.report, *self.others) if one is not None)


def _checked(name: str, text: str) -> str:
    text = _clean(text)
    if len(text) > TEXT_MAX:
        raise ReportTooLong(
            f"This section has more than {TEXT_MAX} characters.",
            field=name,
            remedy="Shorten it: perhaps something was pasted by mistake.",
        )
    return text


def _clean(text: str) -> str:
    """Lines without what no dictation has: XML 1.0 § 2.2 has no place for it either."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    shown = "\n".join("".join(filter(_is_text, line)).rstrip() for line in lines)
    return shown.strip()


def _is_text(sign: str) -> bool:
    code = ord(sign)
    return sign == "\t" or 0x20 <= code < 0x7F or (
        code > 0x9F and not 0xD800 <= code <= 0xDFFF and code & 0xFFFE != 0xFFFE
    )  # fmt: skip


def _said(content: Content) -> tuple[Mapping[str, str], str]:
    return content.sections, content.assessment
