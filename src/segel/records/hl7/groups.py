"""The groups of a message: whose it is, which orders it has, and what belongs to each.

ORU^R01 (HL7 v2.5.1 § 7.3.1), ORM^O01 (§ 4.4.1) and OML^O21 (§ 4.4.6) are alike enough to be read in
one pass. A segment that has no part in it (PV1, NK1, Z…) is passed over, as § 2.6.2 wants; one that
stands where it cannot be understood refuses the message.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from segel.records.hl7.errors import Fault, Location, MessageRefused
from segel.records.hl7.segments import Message, Segment


@dataclass(slots=True)
class Noted:
    """A segment and the NTEs under it."""

    segment: Segment
    notes: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Order:
    """What belongs to one order. At least one of ``orc`` and ``obr`` is there."""

    orc: Segment | None = None
    obr: Noted | None = None
    timing: Segment | None = None
    observations: list[Noted] = field(default_factory=list)
    specimens: list[Segment] = field(default_factory=list)
    diagnoses: list[Segment] = field(default_factory=list)
    study: Segment | None = None
    """ZDS, with the study's UID (IHE RAD TF-2 § 4.4)."""

    @property
    def first(self) -> Segment:
        found = self.obr.segment if self.obr else self.orc
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Groups:
    """One patient and their orders."""

    pid: Noted
    orders: list[Order]


_IDENTIFIED: Final = "Send PID before the orders, and each patient in a message of their own."
_ORDERED: Final = "Send OBR before its OBX, SPM and TQ1."


def groups_of(message: Message) -> Groups:
    """Sort the segments. Raises MessageRefused (100)."""
    reading = _Reading()
    for segment in message.segments:
        if (read := _READERS.get(segment.name)) is not None:
            read(reading, segment)
    if reading.pid is None:
        raise _misplaced(Location("PID"), "The message has no PID.", _IDENTIFIED)
    if not reading.orders:
        raise _misplaced(Location("OBR"), "The message has no order.", "Send at least one OBR.")
    for order in reading.orders:
        if order.obr is None and message.header.kind == "ORU^R01":
            raise _misplaced(order.first.at(), "No OBR follows this ORC.", _ORDERED)
    return Groups(reading.pid, reading.orders)


@dataclass(slots=True)
class _Reading:
    pid: Noted | None = None
    orders: list[Order] = field(default_factory=list)
    noted: Noted | None = None  # what the next NTE is about

    def order(self, segment: Segment) -> Order:
        if not self.orders:
            raise _misplaced(segment.at(), "This segment comes before any order.", _ORDERED)
        return self.orders[-1]


def _pid(reading: _Reading, segment: Segment) -> None:
    if reading.pid is not None:
        raise _misplaced(segment.at(), "The message has a second patient.", _IDENTIFIED)
    if reading.orders:
        raise _misplaced(segment.at(), "The patient comes after orders.", _IDENTIFIED)
    reading.pid = reading.noted = Noted(segment)


def _orc(reading: _Reading, segment: Segment) -> None:
    reading.orders.append(Order(orc=segment))
    reading.noted = None


def _obr(reading: _Reading, segment: Segment) -> None:
    if not reading.orders or reading.orders[-1].obr is not None:
        reading.orders.append(Order())
    reading.orders[-1].obr = reading.noted = Noted(segment)


def _obx(reading: _Reading, segment: Segment) -> None:
    order = reading.order(segment)
    if order.obr is None:
        raise _misplaced(segment.at(), "This OBX comes before its OBR.", _ORDERED)
    reading.noted = Noted(segment)
    order.observations.append(reading.noted)


def _nte(reading: _Reading, segment: Segment) -> None:
    if reading.noted is not None:
        reading.noted.notes.append(segment)


def _spm(reading: _Reading, segment: Segment) -> None:
    reading.order(segment).specimens.append(segment)


def _tq1(reading: _Reading, segment: Segment) -> None:
    order = reading.order(segment)
    order.timing = order.timing or segment


def _dg1(reading: _Reading, segment: Segment) -> None:
    if reading.orders:  # before them it is about the visit
        reading.orders[-1].diagnoses.append(segment)


def _zds(reading: _Reading, segment: Segment) -> None:
    reading.order(segment).study = segment


_READERS: Final[dict[str, Callable[[_Reading, Segment], None]]] = {
    "PID": _pid, "ORC": _orc, "OBR": _obr, "OBX": _obx, "NTE": _nte, "SPM": _spm, "TQ1": _tq1,
    "DG1": _dg1, "ZDS": _zds,
}  # fmt: skip


def _misplaced(where: Location, what: str, remedy: str) -> MessageRefused:
    return MessageRefused(Fault.SEQUENCE, where, what, remedy=remedy)
