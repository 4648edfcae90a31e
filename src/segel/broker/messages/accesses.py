"""Reasons on file, and the officer's list of accesses."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.break_glass import Verdict
from segel.domain.reasons import ReasonKind


class AccessLine(msgspec.Struct, frozen=True):
    """One access: who, when, what explains it, what is remarkable. Whom, it does not say.

    ``explained_by``: values of ``ReasonKind`` and ``Explanation``; ``signals``: of ``Signal``.
    """

    access_id: UUID
    account: str
    role: str
    at_s: float
    purpose: str
    explained_by: list[str]
    signals: list[str]
    score: int


class AccessList(Message, frozen=True):
    """Most remarkable first. ``total``: how many are on the list, ``fallen``: how many did not fit.

    ``explained`` and ``unexplained`` count the accesses of the last ``days`` days.
    """

    lines: list[AccessLine]
    total: int
    fallen: int
    explained: int
    unexplained: int
    days: int


class ListAccesses(Message, frozen=True):
    requester: Requester
    limit: int = 50


class ReviewAccess(Message, frozen=True):
    """Take an access off the list; the finding stands in the log."""

    requester: Requester
    access_id: UUID
    finding: Verdict


class FileReason(Message, frozen=True):
    """Operator's socket only: that an account, a department (``unit``) or, with neither, the whole
    hospital has to do with a patient from ``from_s`` to ``until_s`` (Unix time)."""

    hospital_code: str
    patient: str
    kind: ReasonKind
    from_s: float
    until_s: float
    account: str = ""
    unit: str = ""


class AssignUnits(Message, frozen=True):
    """Operator's socket only: in which departments an account works, in place of those before."""

    account: str
    units: list[str]


Request = ListAccesses | ReviewAccess | FileReason | AssignUnits
Reply = AccessList
