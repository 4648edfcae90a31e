"""Freezes: who may do nothing for now, and how every door hears of it at once."""

from enum import StrEnum
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester


class TargetKind(StrEnum):
    """What can be frozen. A token is frozen by its session: every token names one."""

    ACCOUNT = "account"
    SESSION = "session"
    HOSPITAL = "hospital"
    RECIPIENT = "recipient"
    ARCHIVE = "archive"
    """What every hospital releases. It has no name."""


class FreezeLine(msgspec.Struct, frozen=True):
    """One freeze. ``name`` is what people call the target; times are Unix times, 0 for never.
    ``case_id``: the case of a leak that it contains."""

    freeze_id: UUID
    kind: TargetKind
    name: str
    target: str
    reason: str
    by: str
    at_s: float
    until_s: float
    holds: bool
    case_id: UUID | None = None


class FreezeList(Message, frozen=True):
    """Freezes that were not lifted, the newest first."""

    freezes: list[FreezeLine]


class Watched(Message, frozen=True):
    """What the broker heard until now. ``fresh``: it would have heard of any change."""

    boot: UUID
    version: int
    fresh: bool


class Freeze(Message, frozen=True):
    """Freeze something of the asking officer's hospital; the reply names the freeze.

    ``name``: an account's name or id, a session's id or token, a hospital's code, a recipient's
    name. ``until_s``: Unix time, 0 for open-ended.
    """

    requester: Requester
    kind: TargetKind
    name: str
    reason: str
    until_s: float = 0.0


class OperatorFreeze(Message, frozen=True):
    """Operator's socket only: freeze anything; fields as in ``Freeze``."""

    kind: TargetKind
    name: str
    reason: str
    until_s: float = 0.0


class ListFreezes(Message, frozen=True):
    """What is frozen of the asking officer's hospital."""

    requester: Requester


class OperatorListFreezes(Message, frozen=True):
    """Operator's socket only: everything that is frozen."""


class Watch(Message, frozen=True):
    """Answered when something was frozen, lifted or ended since, or after a moment.

    ``boot`` and ``version`` are those of the last answer; None and 0 at first.
    """

    boot: UUID | None = None
    version: int = 0


Request = Freeze | OperatorFreeze | ListFreezes | OperatorListFreezes | Watch
Reply = FreezeList | Watched
