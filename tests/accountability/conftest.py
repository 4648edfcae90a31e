"""A folder to scan, and the scan of it in this process, with windows small enough to have many."""

from collections.abc import Callable
from pathlib import Path

import pytest

from segel.accountability.scan_copy import Limits, ScanReport, parse_terms, scan_copy

SMALL = Limits(window_bytes=16 * 1024, overlap_bytes=4 * 1024, part_bytes=64 * 1024)

Scan = Callable[..., ScanReport]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def scan(home: Path) -> Scan:
    def run(*terms: str, limits: Limits = SMALL, **options: object) -> ScanReport:
        return scan_copy(home, parse_terms(terms), workers=1, limits=limits, **options)  # type: ignore[arg-type]

    return run
