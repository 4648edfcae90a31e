"""Erasing patients and studies: described, ordered, carried out by two, followed, certified."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester


class DescribeErasure(Message, frozen=True):
    """What a patient's number, or a study's UID, stands for in the asking account's hospital."""

    requester: Requester
    patient_number: str = ""
    study_uid: str = ""


class ErasureSubject(Message, frozen=True):
    """How much it is, and since which month (YYYY-MM); not who. ``erased``: by which erasure."""

    scope: str
    studies: int
    instances: int
    since: str
    erased: UUID | None = None


class OrderErasure(Message, frozen=True):
    """Write down that it is to be erased; nothing goes before somebody else agrees.

    ``ground``: ``retention-over``, ``request``, ``unlawful``, ``misfiled`` or ``order``;
    ``reference``: the number of the letter or ticket, which stands in the certificate. ``reason``:
    in words, where a medical record ends before its time.
    """

    requester: Requester
    ground: str
    reference: str
    patient_number: str = ""
    study_uid: str = ""
    reason: str = ""


class CarryOutErasure(Message, frozen=True):
    """Erase what was ordered, once others approved it. It cannot be undone."""

    requester: Requester
    erasure_id: UUID


class ErasureReport(Message, frozen=True):
    """An erasure. ``state``: ordered, destroyed, rotated, complete; times are Unix times, 0 for
    not yet; ``trouble`` says what the broker waits for.

    ``early``: it ends a medical record before its time, for the ``reason`` given."""

    erasure_id: UUID
    scope: str
    state: str
    studies: int
    instances: int
    since: str
    ground: str
    reference: str
    ordered_by: UUID
    ordered_s: float
    approval_id: UUID | None = None
    approved_by: tuple[UUID, ...] = ()
    destroyed_s: float = 0.0
    completed_s: float = 0.0
    trouble: str = ""
    early: bool = False
    reason: str = ""


class ShowErasure(Message, frozen=True):
    requester: Requester
    erasure_id: UUID


class ListErasures(Message, frozen=True):
    requester: Requester


class ErasureList(Message, frozen=True):
    """The hospital's, the newest first."""

    erasures: list[ErasureReport] = msgspec.field(default_factory=list)


class CertifyErasure(Message, frozen=True):
    requester: Requester
    erasure_id: UUID


class ErasureCertificate(Message, frozen=True):
    """A signed note, see ``segel.broker.certificates``."""

    text: str


Request = (
    DescribeErasure | OrderErasure | CarryOutErasure | ShowErasure | ListErasures | CertifyErasure
)
Reply = ErasureSubject | ErasureReport | ErasureList | ErasureCertificate
