"""What searches answer with: the standard's attributes, in every character set, and the patient."""

from collections.abc import Callable
from io import BytesIO

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from segel.domain.dicom import first_value
from segel.domain.identifiers import NIK_SYSTEM
from segel.imaging.dicom import (
    DicomError,
    instance_attributes,
    metadata,
    patient_identity,
    read_header,
    series_attributes,
    study_attributes,
)
from segel.imaging.dicom.text import decode, encodings

# PS3.5 Annexes H, I, J and K, and the other names that the collection's files are known to hold.
NAMES = {
    "chrArab.dcm": {"Alphabetic": "قباني^لنزار"},
    "chrFren.dcm": {"Alphabetic": "Buc^Jérôme"},
    "chrFrenMulti.dcm": {"Alphabetic": "Buc^Jérôme"},
    "chrGerm.dcm": {"Alphabetic": "Äneas^Rüdiger"},
    "chrGreek.dcm": {"Alphabetic": "Διονυσιος"},
    "chrH31.dcm": {
        "Alphabetic": "Yamada^Tarou",
        "Ideographic": "山田^太郎",
        "Phonetic": "やまだ^たろう",
    },
    "chrH32.dcm": {
        "Alphabetic": "ﾔﾏﾀﾞ^ﾀﾛｳ",
        "Ideographic": "山田^太郎",
        "Phonetic": "やまだ^たろう",
    },
    "chrHbrw.dcm": {"Alphabetic": "שרון^דבורה"},
    "chrI2.dcm": {"Alphabetic": "Hong^Gildong", "Ideographic": "洪^吉洞", "Phonetic": "홍^길동"},
    "chrKoreanMulti.dcm": {"Alphabetic": "김희중"},
    "chrRuss.dcm": {"Alphabetic": "Люкceмбypг"},
    "chrX1.dcm": {"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小東"},
    "chrX2.dcm": {"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小东"},
}


def test_names_in_every_character_set_arrive(files: dict[str, bytes]) -> None:
    for name, expected in NAMES.items():
        header = read_header(files["charset_files/" + name])
        assert study_attributes(header)["00100010"] == {"vr": "PN", "Value": [expected]}, name
        assert patient_identity(header).name == expected["Alphabetic"]


def test_attributes_are_those_of_the_metadata(files: dict[str, bytes]) -> None:
    for path, file in files.items():
        try:
            header = read_header(file, accept_no_meta=True)
        except DicomError:
            continue
        whole = metadata(header, str)
        instance = instance_attributes(header)
        assert instance.pop("00083002")["Value"] == [header.transfer_syntax_uid]
        assert study_attributes(header).items() <= whole.items(), path
        assert series_attributes(header).items() <= whole.items(), path
        assert instance.items() <= whole.items(), path


def test_what_the_standard_requires_of_results_is_there(ct: bytes) -> None:
    header = read_header(ct)
    theirs = pydicom.dcmread(BytesIO(ct))
    for attributes, keywords in (
        (
            study_attributes(header),
            "StudyDate StudyTime AccessionNumber ReferringPhysicianName PatientName PatientID "
            "PatientBirthDate PatientSex StudyInstanceUID StudyID InstitutionName StudyDescription",
        ),
        (
            series_attributes(header),
            "Modality SeriesDescription SeriesInstanceUID SeriesNumber Manufacturer StationName",
        ),
        (
            instance_attributes(header),
            "SOPClassUID SOPInstanceUID InstanceNumber Rows Columns BitsAllocated",
        ),
    ):
        for keyword in keywords.split():
            tag = f"{pydicom.datadict.tag_for_keyword(keyword):08X}"
            expected = theirs.get(keyword)
            if expected in (None, ""):
                assert first_value(attributes, tag) is None
            elif not keyword.endswith("Name") or attributes[tag]["vr"] != "PN":
                assert first_value(attributes, tag) == expected, keyword


def test_the_patient_is_who_the_file_says(make: Callable[..., bytes]) -> None:
    identity = patient_identity(
        read_header(
            make(
                PatientID=" MRN-7 ",
                IssuerOfPatientID="RSUD",
                PatientName="Santoso^Budi=山",
                PatientBirthDate="19700131",
                PatientSex="M",
            )
        )
    )
    assert identity.patient_id.strip() == "MRN-7"
    assert (identity.issuer, identity.name) == ("RSUD", "Santoso^Budi")
    assert (identity.birth_date, identity.sex, identity.nik) == ("19700131", "M", "")


NIK = "9871014107700001"


def test_a_nik_is_found_wherever_it_is_named(make: Callable[..., bytes]) -> None:
    assert patient_identity(read_header(make(PatientID=NIK))).nik == NIK
    named = Dataset()
    named.PatientID, named.IssuerOfPatientID = NIK, NIK_SYSTEM
    qualifier = Dataset()
    qualifier.UniversalEntityID, qualifier.UniversalEntityIDType = NIK_SYSTEM, "URI"
    qualified = Dataset()
    qualified.PatientID, qualified.IssuerOfPatientIDQualifiersSequence = NIK, [qualifier]
    foreign = Dataset()
    foreign.PatientID, foreign.IssuerOfPatientID = NIK, "some other register"
    for others, expected in (([named], NIK), ([foreign, qualified], NIK), ([foreign], "")):
        header = read_header(make(PatientID="7", OtherPatientIDsSequence=others))
        assert patient_identity(header).nik == expected


@given(st.binary(max_size=200), st.lists(st.text(max_size=12), max_size=3))
def test_no_text_and_no_character_set_is_too_broken(value: bytes, charset: list[str]) -> None:
    text = decode(value, encodings(tuple(charset)))
    assert isinstance(text, str)


@pytest.mark.parametrize("charset", ["ISO 2022 IR 87", "ISO 2022 IR 149", "ISO_IR 192", "GB18030"])
@given(value=st.binary(max_size=60))
def test_broken_bytes_of_a_character_set_fall_back(charset: str, value: bytes) -> None:
    names = encodings(("ISO 2022 IR 6", charset))
    assert isinstance(decode(b"\x1b$B" + value, names), str)
    assert isinstance(decode(value, encodings((charset,))), str)
