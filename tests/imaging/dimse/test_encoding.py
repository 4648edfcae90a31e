import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from segel.domain.dicom import JsonDataset
from segel.imaging.dicom.elements import Coding
from segel.imaging.dicom.syntaxes import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    coding_of,
)
from segel.imaging.dimse.contexts import PATIENT_ROOT_FIND, STUDY_ROOT_FIND
from segel.imaging.dimse.encoding import encode_dataset
from segel.imaging.dimse.errors import IdentifierBroken
from segel.imaging.dimse.identifier import Level, element, read_identifier, write_answer

SYNTAXES = (IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED)
CODINGS = st.sampled_from([coding_of(uid) for uid in SYNTAXES[:3]])
words = st.text(
    st.characters(blacklist_characters="\\^=", blacklist_categories=("Cc", "Cs", "Z")),
    min_size=1,
    max_size=20,
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "00100010": words.map(lambda w: {"vr": "PN", "Value": [{"Alphabetic": w}]}),
        "00081030": words.map(lambda w: {"vr": "LO", "Value": [w]}),
        "00080061": st.just({"vr": "CS", "Value": ["CT", "MR"]}),
        "0020000D": st.just({"vr": "UI", "Value": ["1.2.3"]}),
        "00201208": st.integers(0, 99).map(lambda n: {"vr": "IS", "Value": [n]}),
        "00280010": st.integers(0, 65535).map(lambda n: {"vr": "US", "Value": [n]}),
        "00189074": st.just({"vr": "DT"}),
        "00400275": words.map(
            lambda w: {"vr": "SQ", "Value": [{"00400007": {"vr": "LO", "Value": [w]}}]}
        ),
    },
)


@given(answers, CODINGS)
def test_pydicom_reads_what_was_written(answer: JsonDataset, coding: Coding) -> None:
    read: Dataset = read_dataset(
        BytesIO(encode_dataset(answer, coding)), not coding.explicit, not coding.big_endian
    )
    plain = json.dumps(answer, ensure_ascii=False).isascii()
    assert ("SpecificCharacterSet" in read) == (not plain)
    if "SpecificCharacterSet" in read:
        assert read.SpecificCharacterSet == "ISO_IR 192"
        del read.SpecificCharacterSet
    expected = Dataset.from_json(answer)
    assert set(read.keys()) == set(expected.keys())
    for wanted in expected:
        got = read[wanted.tag]
        if wanted.VR == "SQ":
            wanted_text = wanted.value[0].ScheduledProcedureStepDescription
            assert got.value[0].ScheduledProcedureStepDescription == wanted_text
        else:
            assert str(got.value) == str(wanted.value)


def test_a_value_that_its_vr_cannot_hold_becomes_empty() -> None:
    coding = coding_of(EXPLICIT_LITTLE)
    answer: JsonDataset = {
        "00280010": {"vr": "US", "Value": ["many"]},
        "00081030": {"vr": "LO", "Value": ["x" * 70_000]},
        "7FE00010": {"vr": "OW", "BulkDataURI": "x"},
    }
    read = read_dataset(BytesIO(encode_dataset(answer, coding)), False, True)
    assert [read[tag].value for tag in (0x00280010, 0x00081030)] == [None, ""]
    assert not read[0x7FE00010].value


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_identifier_is_read_in_every_transfer_syntax(syntax: str) -> None:
    content = write_answer(
        element("00080052", "SERIES")
        | element("0020000D", "1.2.3", "1.2.4")
        | element("00100010", {"Alphabetic": "Tjandra^S*"})
        | element("00080020", "20240101-")
        | element("00200011", 4)
        | element("0008103E"),
        syntax,
    )
    identifier = read_identifier(memoryview(content), syntax, STUDY_ROOT_FIND)
    assert identifier.level is Level.SERIES
    assert identifier.values(Level.STUDY) == ("1.2.3", "1.2.4")
    assert identifier.keys == {
        "0020000D": "1.2.3\\1.2.4",
        "00100010": "Tjandra^S*",
        "00080020": "20240101-",
        "00200011": "4",
    }
    assert "0008103E" in identifier.asked


@pytest.mark.parametrize(
    ("level", "model", "fits"),
    [
        ("PATIENT", PATIENT_ROOT_FIND, True),
        ("PATIENT", STUDY_ROOT_FIND, False),
        ("STUDY", STUDY_ROOT_FIND, True),
        ("FRAME", STUDY_ROOT_FIND, False),
        ("", PATIENT_ROOT_FIND, False),
    ],
)
def test_the_level_must_be_of_the_model(level: str, model: str, fits: bool) -> None:
    content = memoryview(write_answer(element("00080052", level), EXPLICIT_LITTLE))
    if fits:
        assert read_identifier(content, EXPLICIT_LITTLE, model).level.name == level
    else:
        with pytest.raises(IdentifierBroken):
            read_identifier(content, EXPLICIT_LITTLE, model)


@given(st.binary(max_size=120), st.sampled_from(SYNTAXES))
def test_whatever_the_bytes_only_our_error_comes(content: bytes, syntax: str) -> None:
    with pytest.raises(IdentifierBroken):
        read_identifier(memoryview(content), syntax, STUDY_ROOT_FIND)


def test_names_in_other_scripts_are_read_in_their_character_set() -> None:
    query = Dataset()
    query.SpecificCharacterSet = "ISO_IR 100"
    query.QueryRetrieveLevel, query.PatientName = "STUDY", "Müller*"
    from pynetdicom.dsutils import encode

    content = encode(query, True, True)
    assert content is not None
    identifier = read_identifier(memoryview(content), IMPLICIT_LITTLE, STUDY_ROOT_FIND)
    assert identifier.keys["00100010"] == "Müller*"
