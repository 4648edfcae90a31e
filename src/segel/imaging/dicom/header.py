"""Read the header of a stored instance: once, on the path that every image takes.

    file = preamble (128) | 'DICM' | file meta group 0002 | data set ... | pixel data ...
           0                132                           dataset_offset  pixel_offset

What comes out is known to be whole: every element before the pixel data lies inside the file, the
four UIDs are there and well formed, and the transfer syntax is one of the standard's. Pixel data
is neither read nor copied, and may be cut short: it is kept as it came.
"""

import zlib
from io import BytesIO
from struct import Struct, unpack_from
from typing import TYPE_CHECKING, Final

import msgspec

from segel.domain.dicom import is_uid
from segel.imaging.dicom.elements import (
    PIXEL_TAGS,
    Buffer,
    Coding,
    Element,
    Elements,
    Stretch,
    Walk,
)
from segel.imaging.dicom.errors import (
    HeaderBroken,
    LimitExceeded,
    NotDicom,
    TransferSyntaxUnknown,
    UidInvalid,
    UidMismatch,
    UidMissing,
)
from segel.imaging.dicom.syntaxes import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    TRANSFER_SYNTAXES,
    coding_of,
    is_deflated,
)

if TYPE_CHECKING:
    from pydicom import Dataset

INFLATED_BYTES_MAX: Final = 1 << 30
"""What a deflated data set may grow to in memory: 1 GiB, as large as the largest instance."""

IMPLEMENTATION_CLASS_UID: Final = "2.25.128419072461230985467390186233467145531"
"""Names Segel to peers (PS3.7 § D.3.3.2); made from a random UUID (PS3.5 § B.2)."""

IMPLEMENTATION_VERSION_NAME: Final = "SEGEL"

_FIRST_GROUP_MAX: Final = 8  # SOPClassUID is of group 8, and groups ascend
_PREFIX: Final = b"DICM"
_META_OFFSET: Final = 132
_GROUP_LENGTH: Final = Struct("<HH2sHL")
_META_ELEMENT: Final = Struct("<HH2sH")
_META_VERSION: Final = b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01"
_SEND_AGAIN: Final = "Check the file with its sender and send it again."


class PixelElement(msgspec.Struct, frozen=True):
    """The head of the pixel data element: its value begins at ``offset``.

    ``length`` is as stated, UNDEFINED for encapsulated pixel data; the file may be shorter.
    """

    tag: int
    vr: str
    offset: int
    length: int


class Header(msgspec.Struct, frozen=True):
    """An instance without its pixel data.

    ``data`` is the file up to the first byte of the pixel data's value (where the data set is
    deflated: the file meta group and the inflated data set up to there); every offset counts from
    its start. But for deflated ones, ``read_header(header.data)`` is the same header again.
    ``pixel_offset`` is where the pixel data element begins, None where there is none.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_uid: str
    series_uid: str
    transfer_syntax_uid: str
    dataset_offset: int
    pixel_offset: int | None
    data: bytes
    elements: Elements
    coding: Coding
    pixel: PixelElement | None

    def __repr__(self) -> str:
        return f"Header({len(self.elements)} elements)"

    @property
    def dataset(self) -> "Dataset":
        """The same as a pydicom data set, read anew on each call; for rare and slow paths.

        It may raise anything where values are odd.
        """
        from pydicom.filereader import read_dataset

        return read_dataset(
            BytesIO(self.data[self.dataset_offset : self.pixel_offset]),
            is_implicit_VR=not self.coding.explicit,
            is_little_endian=not self.coding.big_endian,
        )


def read_header(file: Buffer, *, accept_no_meta: bool = False) -> Header:
    """Parse and check everything before the pixel data.

    ``accept_no_meta`` lets through what old writers make: a data set without preamble and file
    meta group, or one whose group names no transfer syntax; the encoding is then told from the
    first element. Where the file meta group names another instance UID the data set's stands, for
    editors that renew only one of them are common; another SOP class is refused.

    Raises NotDicom, HeaderBroken, LimitExceeded, TransferSyntaxUnknown, UidMissing, UidInvalid,
    UidMismatch; nothing else, whatever the bytes.
    """
    walk = Walk(file)
    end = len(file)
    if bytes(file[128:_META_OFFSET]) == _PREFIX:
        meta, at = _read_meta(walk, file, _META_OFFSET, end)
    elif not accept_no_meta:
        raise NotDicom(
            "There is no DICM prefix behind a preamble of 128 bytes.",
            remedy="Send DICOM files as PS3.10 defines them.",
        )
    elif bytes(file[:2]) == b"\x02\x00":
        meta, at = _read_meta(walk, file, 0, end)
    elif not _begins_with_element(file):
        raise NotDicom(
            "The bytes do not begin with a DICOM element.",
            remedy="Send DICOM files as PS3.10 defines them.",
        )
    else:
        meta, at = {}, 0

    syntax = _text(file, meta.get(0x00020010))
    if not syntax and accept_no_meta:
        syntax = _guess_syntax(file, at, end)
    if syntax not in TRANSFER_SYNTAXES:
        raise TransferSyntaxUnknown(
            "The transfer syntax is private or not in the standard."
            if syntax
            else "The transfer syntax is missing.",
            field="TransferSyntaxUID",
            remedy="Send the instance in one of the standard's transfer syntaxes.",
        )

    if is_deflated(syntax):
        file = bytes(file[:at]) + _inflate(file, at)
        end = len(file)
        walk = Walk(file)
    coding = walk.really(at, end, coding_of(syntax))
    stretch = walk.header(at, end, coding)
    return _checked(file, meta, stretch, syntax, at, coding)


def _read_meta(walk: Walk, file: Buffer, at: int, end: int) -> tuple[Elements, int]:
    """The file meta group and the offset behind it.

    Its stated length is followed first: behind it may come a deflated stream, whose first bytes
    can look like anything. Where the length is wrong, the group goes on as long as it goes on.
    """
    stated = end
    if at + 12 <= end:
        group, number, vr, length, value = _GROUP_LENGTH.unpack_from(file, at)
        if (group, number, vr, length) == (2, 0, b"UL", 4) and at + 12 + value <= end:
            stated = at + 12 + value
    try:
        stretch = walk.meta(at, stated)
    except HeaderBroken:
        if stated == end:
            raise
        return _whole_meta(walk, at, end)
    if bytes(file[stretch.end : stretch.end + 2]) == b"\x02\x00":
        syntax = _text(file, stretch.elements.get(0x00020010))
        if not is_deflated(syntax):
            return _whole_meta(walk, at, end)
    return stretch.elements, stretch.end


def _whole_meta(walk: Walk, at: int, end: int) -> tuple[Elements, int]:
    stretch = walk.meta(at, end)
    return stretch.elements, stretch.end


def _begins_with_element(file: Buffer) -> bool:
    """Whether the first group, in either byte order, is one that a data set begins with."""
    first = bytes(file[:2])
    groups = int.from_bytes(first, "little"), int.from_bytes(first, "big")
    return min(groups) <= _FIRST_GROUP_MAX


def _guess_syntax(file: Buffer, at: int, end: int) -> str:
    """The plain transfer syntax that the first element shows."""
    first = bytes(file[at : at + 6])
    if len(first) < 6 or not (first[4:].isalpha() and first[4:].isupper()):
        return IMPLICIT_LITTLE
    # Groups are small numbers: their high byte is zero, and comes first in big endian.
    return EXPLICIT_BIG if first[0] == 0 and first[1] != 0 else EXPLICIT_LITTLE


def whole_file(header: Header, file: Buffer) -> Buffer:
    """``file`` as the header's offsets see it: itself, or with its data set inflated."""
    if not is_deflated(header.transfer_syntax_uid):
        return file
    return bytes(file[: header.dataset_offset]) + _inflate(file, header.dataset_offset)


def _inflate(file: Buffer, at: int) -> bytes:
    """The deflated data set that begins at ``at`` (PS3.5 § A.5). Raises HeaderBroken."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        dataset = stream.decompress(memoryview(file)[at:], INFLATED_BYTES_MAX)
    except zlib.error:
        raise HeaderBroken("The deflated data set is damaged.", remedy=_SEND_AGAIN) from None
    if stream.unconsumed_tail:
        raise LimitExceeded(
            f"The deflated data set grows beyond {INFLATED_BYTES_MAX} bytes.",
            remedy="Send it in another transfer syntax.",
        )
    return dataset


def _checked(
    file: Buffer, meta: Elements, stretch: Stretch, syntax: str, at: int, coding: Coding
) -> Header:
    elements = stretch.elements
    sop_class = _uid(file, elements, 0x00080016, "SOPClassUID")
    sop_instance = _uid(file, elements, 0x00080018, "SOPInstanceUID")
    study = _uid(file, elements, 0x0020000D, "StudyInstanceUID")
    series = _uid(file, elements, 0x0020000E, "SeriesInstanceUID")
    stated = _text(file, meta.get(0x00020002))
    if stated and stated != sop_class:
        raise UidMismatch(
            "The file meta group and the data set name different UIDs.",
            field="MediaStorageSOPClassUID",
            remedy="Rewrite the file meta group from the data set.",
        )
    pixel = _pixel_element(file, stretch, coding) if stretch.tag in PIXEL_TAGS else None
    return Header(
        sop_class,
        sop_instance,
        study,
        series,
        syntax,
        at,
        stretch.end if pixel else None,
        bytes(memoryview(file)[: pixel.offset if pixel else stretch.end]),
        elements,
        coding,
        pixel,
    )


def _pixel_element(file: Buffer, stretch: Stretch, coding: Coding) -> PixelElement:
    order = ">" if coding.big_endian else "<"
    at = stretch.end
    raw_vr = bytes(file[at + 4 : at + 6])
    if not coding.explicit or not (raw_vr.isalpha() and raw_vr.isupper()):
        return PixelElement(stretch.tag, "", at + 8, unpack_from(order + "L", file, at + 4)[0])
    if raw_vr in (b"OB", b"OW", b"OF", b"OD", b"OV", b"UN"):
        if at + 12 > len(file):
            raise HeaderBroken(
                "The file ends inside the head of the pixel data.",
                field="PixelData",
                remedy=_SEND_AGAIN,
            )
        vr = raw_vr.decode("ascii")
        return PixelElement(stretch.tag, vr, at + 12, unpack_from(order + "L", file, at + 8)[0])
    raise HeaderBroken(
        "The pixel data has a VR that holds no pixels.", field="PixelData", remedy=_SEND_AGAIN
    )


def _text(file: Buffer, element: Element | None) -> str:
    if element is None:
        return ""
    value = bytes(file[element.offset : element.offset + element.length])
    return value.decode("latin-1").strip(" \0")


def _uid(file: Buffer, elements: Elements, tag: int, name: str) -> str:
    uid = _text(file, elements.get(tag))
    if not uid:
        raise UidMissing(
            "The UID is missing.", field=name, remedy="Send instances with all four UIDs."
        )
    if not is_uid(uid):
        raise UidInvalid(
            "The UID is not digits and dots of at most 64 characters.",
            field=name,
            remedy="Correct the UID at its sender.",
        )
    return uid


def part10_prefix(
    sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str, source_ae: str = ""
) -> bytes:
    """Preamble and file meta group to put before a data set that came by C-STORE (PS3.10 § 7.1)."""
    group = b"".join(
        (
            _META_VERSION,
            _meta_element(0x0002, b"UI", sop_class_uid, b"\0"),
            _meta_element(0x0003, b"UI", sop_instance_uid, b"\0"),
            _meta_element(0x0010, b"UI", transfer_syntax_uid, b"\0"),
            _meta_element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID, b"\0"),
            _meta_element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME, b" "),
            _meta_element(0x0016, b"AE", source_ae, b" ") if source_ae else b"",
        )
    )
    return bytes(128) + _PREFIX + _GROUP_LENGTH.pack(2, 0, b"UL", 4, len(group)) + group


def _meta_element(number: int, vr: bytes, text: str, pad: bytes) -> bytes:
    value = text.encode("ascii", "replace")
    value += pad * (len(value) % 2)
    return _META_ELEMENT.pack(2, number, vr, len(value)) + value
