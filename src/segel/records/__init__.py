"""Records: the FHIR R4 resources around the images, sealed in folders of patients' charts.

``Records`` is what the doors use: resources by id, by what is in them, and several at once. What
is valid is said by ``records.r4``, how a search matches by ``records.search``; ``covid_meaning`` is
what a Covid-19 test found. ``Reports`` writes those of radiologists. Errors: ``RecordsError`` and
its kin, the broker's, and ``ResourceInvalid``.
"""

from segel.records.consents import decision_on, is_decision_on, standings
from segel.records.errors import RecordsError, VersionConflict
from segel.records.hl7.covid import meaning_of as covid_meaning
from segel.records.offering import valid
from segel.records.r4 import ResourceInvalid
from segel.records.registering import registration_of, written
from segel.records.reports import (
    REASON_MAX,
    SECTIONS,
    TEXT_MAX,
    Amendment,
    Author,
    Content,
    Examination,
    Report,
    ReportError,
    Reports,
    ReportSigned,
    StudyReports,
    template_for,
    templates,
)
from segel.records.service import BASE, Records

__all__ = [
    "BASE",
    "REASON_MAX",
    "SECTIONS",
    "TEXT_MAX",
    "Amendment",
    "Author",
    "Content",
    "Examination",
    "Records",
    "RecordsError",
    "Report",
    "ReportError",
    "ReportSigned",
    "Reports",
    "ResourceInvalid",
    "StudyReports",
    "VersionConflict",
    "covid_meaning",
    "decision_on",
    "is_decision_on",
    "registration_of",
    "standings",
    "template_for",
    "templates",
    "valid",
    "written",
]
