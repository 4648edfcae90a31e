"""What may still be done with a bulk export: states × moments, and whom a purpose leaves out."""

from uuid import uuid4

import msgspec
import pytest

from segel.broker.errors import ExportRefused, ExportUnclear, ExportUnknown, ExportWaiting
from segel.broker.export_rules import (
    EXPORTED_TYPES,
    GIVEN_S,
    PATIENTS_MAX,
    Export,
    checked_count,
    checked_recipient,
    checked_types,
    decision_on,
    is_over,
    require_open,
)
from segel.broker.messages import PART_PATIENTS, ApprovalState
from segel.domain.consent import Decision, Rule
from segel.domain.purpose import Purpose

ASKER, OTHER = uuid4(), uuid4()
APPROVED_S = 1_000.0
EXPORT = Export(
    hospital_id=uuid4(),
    account_id=ASKER,
    recipient="Universitas Cendana",
    purpose=Purpose.RESEARCH,
    types=("Patient",),
    since_s=0.0,
    address="https://segel.test/fhir/Patient/$export",
    patients=10,
    asked_s=500.0,
)
APPROVED = msgspec.structs.replace(EXPORT, approved_s=APPROVED_S)
ENDED = msgspec.structs.replace(APPROVED, ended_s=1_500.0)
IN_TIME, TOO_LATE = APPROVED_S + GIVEN_S - 1, APPROVED_S + GIVEN_S


@pytest.mark.parametrize(
    ("export", "state", "now_s", "raised"),
    [
        (EXPORT, ApprovalState.WAITING, 600.0, ExportWaiting),
        (EXPORT, ApprovalState.REJECTED, 600.0, ExportRefused),
        (EXPORT, ApprovalState.WITHDRAWN, 600.0, ExportUnknown),
        (EXPORT, ApprovalState.EXPIRED, 600.0, ExportUnknown),
        # Nothing is given before it is in the export's own row that enough people approved.
        (EXPORT, ApprovalState.APPROVED, 600.0, ExportUnknown),
        (EXPORT, ApprovalState.USED, 600.0, ExportUnknown),
        (APPROVED, ApprovalState.USED, APPROVED_S, None),
        (APPROVED, ApprovalState.USED, IN_TIME, None),
        (APPROVED, ApprovalState.USED, TOO_LATE, ExportUnknown),
        (ENDED, ApprovalState.USED, 2_000.0, ExportUnknown),
    ],
)
def test_an_export_gives_files_to_its_asker_between_approval_and_end(
    export: Export, state: ApprovalState, now_s: float, raised: type[Exception] | None
) -> None:
    with pytest.raises(ExportUnknown):
        require_open(export, OTHER, state, now_s)
    if raised is None:
        require_open(export, ASKER, state, now_s)
    else:
        with pytest.raises(raised):
            require_open(export, ASKER, state, now_s)
    assert is_over(export, state, now_s) == (raised in (ExportUnknown, ExportRefused))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_silence_is_no_where_a_purpose_takes_permission_and_a_decision_ends(
    purpose: Purpose,
) -> None:
    silent = Decision.DENY if purpose is Purpose.RESEARCH else None
    assert decision_on((), purpose, 10.0) is silent
    for decision in Decision:
        assert decision_on((Rule(purpose, decision),), purpose, 10.0) is decision
        assert decision_on((Rule(purpose, decision, until_s=10),), purpose, 10.0) is silent


def test_who_gets_it_and_what_is_said_briefly_and_of_what_there_is() -> None:
    assert checked_recipient("  Dinas   Kesehatan ") == "Dinas Kesehatan"
    for name in ("", "  ", "x" * 121, "Dinas\u0000"):
        with pytest.raises(ExportUnclear):
            checked_recipient(name)
    assert checked_types(["Observation", "Patient", "Patient"]) == ("Patient", "Observation")
    assert checked_types(EXPORTED_TYPES) == EXPORTED_TYPES
    with pytest.raises(ExportUnclear):
        checked_types(["Patient", "Practitioner"])
    with pytest.raises(ExportUnclear):
        checked_count([ASKER] * (PATIENTS_MAX + 1))


@pytest.mark.parametrize(
    ("patients", "parts"),
    [(0, 0), (1, 1), (PART_PATIENTS, 1), (PART_PATIENTS + 1, 2)],
)
def test_a_part_holds_so_many_patients(patients: int, parts: int) -> None:
    assert msgspec.structs.replace(EXPORT, patients=patients).parts == parts
