"""Telling: documents about a leak, made from what was found, in Indonesian and English.

``Telling`` writes findings, makes drafts of them and signs those; ``Findings`` is what is known,
``Document`` what is told of it, and ``as_text``, ``as_docx``, ``as_pdf`` draw it. Errors:
``TellingError`` and its kin, the broker's.
"""

from segel.leaks.model import ColumnKind, Verdict, Way
from segel.leaks.telling.bundles import BundleKind
from segel.leaks.telling.documents import MANDATORY, Document, content_missing, missing
from segel.leaks.telling.drawing import Finished, as_docx, as_pdf, as_text
from segel.leaks.telling.errors import (
    ContentMissing,
    DraftChanged,
    FindingsBroken,
    GatewayDown,
    ListBroken,
    TellingError,
)
from segel.leaks.telling.findings import (
    LINES,
    SENTENCES,
    TIMES,
    Basis,
    Figure,
    Findings,
    Hypothesis,
    Measure,
    Occurrence,
    packed,
    unpacked,
)
from segel.leaks.telling.service import Draft, Known, Telling, file_name
from segel.leaks.telling.words import KINDS, MEASURES, WAYS

__all__ = [
    "KINDS",
    "LINES",
    "MANDATORY",
    "MEASURES",
    "SENTENCES",
    "TIMES",
    "WAYS",
    "Basis",
    "BundleKind",
    "ColumnKind",
    "ContentMissing",
    "Document",
    "Draft",
    "DraftChanged",
    "Figure",
    "Findings",
    "FindingsBroken",
    "Finished",
    "GatewayDown",
    "Hypothesis",
    "Known",
    "ListBroken",
    "Measure",
    "Occurrence",
    "Telling",
    "TellingError",
    "Verdict",
    "Way",
    "as_docx",
    "as_pdf",
    "as_text",
    "content_missing",
    "file_name",
    "missing",
    "packed",
    "unpacked",
]
