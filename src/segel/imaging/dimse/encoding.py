"""A JSON data set as DICOM bytes: the way back of ``segel.imaging.dicom.values``. Pure.

For identifiers, so without pixels: bulk data that is only referred to becomes an empty element.
Nothing is checked against the rules of its VR: what a modality wrote is given back as it was.
"""

import struct
from base64 import b64decode
from struct import Struct, pack
from typing import Any, Final

from segel.domain.dicom import JsonDataset
from segel.imaging.dicom.elements import Coding

UTF8: Final = "ISO_IR 192"
CHARACTER_SET: Final = "00080005"

SHORT_LENGTH_MAX: Final = 0xFFFE
_LONG_FORM: Final = frozenset(
    ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
)
_NUMBERS: Final = {
    "US": "H",
    "SS": "h",
    "UL": "L",
    "SL": "l",
    "UV": "Q",
    "SV": "q",
    "FL": "f",
    "FD": "d",
}
_ITEM_TAG: Final = 0xFFFEE000
_NAME_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")
_TAG: Final = {False: Struct("<HH"), True: Struct(">HH")}
_LENGTH: Final = {False: Struct("<L"), True: Struct(">L")}
_SHORT: Final = {False: Struct("<H"), True: Struct(">H")}


def encode_dataset(answer: JsonDataset, coding: Coding) -> bytes:
    """The encoded data set, with its character set where its text is not plain ASCII."""
    dataset = {tag: element for tag, element in answer.items() if tag != CHARACTER_SET}
    if not _is_ascii(dataset):
        dataset[CHARACTER_SET] = {"vr": "CS", "Value": [UTF8]}
    return _dataset(dataset, coding)


def _dataset(dataset: JsonDataset, coding: Coding) -> bytes:
    return b"".join(_element(int(tag, 16), dataset[tag], coding) for tag in sorted(dataset))


def _element(tag: int, element: dict[str, Any], coding: Coding) -> bytes:
    vr = str(element.get("vr", "UN"))
    try:
        value = _value(vr, element, coding)
    except (struct.error, ValueError, TypeError):
        value = b""  # a value that this VR cannot hold
    big = coding.big_endian
    head: bytes = _TAG[big].pack(tag >> 16, tag & 0xFFFF)
    if not coding.explicit:
        return head + _LENGTH[big].pack(len(value)) + value
    if vr in _LONG_FORM:
        return head + vr.encode() + b"\0\0" + _LENGTH[big].pack(len(value)) + value
    if len(value) > SHORT_LENGTH_MAX:
        value = b""
    return head + vr.encode() + _SHORT[big].pack(len(value)) + value


def _value(vr: str, element: dict[str, Any], coding: Coding) -> bytes:
    order = ">" if coding.big_endian else "<"
    if "InlineBinary" in element:
        return _even(b64decode(element["InlineBinary"]), b"\0")
    values = element.get("Value", ())
    if vr == "SQ":
        return b"".join(_item(item, coding) for item in values)
    if vr in _NUMBERS:
        kind = float if vr in ("FL", "FD") else int
        numbers: list[float] = [kind(value) for value in values]
        return pack(f"{order}{len(numbers)}{_NUMBERS[vr]}", *numbers)
    if vr == "AT":
        return b"".join(
            _TAG[coding.big_endian].pack(int(tag, 16) >> 16, int(tag, 16) & 0xFFFF)
            for tag in values
        )
    text = "\\".join(_text(value) for value in values)
    return _even(text.encode("utf-8", "replace"), b"\0" if vr == "UI" else b" ")


def _item(item: JsonDataset, coding: Coding) -> bytes:
    content = _dataset({t: e for t, e in item.items() if t != CHARACTER_SET}, coding)
    big = coding.big_endian
    head = _TAG[big].pack(_ITEM_TAG >> 16, _ITEM_TAG & 0xFFFF)
    return head + _LENGTH[big].pack(len(content)) + content


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "=".join(str(value.get(group, "")) for group in _NAME_GROUPS).rstrip("=")
    return str(value)


def _even(value: bytes, pad: bytes) -> bytes:
    return value + pad if len(value) % 2 else value


def _is_ascii(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii()
    if isinstance(value, dict):
        return all(_is_ascii(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return all(_is_ascii(inner) for inner in value)
    return True
