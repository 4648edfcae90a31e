"""Reports of radiologists: drafted beside the pictures, signed, amended, and never edited after.

A report is a DiagnosticReport in the patient's chart, linked to its study. ``Reports`` is what a
door uses; what a report says is composed and read by pure functions, and printed as a PDF.
"""

from segel.records.reports.errors import ReportError, ReportSigned
from segel.records.reports.model import (
    REASON_MAX,
    SECTIONS,
    TEXT_MAX,
    Amendment,
    Author,
    Content,
    Examination,
    Report,
    StudyReports,
)
from segel.records.reports.service import Reports
from segel.records.reports.templates import template_for, templates

__all__ = [
    "REASON_MAX",
    "SECTIONS",
    "TEXT_MAX",
    "Amendment",
    "Author",
    "Content",
    "Examination",
    "Report",
    "ReportError",
    "ReportSigned",
    "Reports",
    "StudyReports",
    "template_for",
    "templates",
]
