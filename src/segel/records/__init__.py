"""Records: the FHIR R4 resources around the images, sealed in folders of patients' charts.

``Records`` is what the doors use: resources by id, by what is in them, and several at once. What
is valid is said by ``records.r4``, how a search matches by ``records.search``. ``Sheets`` imports
tables of laboratory results, with what pages need to show of them. Errors: ``RecordsError`` and its
kin, the broker's, ``ResourceInvalid``, ``SheetRefused`` and ``SheetUnknown``.
"""

from segel.records.errors import RecordsError
from segel.records.service import BASE, Records
from segel.records.sheets.columns import Field, Mapping, suggested
from segel.records.sheets.errors import SheetProblem, SheetRefused, SheetUnknown, Wrong
from segel.records.sheets.faults_csv import csv_of as faults_csv
from segel.records.sheets.rows import Result
from segel.records.sheets.service import Looked, Sheets
from segel.records.sheets.tables import FILE_BYTES_MAX as SHEET_BYTES_MAX
from segel.records.sheets.tables import Table

__all__ = [
    "BASE",
    "SHEET_BYTES_MAX",
    "Field",
    "Looked",
    "Mapping",
    "Records",
    "RecordsError",
    "Result",
    "SheetProblem",
    "SheetRefused",
    "SheetUnknown",
    "Sheets",
    "Table",
    "Wrong",
    "faults_csv",
    "suggested",
]
