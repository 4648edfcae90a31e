"""Containing a leak: what each measure would stop, and having it stopped."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.broker.messages.freezes import FreezeLine

MEASURES_MAX: Final = 12
"""Of one containment: as many as one request lifts again."""


class MeasureKind(StrEnum):
    """What can be done at once."""

    ACCOUNT = "account"
    SESSION = "session"
    HOSPITAL = "hospital"
    RECIPIENT = "recipient"
    ARCHIVE = "archive"
    """What every hospital releases."""
    KEYS = "keys"
    """New versions of KEKs: a hospital's, or without a name all."""
    CARDS = "cards"
    """No card holds that was signed until now."""


FREEZES: Final = frozenset(
    {
        MeasureKind.ACCOUNT,
        MeasureKind.SESSION,
        MeasureKind.HOSPITAL,
        MeasureKind.RECIPIENT,
        MeasureKind.ARCHIVE,
    }
)
"""Measures that are undone by lifting a freeze. New keys and signers stay."""


class Measure(msgspec.Struct, frozen=True):
    """One measure. ``name``: an account's name or id, a session's id or token, a hospital's code, a
    recipient's name; of keys a hospital's code or "", else ""."""

    kind: MeasureKind
    name: str = ""

    def __repr__(self) -> str:
        return f"Measure({self.kind})"  # a session's token may be its name


class Effect(msgspec.Struct, frozen=True):
    """What a measure stops. ``name``: what people call it. ``figures``: counts of what goes on now,
    by name: ``people``, ``sessions``, ``patients_day`` (opened in the last 24 hours),
    ``glasses`` (emergencies under way), ``exports``, ``keys``, ``cards_month``.

    ``already``: it is so. ``target``: the id of what it stops, or what stands for it.
    """

    kind: MeasureKind
    name: str
    target: str
    figures: Mapping[str, int]
    already: bool = False


class Foresee(Message, frozen=True):
    """What measures would stop; nothing is done. It is an entry of the case's branch of the log."""

    requester: Requester
    case_id: UUID
    measures: tuple[Measure, ...]


class Effects(Message, frozen=True):
    """What measures stop, in the order in which they were asked. ``freezes``: made by this."""

    effects: list[Effect]
    freezes: list[UUID] = msgspec.field(default_factory=list)


class Contain(Message, frozen=True):
    """Do it. ``rehearse``: have the timeline say what would be done, and do nothing.

    ``until_s``: when freezes end by themselves (Unix time), 0 for when they are lifted.
    """

    requester: Requester
    case_id: UUID
    measures: tuple[Measure, ...]
    reason: str
    until_s: float = 0.0
    rehearse: bool = False


class ListContained(Message, frozen=True):
    """What a case has frozen, and is not lifted."""

    requester: Requester
    case_id: UUID


class Contained(Message, frozen=True):
    """The newest first."""

    freezes: list[FreezeLine]


class SetAnswering(Message, frozen=True):
    """Operator's socket only: whether an organisation answers for the archive's leaks."""

    hospital_code: str
    answers: bool


Request = Foresee | Contain | ListContained | SetAnswering
Reply = Effects | Contained
