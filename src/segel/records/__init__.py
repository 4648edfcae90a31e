"""Records: the FHIR R4 resources around the images, sealed in folders of patients' charts.

``Records`` is what the doors use: resources by id, by what is in them, and several at once. What
is valid is said by ``records.r4``, how a search matches by ``records.search``. ``Reports`` writes
those of radiologists. Errors: ``RecordsError`` and its kin, the broker's, and ``ResourceInvalid``.
"""

from segel.records.errors import RecordsError, VersionConflict
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
    "StudyReports",
    "VersionConflict",
    "template_for",
    "templates",
]
