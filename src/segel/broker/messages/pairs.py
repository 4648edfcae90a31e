"""Patients who may be registered twice."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.pairs import PairState
from segel.domain.patient import PatientIdentity


class PairSide(msgspec.Struct, frozen=True):
    """One of the two registrations: who it is of, and how many studies it has."""

    identity: PatientIdentity
    studies: int


class DecisionTold(msgspec.Struct, frozen=True):
    """What somebody found, and when (Unix time). ``by``: the account's name, or ''."""

    state: PairState
    by: str
    at_s: float


class PairLine(msgspec.Struct, frozen=True):
    """A pair. ``degrees``: how far each field agreed (values of ``person_matching.Degree``)."""

    pair_id: UUID
    state: PairState
    one: PairSide
    other: PairSide
    degrees: dict[str, str]
    found_s: float
    decision: DecisionTold | None = None


class PairList(Message, frozen=True):
    """Some pairs of ``total``. ``damaged``: of those, how many cannot be opened."""

    lines: list[PairLine]
    total: int
    damaged: int = 0


class ListPairs(Message, frozen=True):
    """Those that wait, or those that were ``decided``. Each person listed costs a fifth of one who
    is opened."""

    requester: Requester
    decided: bool = False
    limit: int = 10


class DecidePair(Message, frozen=True):
    """Say what a pair is; ``OPEN`` takes an earlier decision back."""

    requester: Requester
    pair_id: UUID
    state: PairState


class JoinPatients(Message, frozen=True):
    """Say that two registrations are of one person, whom no comparison has found: an unknown
    patient, of whom somebody now knows who they are. Taken back like any pair."""

    requester: Requester
    one: UUID
    other: UUID


Request = ListPairs | DecidePair | JoinPatients
Reply = PairList
