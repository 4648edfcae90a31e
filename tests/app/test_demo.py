"""The demo data: deterministic, consistent, nobody's, with the pixels untouched."""

import warnings
from datetime import date
from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from segel.app.demo.images import RECIPES, DemoStudy, studies
from segel.app.demo.people import (
    ANY_AGE,
    HOSPITALS,
    NIK_SYSTEM,
    PEERS,
    STAFF,
    TANGGAP,
    TANJUNG,
    patients,
)
from segel.domain.dicom import is_uid
from segel.domain.roles import SYSTEM_ROLES, Role

AS_OF = date(2026, 1, 15)
SUPERVISING = {Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR}
ELSEWHERE = {
    Role.PATIENT,
    Role.PORT_HEALTH_OFFICER,
    Role.INCIDENT_OFFICER,
    Role.CASE_GUEST,
}


@pytest.fixture(scope="module")
def made() -> list[DemoStudy]:
    pytest.importorskip("data_store", reason="pydicom-data is not installed")
    return list(studies(AS_OF))


def test_niks_agree_with_birth_and_sex_and_belong_to_nobody() -> None:
    for patient in patients(3, [ANY_AGE] * 18):
        assert len(patient.nik) == 16
        assert patient.nik.isdigit()
        assert patient.nik[:2] in {"97", "98", "99"}
        day = int(patient.nik[6:8]) - (40 if patient.sex == "F" else 0)
        assert (day, patient.nik[8:10]) == (patient.born.day, f"{patient.born:%m}")
        assert patient.nik[10:12] == f"{patient.born:%y}"
        assert patient.nik[12:] >= "0001"
        assert patient.born < AS_OF


def test_the_same_seed_and_day_make_the_same_bytes(made: list[DemoStudy]) -> None:
    assert list(studies(AS_OF))[2:4] == made[2:4]
    assert patients(1, [ANY_AGE] * 4) != patients(2, [ANY_AGE] * 4)


def test_each_hospital_has_every_role_and_half_of_the_studies(made: list[DemoStudy]) -> None:
    for hospital in HOSPITALS:
        roles = {person.role for person in STAFF if person.hospital == hospital}
        assert roles == set(Role) - SYSTEM_ROLES - ELSEWHERE
        assert sum(study.patient.hospital == hospital for study in made) == len(made) / 2
        assert any(peer.hospital == hospital for peer in PEERS)
    at_port = [person.role for person in STAFF if person.hospital == TANJUNG]
    assert at_port == [Role.PORT_HEALTH_OFFICER]
    answering = [person.role for person in STAFF if person.hospital == TANGGAP]
    assert set(answering) == {Role.INCIDENT_OFFICER, *SUPERVISING}
    assert 12 <= len(made) <= 16
    assert len({person.name for person in STAFF}) == len(STAFF)
    assert all(len(peer.ae_title) <= 16 and len(peer.called_ae_title) <= 16 for peer in PEERS)


def test_single_names_are_among_the_patients(made: list[DemoStudy]) -> None:
    assert any(" " not in study.patient.name for study in made)


def test_every_file_says_who_where_and_when(made: list[DemoStudy]) -> None:
    seen = set()
    for study in made:
        for data in study.files:
            dataset = dcmread(BytesIO(data), stop_before_pixels=True)
            assert dataset.PatientName == study.patient.name
            assert "^" not in str(dataset.PatientName)
            assert dataset.PatientID == study.patient.mrn
            other = dataset.OtherPatientIDsSequence[0]
            assert (other.PatientID, other.IssuerOfPatientID) == (study.patient.nik, NIK_SYSTEM)
            assert dataset.PatientBirthDate == f"{study.patient.born:%Y%m%d}"
            assert dataset.StudyInstanceUID == study.study_uid
            assert dataset.InstitutionName == study.patient.hospital.name
            assert 0 < (AS_OF - date.fromisoformat(dataset.StudyDate)).days < 45
            assert len(dataset.AccessionNumber) <= 16
            assert is_uid(dataset.SOPInstanceUID)
            assert dataset.SOPInstanceUID == dataset.file_meta.MediaStorageSOPInstanceUID
            seen.add(dataset.SOPInstanceUID)
    assert len(seen) == sum(len(study.files) for study in made)


def test_pixels_and_transfer_syntaxes_are_the_originals(made: list[DemoStudy]) -> None:
    for recipe, study in zip(RECIPES, made, strict=True):
        names = [name for series in recipe.series for name in series if "/" not in name]
        for name, data in zip(names, study.files, strict=False):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                path = get_testdata_file(name, download=False)
            assert isinstance(path, str)
            original, written = dcmread(path), dcmread(BytesIO(data))
            assert written.PixelData == original.PixelData, name
            assert written.file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID
