"""An instance as pydicom's decoders and writer want it: whole, checked, little endian."""

from io import BytesIO
from typing import Final

from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from segel.imaging.dicom.elements import Buffer
from segel.imaging.dicom.errors import PixelsBroken
from segel.imaging.dicom.frames import swapped
from segel.imaging.dicom.header import Header
from segel.imaging.dicom.syntaxes import EXPLICIT_LITTLE, is_native

# Bytes in the units that the byte order turns around (PS3.5 § 7.3); OB and UN have none.
_UNITS: Final = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def decodable(file: Buffer, header: Header) -> Dataset:
    """The whole instance as a pydicom data set with its true transfer syntax, little endian.

    Raises PixelsBroken.
    """
    try:
        dataset = dcmread(BytesIO(file), force=True)
        if "file_meta" not in dataset.__dict__:
            dataset.file_meta = FileMetaDataset()
        syntax = header.transfer_syntax_uid
        if header.coding.big_endian:
            turn_around(dataset)
            syntax = EXPLICIT_LITTLE
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
    except Exception:  # what pydicom raises on odd values quotes them
        raise PixelsBroken(
            "The pixel data cannot be read.",
            field="PixelData",
            remedy="Ask the sender for the whole instance.",
        ) from None
    return dataset


def decodable_frame(header: Header, frame: bytes) -> Dataset:
    """An instance of one frame: the header's data set, and ``frame`` as ``read_frame`` gives it.

    It may raise anything where values are odd.
    """
    assert header.pixel is not None
    dataset = header.dataset
    syntax = header.transfer_syntax_uid
    if header.coding.big_endian:
        turn_around(dataset)
    pixels = frame + bytes(len(frame) % 2)
    if is_native(syntax):
        syntax = EXPLICIT_LITTLE
    else:
        pixels = encapsulate([pixels], has_bot=False)
    dataset.NumberOfFrames = 1
    dataset.add_new(header.pixel.tag, header.pixel.vr or "OW", pixels)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    return dataset


def turn_around(dataset: Dataset) -> None:
    """Make the binary values of a big endian data set little endian, in place.

    pydicom turns around pixels when it decodes them, but not their palettes, and nothing when it
    writes.
    """
    bits = int(dataset.get("BitsAllocated") or 0)
    for element in dataset.iterall():
        unit = _UNITS.get(element.VR, 1)
        if element.tag == 0x7FE00010 and element.VR == "OW" and bits > 16:
            unit = bits // 8
        if unit > 1 and isinstance(element.value, bytes):
            element.value = swapped(element.value, unit)
    dataset.set_original_encoding(False, True, dataset.original_character_set)
