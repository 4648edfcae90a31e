"""DICOM bytes, understood: parse once what is stored, and give back its attributes, its frames,
its metadata as JSON, and its pixels as pictures.

Pure: bytes in, values out. Whatever the bytes, only the errors of ``DicomError`` leave here, and
none of them carries a value of the file.
"""

import logging
import warnings

from pydicom import config as _pydicom

from segel.imaging.dicom.attributes import (
    instance_attributes,
    patient_identity,
    series_attributes,
    study_attributes,
)
from segel.imaging.dicom.elements import Buffer
from segel.imaging.dicom.errors import (
    BulkUnknown,
    DicomError,
    FrameUnknown,
    HeaderBroken,
    LimitExceeded,
    MultipartBroken,
    MultipartTooLarge,
    NotAcceptable,
    NotDicom,
    PixelsAbsent,
    PixelsBroken,
    RenderingInvalid,
    TransferSyntaxUnknown,
    UidInvalid,
    UidMismatch,
    UidMissing,
)
from segel.imaging.dicom.frames import FrameTable, Read, frame_of, frame_table, read_frame
from segel.imaging.dicom.header import Header, part10_prefix, read_header, whole_file
from segel.imaging.dicom.metadata import bulk, metadata
from segel.imaging.dicom.multipart import Limits, MultipartReader, Part
from segel.imaging.dicom.native_xml import XML, native_model
from segel.imaging.dicom.related import (
    encode_multipart,
    parse_content_type,
    parse_related_type,
    part_content_type,
    part_heads,
    related_content_type,
)
from segel.imaging.dicom.render import (
    Marking,
    Window,
    parse_window,
    render,
    render_frame,
    thumbnail,
)
from segel.imaging.dicom.syntaxes import frame_media_type, is_native
from segel.imaging.dicom.transcode import transcode

# pydicom's warnings and log lines quote the values that they are about: names, dates, UIDs.
_pydicom.settings.reading_validation_mode = _pydicom.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")

__all__ = [
    "XML",
    "Buffer",
    "BulkUnknown",
    "DicomError",
    "FrameTable",
    "FrameUnknown",
    "Header",
    "HeaderBroken",
    "LimitExceeded",
    "Limits",
    "Marking",
    "MultipartBroken",
    "MultipartReader",
    "MultipartTooLarge",
    "NotAcceptable",
    "NotDicom",
    "Part",
    "PixelsAbsent",
    "PixelsBroken",
    "Read",
    "RenderingInvalid",
    "TransferSyntaxUnknown",
    "UidInvalid",
    "UidMismatch",
    "UidMissing",
    "Window",
    "bulk",
    "encode_multipart",
    "frame_media_type",
    "frame_of",
    "frame_table",
    "instance_attributes",
    "is_native",
    "metadata",
    "native_model",
    "parse_content_type",
    "parse_related_type",
    "parse_window",
    "part10_prefix",
    "part_content_type",
    "part_heads",
    "patient_identity",
    "read_frame",
    "read_header",
    "related_content_type",
    "render",
    "render_frame",
    "series_attributes",
    "study_attributes",
    "thumbnail",
    "transcode",
    "whole_file",
]
