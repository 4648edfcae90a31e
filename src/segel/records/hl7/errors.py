"""Why a message is not taken, in HL7's own words: the code, the place, the reason, the remedy.

The place is named as ERL does (HL7 v2.5.1 § 2.A.28), so that the sender's people find the field in
their own copy. No value is ever quoted.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from segel.domain.errors import SegelError


class Fault(Enum):
    """What is wrong, by code and text of HL7 table 0357 (v2.5.1 § 2.15.5.3)."""

    SEQUENCE = ("100", "Segment sequence error")
    MISSING = ("101", "Required field missing")
    TYPE = ("102", "Data type error")
    TABLE = ("103", "Table value not found")
    MESSAGE_TYPE = ("200", "Unsupported message type")
    EVENT = ("201", "Unsupported event code")
    PROCESSING = ("202", "Unsupported processing id")
    VERSION = ("203", "Unsupported version id")
    UNKNOWN = ("204", "Unknown key identifier")
    INTERNAL = ("207", "Application internal error")

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def text(self) -> str:
        return self.value[1]


REJECTING: Final = frozenset({Fault.MESSAGE_TYPE, Fault.EVENT, Fault.PROCESSING, Fault.VERSION})
"""Faults for which the whole kind of message is not taken: AR and not AE (§ 2.9.2.2)."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a message; 0 where it does not go as deep.

    ``sequence`` counts segments of that name in the message from 1, ``repetition`` from 1.
    """

    segment: str
    sequence: int = 1
    field: int = 0
    repetition: int = 0
    component: int = 0

    def __str__(self) -> str:
        """``PID-3.1``, with what tells it from its like: ``OBX[2]-5[3].1``."""
        nth = f"[{self.sequence}]" if self.sequence > 1 else ""
        field = f"-{self.field}" if self.field else ""
        again = f"[{self.repetition}]" if self.repetition > 1 else ""
        component = f".{self.component}" if self.component else ""
        return f"{self.segment}{nth}{field}{again}{component}"


class MessageRefused(SegelError):
    """A message that cannot be taken as it is; ``fault`` and ``location`` go into ERR."""

    code = "hl7-message-refused"

    def __init__(
        self,
        fault: Fault,
        location: Location,
        what: str,
        *,
        remedy: str = "",
        rejects: bool | None = None,
    ) -> None:
        super().__init__(what, remedy=remedy, field=str(location))
        self.fault = fault
        self.location = location
        self.rejects = fault in REJECTING if rejects is None else rejects
        """AR (nothing of this kind is taken) and not AE (this one has an error)."""


class TryAgain(SegelError):
    """Nothing is wrong with the message, and it cannot be kept now; it is to be sent again."""

    code = "hl7-try-again"


def missing(location: Location, what: str, remedy: str = "") -> MessageRefused:
    """A required field that is not there (101)."""
    return MessageRefused(Fault.MISSING, location, what, remedy=remedy)


def wrong_type(location: Location, what: str, remedy: str = "") -> MessageRefused:
    """A value that its type cannot have (102)."""
    return MessageRefused(Fault.TYPE, location, what, remedy=remedy)


def not_in_table(location: Location, table: str, remedy: str = "") -> MessageRefused:
    """A code that a table does not have (103)."""
    what = f"The code is not one of HL7 table {table} that are taken here."
    return MessageRefused(Fault.TABLE, location, what, remedy=remedy)
