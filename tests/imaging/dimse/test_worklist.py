"""The modality worklist: C-FIND by pynetdicom, and the rules of its keys."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import ModalityWorklistInformationFind  # type: ignore[attr-defined]

from segel.broker.errors import BudgetExhausted, Forbidden, QueryTooBroad
from segel.domain.dicom import JsonDataset
from segel.domain.matching import FilterInvalid
from segel.imaging.dicom.syntaxes import IMPLICIT_LITTLE
from segel.imaging.dimse.errors import IdentifierBroken
from segel.imaging.dimse.identifier import read_keys
from segel.imaging.dimse.worklist import answer_for, matching_keys

MODEL = ModalityWorklistInformationFind


def item(number: int) -> JsonDataset:
    step: JsonDataset = {
        "00080060": {"vr": "CS", "Value": ["CT"]},
        "00400001": {"vr": "AE", "Value": ["CT1"]},
        "00400002": {"vr": "DA", "Value": ["20261128"]},
        "00400009": {"vr": "SH", "Value": [f"S{number}"]},
    }
    code: JsonDataset = {
        "00080100": {"vr": "SH", "Value": ["24627-2"]},
        "00080102": {"vr": "SH", "Value": ["LN"]},
    }
    return {
        "00080050": {"vr": "SH", "Value": [f"ACC{number}"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Müller^Jörg"}]},
        "00100030": {"vr": "DA"},
        "00321064": {"vr": "SQ", "Value": [code]},
        "00400100": {"vr": "SQ", "Value": [step]},
    }


def query(step: dict[str, Any] | None = None, **keys: Any) -> Dataset:
    asked = Dataset()
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    if step is not None:
        inner = Dataset()
        for keyword, value in step.items():
            setattr(inner, keyword, value)
        asked.ScheduledProcedureStepSequence = [inner]
    return asked


def ask(house: Any, asked: Dataset) -> tuple[list[Dataset], Any, list[int]]:
    """The answers, the final status, and the pending ones."""
    ae = AE("WS1")
    ae.add_requested_context(MODEL)
    assoc = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
    assert assoc.is_established
    responses = list(assoc.send_c_find(asked, MODEL))
    assoc.release()
    found = [identifier for _, identifier in responses if identifier is not None]
    return found, responses[-1][0], [status.Status for status, _ in responses[:-1]]


def test_an_item_is_answered_with_what_was_asked_for(house: Any) -> None:
    house.worklist.items = [item(1), item(2)]
    step = {"Modality": "CT", "ScheduledStationAETitle": "", "ScheduledProcedureStepID": ""}
    asked = query(step, PatientName="M*", AccessionNumber="", PatientBirthDate="", PatientState="")
    (first, second), final, pending = ask(house, asked)
    assert (final.Status, pending) == (0, [0xFF00, 0xFF00])
    assert first.SpecificCharacterSet == "ISO_IR 192"
    assert first.PatientName == "Müller^Jörg"
    assert (first.AccessionNumber, second.AccessionNumber) == ("ACC1", "ACC2")
    assert first.PatientBirthDate == first.PatientState == ""
    (told,) = first.ScheduledProcedureStepSequence
    assert (told.Modality, told.ScheduledStationAETitle) == ("CT", "CT1")
    assert "ScheduledProcedureStepStartDate" not in told
    assert "RequestedProcedureCodeSequence" not in first
    (put,) = house.worklist.queries
    assert put.filters == {"00100010": "M*", "00080060": "CT"}
    assert put.station == "WS1"


def test_of_a_sequence_that_names_nothing_all_is_answered(house: Any) -> None:
    house.worklist.items = [item(1)]
    asked = query(RequestedProcedureCodeSequence=[], ScheduledProcedureStepSequence=[])
    (found,), _, _ = ask(house, asked)
    assert found.RequestedProcedureCodeSequence[0].CodeValue == "24627-2"
    assert found.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate == "20261128"


def test_a_key_that_is_not_matched_is_said_with_each_answer(house: Any) -> None:
    house.worklist.items = [item(1)]
    assert ask(house, query({"Modality": "CT"}, PatientWeight="70"))[2] == [0xFF01]
    code = Dataset()
    code.CodeValue = "1"
    assert ask(house, query(RequestedProcedureCodeSequence=[code]))[2] == [0xFF01]
    assert ask(house, query({"Modality": "CT"}, PatientName="*", PatientWeight=""))[2] == [0xFF00]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (QueryTooBroad("The worklist of so many days."), 0xA700),
        (BudgetExhausted("The budget is used up."), 0xA700),
        (Forbidden("This account may not do this."), 0x0124),
        (FilterInvalid("The date is malformed."), 0xA900),
    ],
)
def test_a_refusal_has_its_status_and_says_why(house: Any, refusal: Any, status: int) -> None:
    house.worklist.refusal = refusal
    found, final, pending = ask(house, query({"Modality": "CT"}))
    assert (found, final.Status, pending) == ([], status, [])
    assert final.ErrorComment == refusal.what


class Slow(list[JsonDataset]):
    """Items of which each takes a while."""

    def __iter__(self) -> Iterator[JsonDataset]:
        for number in range(200):
            time.sleep(0.02)
            yield item(number)


def test_a_cancel_ends_a_long_answer(house: Any) -> None:
    house.worklist.items = Slow()
    ae = AE("WS1")
    ae.add_requested_context(MODEL)
    assoc = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
    statuses = []
    for status, _ in assoc.send_c_find(query({"Modality": "CT"}), MODEL, msg_id=9):
        statuses.append(status.Status)
        if len(statuses) == 1:
            assoc.send_c_cancel(9, None, MODEL)
    assert statuses[-1] == 0xFE00
    assert len(statuses) < 200
    assert assoc.is_established
    assoc.release()


def test_a_step_is_matched_by_one_item_and_character_sets_are_no_keys() -> None:
    step: JsonDataset = {"00080060": {"vr": "CS", "Value": ["CT", "MR"]}}
    asked: JsonDataset = {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
        "00400100": {"vr": "SQ", "Value": [step]},
    }
    assert matching_keys(asked) == ({"00080060": "CT\\MR"}, True)
    assert answer_for(item(1), asked) == {
        "00400100": {"vr": "SQ", "Value": [{"00080060": {"vr": "CS", "Value": ["CT"]}}]}
    }
    with pytest.raises(IdentifierBroken):
        matching_keys({"00400100": {"vr": "SQ", "Value": [step, step]}})


@given(st.binary(max_size=200))
def test_no_identifier_breaks_it(content: bytes) -> None:
    try:
        asked = read_keys(memoryview(content), IMPLICIT_LITTLE)
        matching_keys(asked)
    except IdentifierBroken:
        return
    answer_for(item(1), asked)
