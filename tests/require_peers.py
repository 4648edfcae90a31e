"""``SEGEL_REQUIRE_PEERS=1``: a test that is skipped because something "is not installed" fails.

A machine without dcmtk, Orthanc or Chromium may run the rest; continuous integration may not go
green by leaving out what shows that real peers work. The words in the skip's reason decide.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

WORDS = ("is not installed", "is not there", "could not import")
SETTING = "SEGEL_REQUIRE_PEERS"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Turn such a skip into a failure."""
    outcome: Any = yield
    report = outcome.get_result()
    if not report.skipped or os.environ.get(SETTING) != "1":
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if any(word in reason for word in WORDS):
        report.outcome = "failed"
        report.longrepr = f"{SETTING} is set. {reason}"
