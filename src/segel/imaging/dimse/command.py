"""Command sets: implicit VR little endian elements of group 0000 (PS3.7 § 6.3.1, Annex E). Pure.

A command is a dictionary of element to value: ``int`` for US and UL, ``str`` for UI, AE and LO, a
tuple of tags for AT. Elements that are not in the table (the retired ones) are skipped.
"""

from enum import IntEnum
from struct import Struct
from typing import Final

from segel.imaging.dimse.errors import ProtocolBroken


class Element(IntEnum):
    """The element numbers in use, by PS3.7 Table E.1-1."""

    GROUP_LENGTH = 0x0000
    AFFECTED_SOP_CLASS_UID = 0x0002
    COMMAND_FIELD = 0x0100
    MESSAGE_ID = 0x0110
    MESSAGE_ID_RESPONDED_TO = 0x0120
    MOVE_DESTINATION = 0x0600
    PRIORITY = 0x0700
    DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    OFFENDING_ELEMENT = 0x0901
    ERROR_COMMENT = 0x0902
    AFFECTED_SOP_INSTANCE_UID = 0x1000
    REMAINING = 0x1020
    COMPLETED = 0x1021
    FAILED = 0x1022
    WARNING = 0x1023
    MOVE_ORIGINATOR_AE = 0x1030
    MOVE_ORIGINATOR_MESSAGE_ID = 0x1031


class Field(IntEnum):
    """Command fields (PS3.7 Table E.1-1); a response has the highest bit set."""

    C_STORE_RQ = 0x0001
    C_STORE_RSP = 0x8001
    C_GET_RQ = 0x0010
    C_GET_RSP = 0x8010
    C_FIND_RQ = 0x0020
    C_FIND_RSP = 0x8020
    C_MOVE_RQ = 0x0021
    C_MOVE_RSP = 0x8021
    C_ECHO_RQ = 0x0030
    C_ECHO_RSP = 0x8030
    C_CANCEL_RQ = 0x0FFF


RESPONSE_BIT: Final = 0x8000
NO_DATA_SET: Final = 0x0101
DATA_SET: Final = 0x0001
PRIORITY_MEDIUM: Final = 0
ERROR_COMMENT_LENGTH_MAX: Final = 64  # LO

Value = int | str | tuple[int, ...]
Command = dict[Element, Value]

_HEAD: Final = Struct("<HHL")
_US: Final = Struct("<H")
_UL: Final = Struct("<L")
_AT: Final = Struct("<HH")

_VR: Final = {
    Element.GROUP_LENGTH: "UL",
    Element.AFFECTED_SOP_CLASS_UID: "UI",
    Element.AFFECTED_SOP_INSTANCE_UID: "UI",
    Element.MOVE_DESTINATION: "AE",
    Element.MOVE_ORIGINATOR_AE: "AE",
    Element.OFFENDING_ELEMENT: "AT",
    Element.ERROR_COMMENT: "LO",
}
_NUMBERS: Final = frozenset(int(element) for element in Element)


def encode(command: Command) -> bytes:
    """The encoded command set, with its group length."""
    body = b"".join(
        _element(element, command[element])
        for element in sorted(command)
        if element != Element.GROUP_LENGTH
    )
    return _element(Element.GROUP_LENGTH, len(body)) + body


def decode(content: bytes) -> Command:
    """The known elements of a command set. Raises ProtocolBroken."""
    command: Command = {}
    at = 0
    while at < len(content):
        if at + _HEAD.size > len(content):
            raise ProtocolBroken("A command set ends inside an element.", reason=6)
        group, number, length = _HEAD.unpack_from(content, at)
        at += _HEAD.size
        if group != 0 or at + length > len(content):
            raise ProtocolBroken("A command set has an element that cannot be.", reason=6)
        if number in _NUMBERS:
            element = Element(number)
            command[element] = _value(element, content[at : at + length])
        at += length
    if not isinstance(command.get(Element.COMMAND_FIELD), int):
        raise ProtocolBroken("A command set has no command field.", reason=6)
    return command


def number(command: Command, element: Element) -> int:
    """An integer that the message must carry. Raises ProtocolBroken."""
    value = command.get(element)
    if not isinstance(value, int):
        raise ProtocolBroken("A command set lacks a mandatory element.", reason=6)
    return value


def text(command: Command, element: Element) -> str:
    """A text, '' where it is absent."""
    value = command.get(element)
    return value if isinstance(value, str) else ""


def _element(element: Element, value: Value) -> bytes:
    if isinstance(value, str):
        pad = b"\0" if _VR[element] == "UI" else b" "
        encoded = value.encode("ascii", "replace")
        encoded += pad * (len(encoded) % 2)
    elif isinstance(value, tuple):
        encoded = b"".join(_AT.pack(tag >> 16, tag & 0xFFFF) for tag in value)
    else:
        encoded = (_UL if _VR.get(element) == "UL" else _US).pack(value)
    return _HEAD.pack(0, element, len(encoded)) + encoded


def _value(element: Element, encoded: bytes) -> Value:
    vr = _VR.get(element, "US")
    if vr in ("UI", "AE", "LO"):
        return encoded.decode("latin-1").strip("\0 ")
    if vr == "AT":
        whole = len(encoded) - len(encoded) % _AT.size
        return tuple(high << 16 | low for high, low in _AT.iter_unpack(encoded[:whole]))
    packing = _UL if vr == "UL" else _US
    if len(encoded) < packing.size:
        raise ProtocolBroken("A command set has a number without a value.", reason=6)
    # More values than one are non-conformant, and seen; the first stands.
    return int(packing.unpack_from(encoded)[0])
