"""Read a stopped or copied home as a thief would, and report where given terms can be read.

``scan_copy(home, terms)`` returns a ``ScanReport``; ``read_terms`` reads a file of terms.
Whatever is there is looked at raw, decoded (base64, hex, percent), decompressed and through
PostgreSQL's pages and log, nested up to ``Limits``. Nothing is ever written inside the home, and
a report holds the numbers of terms, never the terms. ``cli`` is the door.
"""

from segel.accountability.scan_copy.limits import Limits
from segel.accountability.scan_copy.report import Container, Hit, ScanReport, Skipped
from segel.accountability.scan_copy.scan import HomeUnreadable, scan_copy
from segel.accountability.scan_copy.terms import Term, TermsUnusable, parse_terms, read_terms

__all__ = [
    "Container",
    "Hit",
    "HomeUnreadable",
    "Limits",
    "ScanReport",
    "Skipped",
    "Term",
    "TermsUnusable",
    "parse_terms",
    "read_terms",
    "scan_copy",
]
