"""An instance's whole metadata in the DICOM JSON model (PS3.18 Annex F), and its bulk data.

Pixel data and binary values over ``INLINE_BYTES_MAX`` are left out and referred to by a path of
tags and item numbers from 0, as in ``7FE00010`` or ``54000100/0/54001010``.
"""

import re
from typing import Final

from segel.domain.dicom import JsonDataset
from segel.imaging.dicom.dictionary import public_vr
from segel.imaging.dicom.elements import PIXEL_TAGS, Buffer, Elements, Walk
from segel.imaging.dicom.errors import BulkUnknown, DicomError
from segel.imaging.dicom.frames import locate_pixels
from segel.imaging.dicom.header import Header, read_header
from segel.imaging.dicom.syntaxes import frame_media_type
from segel.imaging.dicom.values import BulkUri, Values

OCTETS: Final = "application/octet-stream"

_PATH_TAGS_MAX: Final = 33  # one more than sequences may be deep
_PATH = re.compile(rf"[0-9A-F]{{8}}(/[0-9]{{1,6}}/[0-9A-F]{{8}}){{0,{_PATH_TAGS_MAX - 1}}}\Z")
_ENCAPSULATED_DOCUMENT: Final = 0x00420011
_DOCUMENT_MEDIA_TYPE: Final = 0x00420012


def metadata(header: Header, uri: BulkUri, *, file: Buffer | None = None) -> JsonDataset:
    """Every element of the instance but group lengths, with ``uri(path)`` for bulk data.

    With ``file``, the whole file, the elements behind the pixel data (signatures, padding) are
    there too; they are left out where that part of the file is broken.
    """
    dataset = Values(header.data, header.elements, header.coding).dataset("", uri)
    if header.pixel is None:
        return dataset
    pixel = header.pixel
    name = f"{pixel.tag:08X}"
    vr = pixel.vr or public_vr(pixel.tag).removeprefix("OB or ")
    dataset[name] = {"vr": vr, "BulkDataURI": uri(name)} if pixel.length else {"vr": vr}
    if file is not None:
        behind, data = _behind_pixels(header, file)
        dataset.update(Values(data, behind, header.coding).dataset("", uri))
    return dataset


def bulk(file: Buffer, path: str) -> tuple[str, bytes]:
    """The media type and the bytes of the value at ``path`` of a whole file.

    Encapsulated pixel data comes as its fragments joined, of the first frame's media type.
    Raises BulkUnknown where there is none, and what ``read_header`` raises.
    """
    if not _PATH.match(path):
        raise BulkUnknown("The bulk data path is malformed.", remedy=_TAKE_FROM_METADATA)
    header = read_header(file, accept_no_meta=True)
    steps = path.split("/")
    if len(steps) == 1 and int(steps[0], 16) in PIXEL_TAGS:
        if header.pixel is None or header.pixel.tag != int(steps[0], 16):
            raise _unknown()
        pixels = locate_pixels(header, file)
        if pixels.fragments is None:
            return OCTETS, bytes(pixels.data[pixels.offset : pixels.offset + pixels.length])
        joined = b"".join(bytes(pixels.data[at : at + size]) for at, size in pixels.fragments)
        return frame_media_type(header.transfer_syntax_uid), joined
    return _value(header, file, [int(step, 16) for step in steps[::2]], steps[1::2])


_TAKE_FROM_METADATA: Final = "Take the BulkDataURI from the instance's metadata."


def _unknown() -> BulkUnknown:
    return BulkUnknown("There is no such bulk data in the instance.", remedy=_TAKE_FROM_METADATA)


def _value(header: Header, file: Buffer, tags: list[int], numbers: list[str]) -> tuple[str, bytes]:
    data, elements = header.data, header.elements
    if tags[0] not in elements:
        elements, data = _behind_pixels(header, file)
    values = Values(data, elements, header.coding)
    for tag, number in zip(tags, numbers, strict=False):
        element = elements.get(tag)
        items = values.items(element) if element is not None else None
        if not items or int(number) >= len(items):
            raise _unknown()
        elements = items[int(number)]
        values = values.within(elements)
    element = elements.get(tags[-1])
    if element is None:
        raise _unknown()
    media_type = OCTETS
    if tags == [_ENCAPSULATED_DOCUMENT]:
        stated = elements.get(_DOCUMENT_MEDIA_TYPE)
        named = values.json(_DOCUMENT_MEDIA_TYPE, stated).get("Value") if stated else None
        media_type = str(named[0]) if named and named[0] in _DOCUMENT_TYPES else OCTETS
    return media_type, data[element.offset : element.offset + element.length]


# What may be named to a browser; an instance does not choose to be run as HTML or script.
_DOCUMENT_TYPES: Final = frozenset(("application/pdf", "text/xml", "model/stl", "model/obj"))


def _behind_pixels(header: Header, file: Buffer) -> tuple[Elements, bytes]:
    """The elements behind the pixel data and the bytes that hold them; none where broken."""
    if header.pixel is None:
        return {}, b""
    try:
        pixels = locate_pixels(header, file)
        end = len(pixels.data)
        if pixels.end >= end:
            return {}, b""
        data = bytes(memoryview(pixels.data)[pixels.end :])
        return Walk(data).rest(0, len(data), header.coding).elements, data
    except DicomError:
        return {}, b""
