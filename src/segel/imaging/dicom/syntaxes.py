"""The transfer syntaxes: which there are and how each encodes a data set (PS3.5 Annex A)."""

from typing import Final

from pydicom._uid_dict import UID_dictionary

from segel.imaging.dicom.elements import Coding

IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
EXPLICIT_BIG: Final = "1.2.840.10008.1.2.2"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"

TRANSFER_SYNTAXES: Final = frozenset(
    str(uid) for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"
)
"""Every transfer syntax of the standard, the retired ones too: old archives are full of them."""

# Deflated Explicit VR, and JPIP Referenced with the same deflation (PS3.5 § A.5, § A.6).
_DEFLATED: Final = frozenset((DEFLATED, "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"))
_NATIVE: Final = frozenset((IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED))


def coding_of(transfer_syntax_uid: str) -> Coding:
    """How the elements are written; all but two are explicit VR little endian."""
    if transfer_syntax_uid == IMPLICIT_LITTLE:
        return Coding(explicit=False)
    return Coding(explicit=True, big_endian=transfer_syntax_uid == EXPLICIT_BIG)


def is_deflated(transfer_syntax_uid: str) -> bool:
    return transfer_syntax_uid in _DEFLATED


def is_native(transfer_syntax_uid: str) -> bool:
    """Whether pixels lie in the data set as they are, not in encapsulated fragments."""
    return transfer_syntax_uid in _NATIVE


_VIDEO: Final = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 109)) | {
    f"1.2.840.10008.1.2.4.{number}.1" for number in range(100, 107)
}

_FRAME_MEDIA_TYPES: Final = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.110": "image/jxl",
    "1.2.840.10008.1.2.4.111": "image/jxl",
    "1.2.840.10008.1.2.4.112": "image/jxl",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}


def is_video(transfer_syntax_uid: str) -> bool:
    """Whether all frames are one compressed stream (PS3.5 § 8.2.5 and after)."""
    return transfer_syntax_uid in _VIDEO


def frame_media_type(transfer_syntax_uid: str) -> str:
    """The media type of a frame or of pixel data as it is stored (PS3.18 Tables 8.7.3-3 to -5)."""
    if transfer_syntax_uid in _VIDEO:
        return "video/mpeg" if transfer_syntax_uid.startswith(_MPEG2) else "video/mp4"
    return _FRAME_MEDIA_TYPES.get(transfer_syntax_uid, "application/octet-stream")


_MPEG2: Final = ("1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101")
