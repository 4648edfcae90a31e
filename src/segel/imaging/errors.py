"""Why an instance is not stored, or cannot be read, as one tree.

``failure_reason`` is the value of (0008,1197) in a STOW-RS response (PS3.3
Table C.12-13) and the status of a C-STORE response.
"""

from typing import Final

from segel.domain.errors import SegelError

PROCESSING_FAILURE: Final = 0x0110
DUPLICATE_INSTANCE: Final = 0x0111
NOT_AUTHORISED: Final = 0x0124
OUT_OF_RESOURCES: Final = 0xA700
DATASET_MISMATCH: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000


class StoreRefused(SegelError):
    """The instance was not stored."""

    code = "store-refused"
    failure_reason = PROCESSING_FAILURE


class DuplicateInstance(StoreRefused):
    """Other bytes are stored under this SOP instance UID. The new ones are kept aside."""

    code = "duplicate-instance"
    failure_reason = DUPLICATE_INSTANCE


class StudyMismatch(StoreRefused):
    """The instance belongs to another study than the one it was sent to."""

    code = "study-mismatch"
    failure_reason = DATASET_MISMATCH


class OutOfRoom(StoreRefused):
    """The object store or the database cannot take it now. It was not kept."""

    code = "out-of-room"
    failure_reason = OUT_OF_RESOURCES


class InstanceUnknown(SegelError):
    """There is no such series or instance in the study."""

    code = "instance-unknown"


class ObjectDamaged(SegelError):
    """What is stored does not open: it was altered or is gone."""

    code = "object-damaged"
