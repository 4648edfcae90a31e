"""Real public images under invented patients, as DICOM files.

The pixels are those of pydicom's own test files and of the package ``pydicom-data``, untouched and
in their own transfer syntax; who, where and when is replaced.
"""

import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Final

from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import UID

from segel.app.demo.people import ANY_AGE, NIK_SYSTEM, Patient, patients, uid
from segel.domain.errors import SegelError

SEED: Final = 20
PLAY_SEED: Final = SEED + 1
"""Of the files to play with: other people and studies than those that the demo has stored."""
DAYS_BACK_MAX: Final = 40


class DemoImagesMissing(SegelError):
    """The public images are not installed."""

    code = "demo-images-missing"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One study: its files (a tuple of a tuple is one series), and what is written over them.

    ``ages``: how old in years its patient may be.
    """

    name: str
    series: tuple[tuple[str, ...], ...]
    description: str
    body_part: str
    ages: tuple[int, int] = ANY_AGE


RECIPES: Final = (
    Recipe("thorax", (("RG1_UNCR.dcm",),), "FOTO THORAX PA", "CHEST"),
    Recipe("tibia", (("RG3_UNCR.dcm",),), "FOTO TIBIA KIRI AP", "EXTREMITY", (8, 16)),
    Recipe("ct-abdomen", (("693_UNCR.dcm",), ("693_J2KR.dcm",)), "CT ABDOMEN", "ABDOMEN"),
    Recipe("mr-shoulder", (("MR2_UNCR.dcm",),), "MRI BAHU KANAN", "SHOULDER"),
    Recipe("us-abdomen", (("US1_UNCR.dcm",),), "USG ABDOMEN", "ABDOMEN"),
    Recipe("mr-liver", (("MR-SIEMENS-DICOM-WithOverlays.dcm",),), "MRI HEPAR", "LIVER"),
    Recipe("us-obstetric", (("OBXXXX1A.dcm",),), "USG KANDUNGAN", "UTERUS", (20, 38)),
    Recipe("nm-bone", (("JPEG2000_UNC.dcm",),), "BONE SCAN SELURUH TUBUH", "WHOLEBODY"),
    Recipe("ct-pancreas", (("explicit_VR-UN.dcm",),), "CT PANKREAS KONTRAS", "PANCREAS"),
    Recipe("us-heart", (("color3d_jpeg_baseline.dcm",),), "EKOKARDIOGRAFI", "HEART"),
    Recipe("mr-brain", (("emri_small.dcm",), ("MR_small.dcm",)), "MRI KEPALA", "HEAD"),
    Recipe("ct-head", (("J2K_pixelrep_mismatch.dcm",),), "CT KEPALA TANPA KONTRAS", "HEAD"),
    Recipe("us-duplex", (("color-pl.dcm", "color-px.dcm"),), "USG DOPPLER", "HEART"),
    Recipe("us-thyroid", (("JPGLosslessP14SV1_1s_1f_8b.dcm",),), "USG TIROID", "NECK"),
    Recipe("ct-thorax", (("CT_small.dcm",),), "CT THORAX", "CHEST"),
    Recipe("ct-spine",
           (("77654033/CT2/17106", "77654033/CT2/17136",
             "77654033/CT2/17166", "77654033/CT2/17196"),),
           "CT KEPALA SERIAL", "HEAD"),
)  # fmt: skip

_REMOVED: Final = (
    "PatientAge", "PatientAddress", "PatientTelephoneNumbers", "PatientComments", "OtherPatientIDs",
    "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName", "EthnicGroup", "Occupation",
    "MilitaryRank", "AdditionalPatientHistory", "InstitutionAddress",
    "TimezoneOffsetFromUTC", "NameOfPhysiciansReadingStudy",
    "PerformingPhysicianName", "OperatorsName", "PhysiciansOfRecord", "RequestingPhysician",
    "RequestAttributesSequence", "ReferencedPatientSequence", "ReferencedStudySequence",
    "PatientBirthTime", "PerformedProcedureStepID",
)  # fmt: skip
_DATES: Final = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate",
                 "InstanceCreationDate", "PerformedProcedureStepStartDate")  # fmt: skip
_TIMES: Final = ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime",
                 "InstanceCreationTime", "PerformedProcedureStepStartTime")  # fmt: skip
_REFERRERS: Final = ("dr. WULANDARI", "dr. HENDRA GUNAWAN", "dr. PUTRI MAHARANI")


@dataclass(frozen=True, slots=True)
class DemoStudy:
    """A study of a demo patient: its UID and the bytes of its files."""

    patient: Patient
    study_uid: str
    files: tuple[bytes, ...]


def studies(as_of: date, seed: int = SEED) -> Iterator[DemoStudy]:
    """Every demo study, one patient each. Raises DemoImagesMissing."""
    people = patients(seed, [recipe.ages for recipe in RECIPES])
    for patient, recipe in zip(people, RECIPES, strict=True):
        yield _study(patient, recipe, as_of, seed)


def study_uid(recipe: Recipe, seed: int = SEED) -> str:
    """The UID that a recipe's study gets."""
    return uid(seed, "study", recipe.name)


def write_all(folder: Path, as_of: date, seed: int = PLAY_SEED) -> int:
    """Write every demo file below ``folder``, a folder for each hospital and study."""
    count = 0
    for recipe, study in zip(RECIPES, studies(as_of, seed), strict=True):
        place = folder / study.patient.hospital.code / recipe.name
        place.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(study.files, 1):
            (place / f"{number}.dcm").write_bytes(data)
            count += 1
    return count


def _study(patient: Patient, recipe: Recipe, as_of: date, seed: int) -> DemoStudy:
    chance = random.Random(f"{seed}/study/{recipe.name}")  # noqa: S311 - invented, not secret
    day = as_of - timedelta(days=chance.randrange(1, DAYS_BACK_MAX))
    taken = datetime.combine(day, time(chance.randrange(7, 17), chance.randrange(60)))
    accession = f"{patient.hospital.prefix}{day:%y%m%d}{chance.randrange(1000):03}"
    referrer = chance.choice(_REFERRERS)
    files = []
    for series_number, names in enumerate(recipe.series, 1):
        for instance_number, name in enumerate(names, 1):
            dataset = _read(name)
            _put_patient(dataset, patient, taken.date())
            _put_study(dataset, recipe, seed, taken, accession, referrer, patient)
            dataset.SeriesInstanceUID = uid(seed, "series", recipe.name, series_number)
            dataset.SeriesNumber = series_number
            dataset.InstanceNumber = instance_number
            sop_uid = uid(seed, "instance", recipe.name, series_number, instance_number)
            dataset.SOPInstanceUID = sop_uid
            dataset.file_meta.MediaStorageSOPInstanceUID = UID(sop_uid)
            files.append(_encode(dataset))
    return DemoStudy(patient, study_uid(recipe, seed), tuple(files))


def _put_patient(dataset: Dataset, patient: Patient, on: date) -> None:
    for keyword in _REMOVED:
        if keyword in dataset:
            delattr(dataset, keyword)
    nik = Dataset()
    nik.PatientID = patient.nik
    nik.IssuerOfPatientID = NIK_SYSTEM
    nik.TypeOfPatientID = "TEXT"
    dataset.OtherPatientIDsSequence = [nik]
    dataset.PatientName = patient.name
    dataset.PatientID = patient.mrn
    dataset.IssuerOfPatientID = patient.hospital.code
    dataset.PatientBirthDate = f"{patient.born:%Y%m%d}"
    dataset.PatientSex = patient.sex
    dataset.PatientAge = f"{(on - patient.born).days // 365:03}Y"
    dataset.InstitutionName = patient.hospital.name
    dataset.InstitutionalDepartmentName = "Radiologi"


def _put_study(
    dataset: Dataset,
    recipe: Recipe,
    seed: int,
    taken: datetime,
    accession: str,
    referrer: str,
    patient: Patient,
) -> None:
    dataset.StudyInstanceUID = study_uid(recipe, seed)
    dataset.StudyID = accession[-5:]
    dataset.AccessionNumber = accession
    dataset.StudyDescription = recipe.description
    dataset.SeriesDescription = f"{recipe.description} {dataset.get('Modality', '')}".strip()
    dataset.BodyPartExamined = recipe.body_part
    dataset.ReferringPhysicianName = referrer
    dataset.StationName = f"{patient.hospital.prefix}{dataset.get('Modality', 'OT')}1"
    if "FrameOfReferenceUID" in dataset:
        dataset.FrameOfReferenceUID = uid(seed, "frame", recipe.name)
    for keyword in _DATES:
        if keyword in dataset or keyword in ("StudyDate", "SeriesDate"):
            setattr(dataset, keyword, f"{taken:%Y%m%d}")
    for keyword in _TIMES:
        if keyword in dataset or keyword in ("StudyTime", "SeriesTime"):
            setattr(dataset, keyword, f"{taken:%H%M%S}")


def _read(name: str) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = get_testdata_file(name, download=False) if "/" not in name else _nested(name)
    if not isinstance(path, str):
        raise DemoImagesMissing(
            "The public demo images are not installed.",
            remedy="Install Segel with its extra: pip install 'segel[demo]'.",
        )
    return dcmread(path)


def _nested(name: str) -> str | None:
    """A file of pydicom's DICOMDIR tests, which its search by name does not reach."""
    found = get_testdata_file("CT_small.dcm", download=False)
    path = Path(found).parent / "dicomdirtests" / name if isinstance(found, str) else None
    return str(path) if path is not None and path.exists() else None


def _encode(dataset: Dataset) -> bytes:
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
