"""The fixed parts of the upper layer's PDUs (PS3.8 § 9.3). Pure.

A-ASSOCIATE-RQ and -AC, whose items vary, are pynetdicom's to encode: see ``negotiation``.
"""

from enum import IntEnum, IntFlag
from struct import Struct
from typing import Final, NamedTuple

HEADER: Final = Struct(">BxL")
"""Type, reserved, length of what follows."""

PDV_HEADER: Final = Struct(">LBB")
"""Length of what follows this field, presentation context id, control header (PS3.8 § E.2)."""

PDV_OVERHEAD_BYTES: Final = PDV_HEADER.size
_P_DATA_HEADER: Final = Struct(">BxLLBB")


class PduType(IntEnum):
    """PS3.8 § 9.3.1."""

    ASSOCIATE_RQ = 1
    ASSOCIATE_AC = 2
    ASSOCIATE_RJ = 3
    P_DATA = 4
    RELEASE_RQ = 5
    RELEASE_RP = 6
    ABORT = 7


class Control(IntFlag):
    """The message control header of a PDV."""

    COMMAND = 1
    LAST = 2


class Rejection(NamedTuple):
    """Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 Table 9-21)."""

    result: int
    source: int
    reason: int


class Rejections:
    """Every rejection that we give."""

    APPLICATION_CONTEXT: Final = Rejection(1, 1, 2)
    CALLING_AE_TITLE: Final = Rejection(1, 1, 3)
    CALLED_AE_TITLE: Final = Rejection(1, 1, 7)
    PROTOCOL_VERSION: Final = Rejection(1, 2, 2)
    CONGESTION: Final = Rejection(2, 3, 1)
    LOCAL_LIMIT: Final = Rejection(2, 3, 2)


class AbortReason(IntEnum):
    """Provider reasons of an A-ABORT (PS3.8 Table 9-26)."""

    NOT_SPECIFIED = 0
    UNRECOGNISED_PDU = 1
    UNEXPECTED_PDU = 2
    INVALID_PARAMETER = 6


RELEASE_RQ: Final = HEADER.pack(PduType.RELEASE_RQ, 4) + bytes(4)
RELEASE_RP: Final = HEADER.pack(PduType.RELEASE_RP, 4) + bytes(4)


def reject(rejection: Rejection) -> bytes:
    """An A-ASSOCIATE-RJ."""
    return HEADER.pack(PduType.ASSOCIATE_RJ, 4) + bytes((0, *rejection))


def abort(reason: int, *, by_provider: bool = True) -> bytes:
    """An A-ABORT; by the service user it has no reason."""
    source = 2 if by_provider else 0
    return HEADER.pack(PduType.ABORT, 4) + bytes((0, 0, source, reason if by_provider else 0))


def p_data_header(context_id: int, control: int, count: int) -> bytes:
    """What goes before ``count`` bytes of one PDV that has a P-DATA-TF for itself."""
    return _P_DATA_HEADER.pack(
        PduType.P_DATA, count + PDV_OVERHEAD_BYTES, count + 2, context_id, control
    )
