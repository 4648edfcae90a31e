"""Every refusal as a DIMSE status: the one table (PS3.7 Annex C, PS3.4 Tables B.2-1, C.4-1 to -3).

A status travels with an Error Comment (0000,0902) of at most 64 characters and, where the error
names an attribute, the Offending Element (0000,0901): its tag, never its value.
"""

from dataclasses import dataclass
from typing import Final

from pydicom.datadict import tag_for_keyword

from segel.broker.errors import (
    AeTitleUnknown,
    BrokerUnavailable,
    BudgetExhausted,
    Forbidden,
    QueryTooBroad,
    RecordsErased,
    StudyUnknown,
    TokenInvalid,
)
from segel.domain.errors import SegelError
from segel.domain.matching import FilterInvalid
from segel.imaging.dicom.errors import (
    HeaderBroken,
    LimitExceeded,
    NotDicom,
    TransferSyntaxUnknown,
    UidInvalid,
    UidMismatch,
    UidMissing,
)
from segel.imaging.dimse.command import ERROR_COMMENT_LENGTH_MAX, Command, Element
from segel.imaging.dimse.errors import (
    AssociationRejected,
    DatasetTooLarge,
    DestinationUnreachable,
    IdentifierBroken,
    PeerGone,
)
from segel.imaging.errors import StoreRefused

SUCCESS: Final = 0x0000
PROCESSING_FAILURE: Final = 0x0110
SOP_CLASS_NOT_SUPPORTED: Final = 0x0122
NOT_AUTHORISED: Final = 0x0124
UNRECOGNISED_OPERATION: Final = 0x0211
OUT_OF_RESOURCES: Final = 0xA700
CANNOT_COUNT_MATCHES: Final = 0xA701
CANNOT_PERFORM_SUBOPERATIONS: Final = 0xA702
DESTINATION_UNKNOWN: Final = 0xA801
DATASET_MISMATCH: Final = 0xA900
SUBOPERATIONS_WITH_FAILURES: Final = 0xB000
STORED_WITH_MISMATCH: Final = 0xB007
CANNOT_UNDERSTAND: Final = 0xC000
CANNOT_UNDERSTAND_UID: Final = 0xC001
CANNOT_UNDERSTAND_SYNTAX: Final = 0xC002
UNABLE_TO_PROCESS: Final = 0xC010
CANCELLED: Final = 0xFE00
PENDING: Final = 0xFF00
PENDING_WITHOUT_ALL_KEYS: Final = 0xFF01

_WARNINGS: Final = frozenset((0x0001, 0x0107, 0x0116, *range(0xB000, 0xC000)))


@dataclass(frozen=True, slots=True)
class _Row:
    """The status of one error in each service."""

    store: int = PROCESSING_FAILURE
    find: int = UNABLE_TO_PROCESS
    retrieve: int = UNABLE_TO_PROCESS


_RESOURCES: Final = _Row(OUT_OF_RESOURCES, OUT_OF_RESOURCES, CANNOT_PERFORM_SUBOPERATIONS)
_RIGHTS: Final = _Row(NOT_AUTHORISED, NOT_AUTHORISED, NOT_AUTHORISED)
_IDENTIFIER: Final = _Row(find=DATASET_MISMATCH, retrieve=DATASET_MISMATCH)

TABLE: Final[dict[type[SegelError], _Row]] = {
    BrokerUnavailable: _RESOURCES,
    BudgetExhausted: _RESOURCES,
    DatasetTooLarge: _Row(OUT_OF_RESOURCES, DATASET_MISMATCH, DATASET_MISMATCH),
    QueryTooBroad: _Row(find=OUT_OF_RESOURCES, retrieve=CANNOT_COUNT_MATCHES),
    TokenInvalid: _RIGHTS,
    Forbidden: _RIGHTS,  # Frozen is one of it
    StudyUnknown: _RIGHTS,
    RecordsErased: _RIGHTS,
    AeTitleUnknown: _Row(NOT_AUTHORISED, NOT_AUTHORISED, DESTINATION_UNKNOWN),
    IdentifierBroken: _IDENTIFIER,
    FilterInvalid: _IDENTIFIER,
    DestinationUnreachable: _Row(retrieve=DESTINATION_UNKNOWN),
    PeerGone: _Row(retrieve=CANNOT_PERFORM_SUBOPERATIONS),
    AssociationRejected: _Row(retrieve=CANNOT_PERFORM_SUBOPERATIONS),
    NotDicom: _Row(store=CANNOT_UNDERSTAND),
    HeaderBroken: _Row(store=CANNOT_UNDERSTAND),
    LimitExceeded: _Row(store=CANNOT_UNDERSTAND),
    UidMissing: _Row(store=CANNOT_UNDERSTAND_UID),
    UidInvalid: _Row(store=CANNOT_UNDERSTAND_UID),
    TransferSyntaxUnknown: _Row(store=CANNOT_UNDERSTAND_SYNTAX),
    UidMismatch: _Row(store=DATASET_MISMATCH),
}


def store_refusal(error: Exception) -> Command:
    """The status elements of a C-STORE response.

    The archive's own refusals carry their status: Failure Reason (0008,1197) has those of C-STORE
    for values (PS3.3 Table C.12-13).
    """
    if isinstance(error, StoreRefused):
        return _elements(error.failure_reason, error)
    return _elements(_row(error).store, error)


def find_refusal(error: Exception) -> Command:
    """The status elements of a C-FIND response."""
    return _elements(_row(error).find, error)


def retrieve_refusal(error: Exception) -> Command:
    """The status elements of a C-GET or C-MOVE response."""
    return _elements(_row(error).retrieve, error)


def is_success(status: int) -> bool:
    return status == SUCCESS


def is_warning(status: int) -> bool:
    """PS3.7 § C.1.2: done, with a remark."""
    return status in _WARNINGS


def comment(text: str) -> str:
    """``text`` as an Error Comment: ASCII, cut at a word."""
    plain = text.encode("ascii", "replace").decode().replace("\\", "/")
    if len(plain) <= ERROR_COMMENT_LENGTH_MAX:
        return plain
    return plain[: ERROR_COMMENT_LENGTH_MAX - 3].rsplit(" ", 1)[0] + "..."


def _row(error: Exception) -> _Row:
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    return _Row()


def _elements(status: int, error: Exception) -> Command:
    if not isinstance(error, SegelError):
        return {Element.STATUS: status, Element.ERROR_COMMENT: "An error inside the archive."}
    elements: Command = {Element.STATUS: status, Element.ERROR_COMMENT: comment(error.what)}
    tag = tag_for_keyword(error.field) if error.field else None
    if tag is not None:
        elements[Element.OFFENDING_ELEMENT] = (tag,)
    return elements
