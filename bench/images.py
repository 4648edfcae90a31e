"""Synthetic CT: 512 x 512 of 16 bits, noise around a disc, of patients who do not exist.

A NIK with a province code of 97 to 99 is nobody's. Everything comes from a seed, so that two runs
send the same bytes; every study of a run has UIDs of its own.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final
from uuid import UUID, uuid5

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
)

ROWS: Final = 512
"""512 x 512 x 2 bytes: 512 KiB of pixels, the slice of nearly every CT."""

STUDY_INSTANCES: Final = 100
DATASET_AT: Final = 144
"""Where a Part 10 file's group length ends: 128 + "DICM" + (0002,0000) with its value."""

_NAMESPACE: Final = UUID("7d0f6f0e-52d3-4a35-9a0c-5c9b7c5f5a10")
_FIRST_DAY: Final = date(2025, 3, 3)
_PATIENTS: Final = (
    ("BAMBANG PURNOMO", "M", date(1961, 4, 17)),
    ("NI MADE SUARTINI", "F", date(1988, 11, 2)),
    ("HASANUDDIN", "M", date(1975, 7, 30)),
    ("RATIH PUSPITASARI", "F", date(1993, 1, 9)),
    ("PARTINI", "F", date(1952, 9, 21)),
    ("DOMINGGUS RUMBIAK", "M", date(1969, 12, 5)),
    ("YUSNIAR HARAHAP", "F", date(1980, 6, 14)),
    ("ASEP KURNIAWAN", "M", date(2001, 2, 27)),
)
"""Few, with many studies each: reading budgets count patients, not studies."""


@dataclass(frozen=True)
class Instance:
    """One Part 10 file."""

    study_uid: str
    series_uid: str
    instance_uid: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def pixels(self) -> bytes:
        """The data set's last value: ROWS x ROWS x 2 bytes a frame, or a small image's."""
        marker = self.content.rindex(b"\xe0\x7f\x10\x00OW\0\0")
        return self.content[marker + 12 :]

    @property
    def dataset(self) -> bytes:
        """What follows the file meta information (PS3.10 § 7.1)."""
        return self.content[DATASET_AT + int.from_bytes(self.content[140:144], "little") :]


@dataclass(frozen=True)
class Study:
    """One CT study of one series."""

    uid: str
    instances: list[Instance]


class Scanner:
    """Makes studies, each unlike all others of the run."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._made = 0
        chance = np.random.default_rng(list(seed.encode()))
        self._noise = chance.normal(0, 25, (ROWS, ROWS)).astype(np.int16)

    def study(self, count: int = STUDY_INSTANCES, *, rows: int = ROWS) -> Study:
        """The next study: ``count`` slices of ``rows`` x ``rows``."""
        number, self._made = self._made, self._made + 1
        uid = self._uid("study", number)
        slices = [self._slice(number, uid, index, rows) for index in range(1, count + 1)]
        return Study(uid, slices)

    def film(self, count: int = STUDY_INSTANCES) -> Study:
        """The next study: ``count`` frames of ``ROWS`` x ``ROWS`` in one instance."""
        number, self._made = self._made, self._made + 1
        uid = self._uid("study", number)
        return Study(uid, [self._slice(number, uid, 1, ROWS, frames=count)])

    def _uid(self, *names: object) -> str:
        return f"2.25.{uuid5(_NAMESPACE, '/'.join(map(str, (self._seed, *names)))).int}"

    def _slice(
        self, number: int, study_uid: str, index: int, rows: int, *, frames: int = 0
    ) -> Instance:
        image = _header(number, index, rows)
        image.StudyInstanceUID = study_uid
        image.SeriesInstanceUID = self._uid("series", number)
        image.FrameOfReferenceUID = self._uid("frame", number)
        image.SOPInstanceUID = self._uid("instance", number, index)
        image.PixelData = b"".join(
            self._pixels(number, at, rows) for at in range(index, index + max(1, frames))
        )
        image["PixelData"].VR = "OW"
        if frames:
            image.SOPClassUID = MultiFrameGrayscaleWordSecondaryCaptureImageStorage
            image.NumberOfFrames = frames
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        image.file_meta.ImplementationClassUID = UID(self._uid("implementation"))
        buffer = io.BytesIO()
        image.save_as(buffer, enforce_file_format=True)
        return Instance(study_uid, image.SeriesInstanceUID, image.SOPInstanceUID, buffer.getvalue())

    def _pixels(self, number: int, index: int, rows: int) -> bytes:
        """A body of about 40 HU in air of -1000, stored with an offset of 1024."""
        noise = np.roll(self._noise, number * 7919 + index * 104_729)[:rows, :rows]
        y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : rows * 1j]
        body = np.where(x * x + y * y * 1.6 < 0.7, 1064, 24).astype(np.int16)
        return bytes(np.clip(body + noise, 0, 4095).astype("<u2"))


def _header(number: int, index: int, rows: int) -> Dataset:
    """What a scanner writes into each slice, in the words of PS3.3 § C.8.2."""
    name, sex, born = _PATIENTS[number % len(_PATIENTS)]
    taken = _FIRST_DAY + timedelta(days=number % 300)
    day = born.day + (40 if sex == "F" else 0)
    image = Dataset()
    image.SpecificCharacterSet = "ISO_IR 192"
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.SOPClassUID = CTImageStorage
    image.StudyDate = image.SeriesDate = image.AcquisitionDate = f"{taken:%Y%m%d}"
    image.ContentDate = f"{taken:%Y%m%d}"
    image.StudyTime = image.SeriesTime = "081500"
    image.AcquisitionTime = image.ContentTime = f"0816{index % 60:02}.250000"
    image.AccessionNumber = f"CT{number:08}"
    image.Modality = "CT"
    image.Manufacturer = "PABRIK CONTOH"
    image.InstitutionName = "RSU MELATI BIRU"
    image.ReferringPhysicianName = "SURYADI^HENDRA^^dr."
    image.StationName = "CT01"
    image.StudyDescription = "CT TORAKS"
    image.SeriesDescription = "TORAKS 1.0 B31f"
    image.ManufacturerModelName = "CONTOH 64"
    image.PatientName = name
    image.PatientID = f"9{number % len(_PATIENTS):07}"
    image.IssuerOfPatientID = "RSU MELATI BIRU"
    image.PatientBirthDate = f"{born:%Y%m%d}"
    image.PatientSex = sex
    nik = f"97{number % len(_PATIENTS) + 1:02}01{day:02}{born:%m%y}{1:04}"
    other = Dataset()
    other.PatientID, other.IssuerOfPatientID, other.TypeOfPatientID = nik, "NIK", "TEXT"
    image.OtherPatientIDsSequence = [other]
    image.PatientAge = f"{taken.year - born.year:03}Y"
    image.BodyPartExamined = "CHEST"
    image.ScanOptions = "HELICAL MODE"
    image.SliceThickness = "1.0"
    image.KVP = "120"
    image.DataCollectionDiameter = "500"
    image.DeviceSerialNumber = "00042"
    image.SoftwareVersions = "contoh 1.0"
    image.ProtocolName = "Toraks rutin"
    image.ReconstructionDiameter = "360"
    image.GantryDetectorTilt = "0"
    image.TableHeight = "151"
    image.ExposureTime = "500"
    image.XRayTubeCurrent = "180"
    image.Exposure = "90"
    image.FilterType = "BODY"
    image.ConvolutionKernel = "B31f"
    image.PatientPosition = "FFS"
    image.StudyID = f"{number}"
    image.SeriesNumber = 2
    image.AcquisitionNumber = 1
    image.InstanceNumber = index
    image.ImagePositionPatient = [-180.0, -180.0, -40.0 - index]
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.SliceLocation = -40.0 - index
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows = image.Columns = rows
    image.PixelSpacing = [0.703125, 0.703125]
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation = 0
    image.WindowCenter, image.WindowWidth = ["40", "-600"], ["400", "1200"]
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = "-1024", "1", "HU"
    return image
