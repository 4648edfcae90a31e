"""Identifiers of queries and retrievals: bytes to keys, results to bytes (PS3.4 § C.4). Pure.

A response is in ISO_IR 192 (UTF-8), and names no character set where its text is plain ASCII.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from segel.domain.dicom import JsonDataset
from segel.imaging.dicom.dictionary import public_vr
from segel.imaging.dicom.elements import Walk
from segel.imaging.dicom.errors import DicomError
from segel.imaging.dicom.syntaxes import coding_of, is_deflated
from segel.imaging.dicom.values import Values
from segel.imaging.dimse.contexts import PATIENT_ROOT
from segel.imaging.dimse.encoding import CHARACTER_SET, encode_dataset
from segel.imaging.dimse.errors import IdentifierBroken
from segel.imaging.dimse.limits import IDENTIFIER_BYTES_MAX

LEVEL: Final = "00080052"
PATIENT_ID: Final = "00100020"
STUDY_UID: Final = "0020000D"
SERIES_UID: Final = "0020000E"
INSTANCE_UID: Final = "00080018"
FAILED_UIDS: Final = "00080058"
TIMEZONE: Final = "00080201"
NO_KEYS: Final = frozenset((LEVEL, CHARACTER_SET, TIMEZONE))


class Level(IntEnum):
    """Query/retrieve levels, from the top."""

    PATIENT = 0
    STUDY = 1
    SERIES = 2
    IMAGE = 3


UNIQUE_KEYS: Final = {
    Level.PATIENT: PATIENT_ID,
    Level.STUDY: STUDY_UID,
    Level.SERIES: SERIES_UID,
    Level.IMAGE: INSTANCE_UID,
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """What was asked: ``keys`` have a value to match, ``asked`` are all that want returning."""

    level: Level
    keys: dict[str, str]
    asked: tuple[str, ...]

    def values(self, level: Level) -> tuple[str, ...]:
        """The unique key's values at ``level``."""
        return tuple(uid for uid in self.keys.get(UNIQUE_KEYS[level], "").split("\\") if uid)


def read_identifier(content: memoryview, transfer_syntax: str, sop_class: str) -> Identifier:
    """Keys and level. Raises IdentifierBroken."""
    dataset = read_keys(content, transfer_syntax)
    name = key_text(dataset.get(LEVEL, {}))
    level = Level.__members__.get(name.strip())
    lowest = Level.PATIENT if sop_class in PATIENT_ROOT else Level.STUDY
    if level is None or level < lowest:
        raise IdentifierBroken(
            "The level is not one of this information model.", field="QueryRetrieveLevel"
        )
    keys = {tag: key_text(element) for tag, element in dataset.items() if tag not in NO_KEYS}
    return Identifier(
        level,
        {tag: value for tag, value in keys.items() if value and value != "*"},
        tuple(keys),
    )


def read_keys(content: memoryview, transfer_syntax: str) -> JsonDataset:
    """The whole data set of an identifier. Raises IdentifierBroken."""
    try:
        data = bytes(content)
        if is_deflated(transfer_syntax):
            data = _inflate(data)
        walk = Walk(data)
        coding = walk.really(0, len(data), coding_of(transfer_syntax))
        elements = walk.header(0, len(data), coding).elements
        return Values(data, elements, coding).dataset()
    except (DicomError, zlib.error):
        raise IdentifierBroken("The identifier cannot be read.") from None


def write_answer(answer: JsonDataset, transfer_syntax: str) -> bytes:
    """The encoded answer."""
    encoded = encode_dataset(answer, coding_of(transfer_syntax))
    if is_deflated(transfer_syntax):
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        encoded = deflate.compress(encoded) + deflate.flush()
        encoded += bytes(len(encoded) % 2)
    return encoded


def element(tag: str, *values: Any) -> JsonDataset:
    """One element with its VR from the dictionary."""
    vr = public_vr(int(tag, 16)) or "UN"
    return {tag: {"vr": vr, "Value": list(values)} if values else {"vr": vr}}


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = stream.decompress(data, IDENTIFIER_BYTES_MAX)
    if stream.unconsumed_tail:
        raise IdentifierBroken("The identifier is too large.")
    return inflated


def key_text(json: Mapping[str, Any]) -> str:
    """An element's values as one matching value; '' where it has none."""
    texts = [_one(value) for value in json.get("Value", ())]
    return "\\".join(texts) if any(texts) else ""


def _one(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        if "Alphabetic" in value or "Ideographic" in value or "Phonetic" in value:
            groups = (str(value.get(g, "")) for g in ("Alphabetic", "Ideographic", "Phonetic"))
            return "=".join(groups).rstrip("=")
        return ""  # of a sequence nothing is matched here; the key still asks for its return
    return str(value)
