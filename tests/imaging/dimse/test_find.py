"""C-FIND by real peers, and the rules behind it."""

import subprocess
import time
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
)

from segel.broker.errors import BudgetExhausted, QueryTooBroad
from segel.imaging.dimse import Limits
from segel.imaging.dimse.find import fold_patients

STUDY = StudyRootQueryRetrieveInformationModelFind
UID = "StudyInstanceUID"
PATIENT = PatientRootQueryRetrieveInformationModelFind


@pytest.fixture
def filled(house: Any, new_ct: Any) -> Any:
    """Two patients; the first has two studies, one of them with two series."""
    store_all(
        house,
        [
            new_ct(1),
            new_ct(2),
            new_ct(1, series="1.2.3.2", Modality="SR"),
            new_ct(1, study="1.2.4", series="1.2.4.1", StudyDate="20240301"),
            new_ct(
                1,
                study="1.2.5",
                series="1.2.5.1",
                PatientID="MRN-8",
                PatientName="Müller^Jörg",
                SpecificCharacterSet="ISO_IR 192",
            ),
        ],
    )
    return house


def store_all(house: Any, instances: list[Dataset]) -> None:
    ae = AE("CT1")
    ae.add_requested_context(CTImageStorage, "1.2.840.10008.1.2.1")
    assoc = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
    for instance in instances:
        assert assoc.send_c_store(instance).Status == 0
    assoc.release()


def ask(house: Any, model: Any = STUDY, **keys: Any) -> tuple[list[Dataset], Any, list[int]]:
    """The answers, the final status, and the pending ones."""
    ae = AE("WS1")
    ae.add_requested_context(model)
    assoc = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
    query = Dataset()
    for keyword, value in keys.items():
        setattr(query, keyword, value)
    responses = list(assoc.send_c_find(query, model))
    assoc.release()
    found = [identifier for _, identifier in responses if identifier is not None]
    return found, responses[-1][0], [status.Status for status, _ in responses[:-1]]


def test_a_study_is_found_with_what_was_asked_for(filled: Any) -> None:
    (study,), final, pending = ask(
        filled,
        QueryRetrieveLevel="STUDY",
        PatientName="TJANDRA*",
        StudyDate="20240101-20240201",
        StudyInstanceUID="",
        ModalitiesInStudy="",
        NumberOfStudyRelatedInstances="",
        StudyDescription="",
        InstanceAvailability="",
    )
    assert (final.Status, pending) == (0, [0xFF00])
    assert study.StudyInstanceUID == "1.2.3"
    assert study.PatientName == "Tjandra^Siti"
    assert sorted(study.ModalitiesInStudy) == ["CT", "SR"]
    assert study.NumberOfStudyRelatedInstances == 3
    assert study.StudyDescription == ""
    assert study.QueryRetrieveLevel == "STUDY"
    assert study.RetrieveAETitle == "SEGEL"
    assert study.InstanceAvailability == "ONLINE"
    assert "SpecificCharacterSet" not in study
    assert "AccessionNumber" not in study


def test_text_beyond_ascii_comes_in_utf_8(filled: Any) -> None:
    (study,), _, _ = ask(
        filled, QueryRetrieveLevel="STUDY", PatientID="MRN-8", PatientName="", StudyInstanceUID=""
    )
    assert study.SpecificCharacterSet == "ISO_IR 192"
    assert study.PatientName == "Müller^Jörg"


@pytest.mark.parametrize(
    ("model", "level", "keys", "tag", "expected"),
    [
        (STUDY, "STUDY", {}, "StudyInstanceUID", ["1.2.3", "1.2.4", "1.2.5"]),
        (STUDY, "STUDY", {UID: ["1.2.3", "1.2.5"]}, UID, ["1.2.3", "1.2.5"]),
        (STUDY, "SERIES", {UID: "1.2.3"}, "SeriesInstanceUID", ["1.2.3.1", "1.2.3.2"]),
        (STUDY, "SERIES", {UID: "1.2.3", "Modality": "SR"}, "SeriesInstanceUID", ["1.2.3.2"]),
        (
            STUDY,
            "IMAGE",
            {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.1"},
            "SOPInstanceUID",
            ["1.2.3.1.1", "1.2.3.1.2"],
        ),
        (PATIENT, "PATIENT", {}, "PatientID", ["MRN-7", "MRN-8"]),
        (PATIENT, "PATIENT", {"PatientName": "tjan*"}, "PatientID", ["MRN-7"]),
        (PATIENT, "STUDY", {"PatientID": "MRN-7"}, "StudyInstanceUID", ["1.2.3", "1.2.4"]),
    ],
)  # fmt: skip
def test_every_level_of_both_models(
    filled: Any, model: Any, level: str, keys: dict[str, Any], tag: str, expected: list[str]
) -> None:
    answers, final, _ = ask(filled, model, QueryRetrieveLevel=level, **({tag: ""} | keys))
    assert final.Status == 0
    assert sorted(answer[tag].value for answer in answers) == expected
    unique = ["PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]
    depth = ["PATIENT", "STUDY", "SERIES", "IMAGE"].index(level)
    for answer in answers:
        assert answer.QueryRetrieveLevel == level
        assert all(keyword in answer for keyword in unique[: depth + 1])


def test_a_patient_has_the_counts_of_all_their_studies(filled: Any) -> None:
    answers, _, _ = ask(
        filled,
        PATIENT,
        QueryRetrieveLevel="PATIENT",
        PatientID="MRN-7",
        NumberOfPatientRelatedStudies="",
        NumberOfPatientRelatedSeries="",
        NumberOfPatientRelatedInstances="",
    )
    (patient,) = answers
    assert patient.NumberOfPatientRelatedStudies == 2
    assert patient.NumberOfPatientRelatedSeries == 3
    assert patient.NumberOfPatientRelatedInstances == 4


def test_patients_of_one_number_and_different_names_stay_apart() -> None:
    one = {"00100020": {"vr": "LO", "Value": ["7"]}}
    other = one | {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "X"}]}}
    assert len(fold_patients([one, other, one])) == 2


def test_a_key_that_is_not_matched_is_said_so_with_every_answer(filled: Any) -> None:
    _, final, pending = ask(
        filled, QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2.3", BurnedInAnnotation="YES"
    )
    assert (final.Status, pending) == (0, [0xFF01])


@pytest.mark.parametrize(
    ("model", "keys"),
    [
        (STUDY, {"QueryRetrieveLevel": "PATIENT", "PatientID": "MRN-7"}),
        (STUDY, {"QueryRetrieveLevel": "FRAME"}),
        (STUDY, {"PatientID": "MRN-7"}),
        (STUDY, {"QueryRetrieveLevel": "SERIES", "SeriesInstanceUID": ""}),
        (PATIENT, {"QueryRetrieveLevel": "IMAGE", "PatientID": "MRN-7"}),
    ],
)
def test_an_identifier_that_does_not_fit_the_model_is_refused(
    filled: Any, model: Any, keys: dict[str, Any]
) -> None:
    _, final, pending = ask(filled, model, **keys)
    assert final.Status == 0xA900
    assert final.ErrorComment
    assert not pending


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (QueryTooBroad("Too many.", remedy="Add a date."), 0xA700),
        (BudgetExhausted("Enough for now."), 0xA700),
        (RuntimeError("Tjandra^Siti"), 0xC010),
    ],
)
def test_a_refused_query_has_the_standards_status(
    filled: Any, refusal: Exception, status: int
) -> None:
    filled.archive.refusal = refusal
    _, final, _ = ask(filled, QueryRetrieveLevel="STUDY", PatientName="*")
    assert final.Status == status
    assert "Tjandra" not in str(final)


def test_an_answer_that_is_not_all_says_what_to_add(filled: Any) -> None:
    filled.archive.complete = False
    answers, final, _ = ask(filled, QueryRetrieveLevel="STUDY", StudyInstanceUID="")
    assert len(answers) == 3
    assert final.Status == 0xA700
    assert final.ErrorComment == "Add a date."


def test_more_matches_than_one_page_are_all_listed(
    build_house: Any, new_ct: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build_house(Limits(matches=7, stop_s=1))
    monkeypatch.setattr("segel.imaging.dimse.find.PAGE", 2)
    store_all(house, [new_ct(1, study=f"1.2.{n}", series=f"1.2.{n}.1") for n in range(5)])
    answers, final, _ = ask(house, QueryRetrieveLevel="STUDY", StudyInstanceUID="")
    assert (len(answers), final.Status) == (5, 0)


def test_a_cancel_ends_a_long_query(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segel.imaging.dimse.find.PAGE", 1)
    filled.archive.pause_s = 0.3
    ae = AE("WS1")
    ae.add_requested_context(STUDY)
    assoc = ae.associate("127.0.0.1", filled.port, ae_title="SEGEL")
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", ""
    statuses = []
    for status, _ in assoc.send_c_find(query, STUDY, msg_id=9):
        statuses.append(status.Status)
        if len(statuses) == 1:
            assoc.send_c_cancel(9, None, STUDY)
            time.sleep(0.1)
    assert statuses == [0xFF00, 0xFE00]
    assert assoc.is_established
    assoc.release()


@pytest.mark.usefixtures("dcmtk")
def test_findscu_finds(filled: Any) -> None:
    done = subprocess.run(
        ["findscu", "-S", "-aet", "WS1", "-aec", "SEGEL", "-k", "QueryRetrieveLevel=STUDY",
         "-k", "PatientName=Tjandra*", "-k", "StudyInstanceUID", "127.0.0.1", str(filled.port)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    said = done.stdout + done.stderr
    assert said.count("[1.2.3") + said.count("[1.2.4") == 2
    assert "1.2.5" not in said
