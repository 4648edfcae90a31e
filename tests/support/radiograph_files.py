"""Pictures as DICOM files of people who do not exist."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid


def dicom_of(picture: NDArray[np.uint8], person: int, **attributes: Any) -> bytes:
    """A radiograph of a person by number; keywords set attributes."""
    made = Dataset()
    made.SOPClassUID = ComputedRadiographyImageStorage
    made.SOPInstanceUID = generate_uid(prefix=None)
    made.StudyInstanceUID = generate_uid(prefix=None)
    made.SeriesInstanceUID = generate_uid(prefix=None)
    made.PatientID = f"RM{person:05}"
    made.PatientName = f"WARGA GAMBAR {person}"
    made.PatientBirthDate = f"197{person % 10}0312"
    made.PatientSex = "F"
    made.AccessionNumber = f"ACC{person}"
    made.StudyDate = "20260105"
    made.Modality = "CR"
    made.Rows, made.Columns = picture.shape[:2]
    made.SamplesPerPixel = 1
    made.PhotometricInterpretation = "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    for name, value in attributes.items():
        setattr(made, name, value)
    pixels = np.ascontiguousarray(picture).tobytes()
    made.PixelData = pixels + bytes(len(pixels) % 2)
    made["PixelData"].VR = "OB"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    buffer = io.BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
