"""Records: the FHIR R4 resources around the images, sealed in folders of patients' charts.

``Records`` is what the doors use: resources by id, by what is in them, and several at once. What
is valid is said by ``records.r4``, how a search matches by ``records.search``; ``covid_found`` is
what a Covid-19 test found, ``negative_test`` what of it a card can be made of, ``lettering`` the
fonts of what is printed. ``Reports`` writes those of radiologists, ``Sheets`` imports tables of
laboratory results, with what pages need to show of them. Errors: ``RecordsError`` and its kin, the
broker's, ``ResourceInvalid``, ``SheetRefused`` and ``SheetUnknown``.
"""

from segel.domain.sheet_fields import Field
from segel.records.card_sources import negative_test
from segel.records.consents import decision_on, is_decision_on, standings
from segel.records.errors import LinkTooLarge, RecordsError, VersionConflict
from segel.records.hl7.covid import found_in as covid_found
from segel.records.linking import LINK_VIEWER, Links, MadeLink
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
    lettering,
    template_for,
    templates,
)
from segel.records.service import BASE, Records
from segel.records.sheets.columns import Mapping, suggested
from segel.records.sheets.errors import SheetProblem, SheetRefused, SheetUnknown, Wrong
from segel.records.sheets.faults_csv import csv_of as faults_csv
from segel.records.sheets.rows import Result
from segel.records.sheets.service import Looked, Sheets
from segel.records.sheets.tables import FILE_BYTES_MAX as SHEET_BYTES_MAX
from segel.records.sheets.tables import Table
from segel.records.summary import TYPES as SUMMARY_TYPES
from segel.records.summary import patient_summary

__all__ = [
    "BASE",
    "LINK_VIEWER",
    "REASON_MAX",
    "SECTIONS",
    "SHEET_BYTES_MAX",
    "SUMMARY_TYPES",
    "TEXT_MAX",
    "Amendment",
    "Author",
    "Content",
    "Examination",
    "Field",
    "LinkTooLarge",
    "Links",
    "Looked",
    "MadeLink",
    "Mapping",
    "Records",
    "RecordsError",
    "Report",
    "ReportError",
    "ReportSigned",
    "Reports",
    "ResourceInvalid",
    "Result",
    "SheetProblem",
    "SheetRefused",
    "SheetUnknown",
    "Sheets",
    "StudyReports",
    "Table",
    "VersionConflict",
    "Wrong",
    "covid_found",
    "decision_on",
    "faults_csv",
    "is_decision_on",
    "lettering",
    "negative_test",
    "patient_summary",
    "registration_of",
    "standings",
    "suggested",
    "template_for",
    "templates",
    "valid",
    "written",
]
