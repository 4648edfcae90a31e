"""One element's value in the DICOM JSON model (PS3.18 § F.2), straight from its bytes.

Going through pydicom's element objects costs several times as much; its dictionaries and character
sets are used, and the tests hold the results equal. Nothing here raises on odd values: numbers that
are none stay text, and what does not fit its VR is given as bytes of VR UN.
"""

from base64 import b64encode
from collections.abc import Callable
from math import isfinite
from struct import error as struct_error
from struct import unpack
from typing import Any, Final, TypeAlias

from segel.imaging.dicom.dictionary import private_vr, public_vr
from segel.imaging.dicom.elements import DEPTH_MAX, Coding, Element, Elements, Walk
from segel.imaging.dicom.errors import DicomError
from segel.imaging.dicom.text import decode, encodings, person_name

JsonElement: TypeAlias = dict[str, Any]
BulkUri: TypeAlias = Callable[[str], str]

INLINE_BYTES_MAX: Final = 1024
"""Binary values up to this many bytes travel inside the metadata, longer ones by reference."""

UTF8_CHARSET: Final = "ISO_IR 192"
_CHARSET: Final = 0x00080005
_PIXEL_REPRESENTATION: Final = 0x00280103
_LUT_DESCRIPTOR: Final = 0x00283002
_UN_LENGTH_MAX: Final = 0xFFFF  # what explicit VR could have said in a short length
_NUMBERS: Final = {
    "US": ("H", 2),
    "SS": ("h", 2),
    "UL": ("L", 4),
    "SL": ("l", 4),
    "UV": ("Q", 8),
    "SV": ("q", 8),
    "FL": ("f", 4),
    "FD": ("d", 8),
}
_BINARY: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
_CODED: Final = frozenset(("AE", "AS", "CS", "DA", "DT", "TM", "UI"))
_PADDING: Final = " \0"


class Values:
    """The values of one data set: the bytes, how they are encoded, and in which character set.

    ``parent`` is the data set around a sequence item, whose character set and pixel
    representation hold inside too unless the item has its own.
    """

    __slots__ = ("_big_endian", "_coding", "_data", "_depth", "_elements", "_names", "_signed")

    def __init__(
        self,
        data: bytes,
        elements: Elements,
        coding: Coding,
        parent: "Values | None" = None,
    ) -> None:
        self._data = data
        self._elements = elements
        self._coding = coding
        self._big_endian = coding.big_endian
        self._depth: int = parent._depth + 1 if parent else 0
        charset = elements.get(_CHARSET)
        if charset is not None:
            self._names = encodings(tuple(self._coded(self._raw(charset))))
        else:
            self._names = parent._names if parent else ("iso8859",)
        signed = elements.get(_PIXEL_REPRESENTATION)
        if signed is not None:
            self._signed = any(self._raw(signed))
        else:
            self._signed = parent._signed if parent else False

    def json(
        self, tag: int, element: Element, path: str = "", uri: BulkUri | None = None
    ) -> JsonElement:
        """The element as JSON. ``path`` leads to it, ``uri`` makes the reference to bulk data."""
        vr = element.vr
        if vr in ("", "UN"):
            vr = self.vr(tag, element)
        if vr == "SQ":
            items = self.items(element)
            if items is None:
                return self._binary("UN", element, path, uri)
            if not items:
                return {"vr": "SQ"}
            return {
                "vr": "SQ",
                "Value": [
                    self.within(item).dataset(f"{path}/{index}/", uri)
                    for index, item in enumerate(items)
                ],
            }
        if not element.length:
            return {"vr": vr}
        if vr in _BINARY:
            return self._binary(vr, element, path, uri)
        if tag == _CHARSET:
            return {"vr": vr, "Value": [UTF8_CHARSET]}
        try:
            values = self.values(vr, element)
        except (struct_error, ValueError):
            return self._binary("UN", element, path, uri)
        return {"vr": vr, "Value": values} if values else {"vr": vr}

    def dataset(self, path: str = "", uri: BulkUri | None = None) -> dict[str, JsonElement]:
        """All elements but group lengths, which have no meaning in JSON (PS3.18 § F.2.2)."""
        json = self.json
        return {
            (name := f"{tag:08X}"): json(tag, element, path + name, uri)
            for tag, element in self._elements.items()
            if tag & 0xFFFF
        }

    def within(self, item: Elements) -> "Values":
        """The values of one item of a sequence of this data set."""
        return Values(self._data, item, self._coding, self)

    def items(self, element: Element) -> list[Elements] | None:
        """The items of a sequence; None where the bytes are no items."""
        if element.items is not None or not element.length:
            return element.items or []
        if self._depth >= DEPTH_MAX:
            return None
        try:
            return Walk(self._data).sequence(element, self._coding, self._depth + 1)
        except DicomError:
            return None

    def vr(self, tag: int, element: Element) -> str:
        """The VR of an element that does not say it, or says unknown (PS3.5 § 6.2.2)."""
        if element.items is not None:
            return "SQ"
        if tag & 0x10000:
            if 0x10 <= tag & 0xFFFF <= 0xFF:
                return "LO"
            creator = self._elements.get(tag & 0xFFFF0000 | (tag & 0xFFFF) >> 8)
            if creator is None:
                return "UN"
            vr = private_vr(tag, self._raw(creator).decode("latin-1").strip(_PADDING))
        elif element.vr == "UN" and element.length >= _UN_LENGTH_MAX:
            return "UN"
        else:
            vr = public_vr(tag)
        return self._settled(vr) if " or " in vr else vr or "UN"

    def _settled(self, vr: str) -> str:
        """One of the VRs that the dictionary leaves open (PS3.5 § A.1, PS3.3 § C.7.6.3.1)."""
        if vr == "OB or OW":
            return "OW"
        if vr != "US or SS":
            descriptor = self._elements.get(_LUT_DESCRIPTOR)
            order = "big" if self._big_endian else "little"
            if descriptor is None or int.from_bytes(self._raw(descriptor)[:2], order) != 1:  # type: ignore[arg-type]
                return "OW"
        return "SS" if self._signed and "SS" in vr else "US"

    def values(self, vr: str, element: Element) -> list[Any]:
        """The values of any VR but sequences and binary ones; [] where empty.

        Raises ValueError or struct.error where the bytes do not fit the VR.
        """
        raw = self._raw(element)
        if vr in _CODED:
            return [value or None for value in self._coded(raw)]
        if vr in ("LO", "SH", "UC"):
            text = decode(raw, self._names)
            values = [value.rstrip(_PADDING) or None for value in text.split("\\")]
            return [] if values == [None] else values
        if vr == "PN":
            text = decode(raw.rstrip(b" \0"), self._names)
            names = [person_name(name) for name in text.split("\\")]
            return [] if names == [None] else names
        if vr in ("DS", "IS"):
            text = raw.decode("latin-1").strip(_PADDING)
            number = _integer if vr == "IS" else _decimal
            return [number(value.strip(_PADDING)) for value in text.split("\\")] if text else []
        if vr in _NUMBERS:
            code, size = _NUMBERS[vr]
            found = unpack(f"{'>' if self._big_endian else '<'}{len(raw) // size}{code}", raw)
            if vr in ("FL", "FD"):
                return [value if isfinite(value) else None for value in found]
            return list(found)
        if vr == "AT":
            parts = unpack(f"{'>' if self._big_endian else '<'}{len(raw) // 4 * 2}H", raw)
            return [f"{a:04X}{b:04X}" for a, b in zip(parts[::2], parts[1::2], strict=True)]
        if vr == "UR":
            value = raw.decode("latin-1").rstrip(_PADDING)
            return [value] if value else []
        text = decode(raw, self._names).rstrip(_PADDING)
        return [text] if text else []

    def _raw(self, element: Element) -> bytes:
        return self._data[element.offset : element.offset + element.length]

    def _coded(self, raw: bytes) -> list[str]:
        """Values of a VR in the default repertoire; surrounding padding means nothing there."""
        text = raw.decode("latin-1").strip(_PADDING)
        if "\\" in text:
            return [value.strip(_PADDING) for value in text.split("\\")]
        return [text] if text else []

    def _binary(self, vr: str, element: Element, path: str, uri: BulkUri | None) -> JsonElement:
        if element.length > INLINE_BYTES_MAX and uri is not None:
            return {"vr": vr, "BulkDataURI": uri(path)}
        return {"vr": vr, "InlineBinary": b64encode(self._raw(element)).decode("ascii")}


def _integer(text: str) -> int | str | None:
    """An integer string as a number; as text where it is none (PS3.18 Table F.2.3-1)."""
    try:
        return int(text)
    except ValueError:
        number = _decimal(text)
        return int(number) if isinstance(number, float) and number.is_integer() else text or None


def _decimal(text: str) -> float | str | None:
    try:
        number = float(text)
    except ValueError:
        return text or None
    return number if isfinite(number) else text
