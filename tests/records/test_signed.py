"""What systems may write over what a radiologist has written, and what only the archive says."""

from typing import Any

import pytest

from segel.records.errors import ResourceSigned
from segel.records.offering import valid
from segel.records.signed import DRAFT, SIGNED, changed, tagged, untagged

REPORT: dict[str, Any] = {
    "resourceType": "DiagnosticReport",
    "meta": {"tag": [{"system": "urn:else", "code": "x"}]},
    "status": "preliminary",
    "code": {"text": "CT"},
}
FINAL = {**REPORT, "status": "final"}


def test_what_came_from_outside_is_its_sources_own() -> None:
    assert changed(FINAL, {**FINAL, "conclusion": "y"}) == {**FINAL, "conclusion": "y"}
    assert changed(None, FINAL) == FINAL
    assert changed(FINAL, None) is None


@pytest.mark.parametrize("after", [FINAL, {**FINAL, "status": "entered-in-error"}, REPORT, None])
def test_what_was_signed_here_is_neither_changed_nor_taken_out(after: Any) -> None:
    with pytest.raises(ResourceSigned) as refused:
        changed(tagged(FINAL, SIGNED), after)
    assert "Amend" in refused.value.remedy


def test_a_draft_of_the_page_stays_the_pages_and_is_signed_there_alone() -> None:
    draft = tagged(REPORT, DRAFT)
    after = changed(draft, {**REPORT, "conclusion": "y"})
    assert after == tagged({**REPORT, "conclusion": "y"}, DRAFT)
    with pytest.raises(ResourceSigned):
        changed(after, FINAL)
    assert changed(draft, None) is None


def test_nobody_but_the_archive_says_that_something_was_signed() -> None:
    assert untagged(tagged(REPORT, SIGNED)) == REPORT
    assert untagged(REPORT) is REPORT
    bare = {name: value for name, value in REPORT.items() if name != "meta"}
    assert untagged(tagged(bare, SIGNED)) == bare
    subject = {"subject": {"reference": "Patient/x"}}
    assert valid(tagged(FINAL | subject, SIGNED), "DiagnosticReport") == FINAL | subject
    assert tagged(tagged(REPORT, DRAFT), SIGNED) == tagged(REPORT, SIGNED)
