"""What a case may ask of the archive's history, of people whom its warrant recognised.

Neither takes a row more of the warrant than it has answered already: versions are compared with at
most as many rows, and of nobody else is anything told.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.leak_history import History, Patient, VersionSpan
from segel.domain.leak_rows import PSEUDONYM_BYTES, ColumnKind, PersonRow

VERSION_ROWS_MAX: Final = 2_000
"""Rows in one message: their patients are opened for it, a thousandth of a second each."""

HISTORY_PEOPLE_MAX: Final = 2_000
"""People whose accesses are told. More would only sharpen what is sharp already."""

TOUCHES_MAX: Final = 60_000
"""Accesses in one reply, about 10 MB. The history is of as many people as these are of."""


class RecognisedRow(msgspec.Struct, frozen=True, array_like=True):
    """A row, and who it was recognised as."""

    pseudonym: bytes
    row: PersonRow

    def __repr__(self) -> str:
        return "RecognisedRow(...)"


class CompareVersions(Message, frozen=True):
    """From and until when the archive held what rows show. ``rows``: a msgpack array of
    ``RecognisedRow``, ``VERSION_ROWS_MAX`` at most."""

    requester: Requester
    warrant_id: UUID
    rows: bytes

    def __repr__(self) -> str:
        return f"CompareVersions({self.warrant_id})"


class VersionAnswers(Message, frozen=True):
    """``spans``: by the rows' own tables and places. ``compared``: kinds that were looked for; what
    a row shows of them and has no span of, no version ever held."""

    spans: tuple[VersionSpan, ...]
    compared: frozenset[ColumnKind]


class AskHistory(Message, frozen=True):
    """Who was shown these people, and how many others. ``people``: pseudonyms one after the other,
    ``HISTORY_PEOPLE_MAX`` at most; of none, what the archive holds is told. ``until_s``: accesses
    before it."""

    requester: Requester
    warrant_id: UUID
    people: bytes
    until_s: float

    def __repr__(self) -> str:
        return f"AskHistory({self.warrant_id})"


class Candidate(msgspec.Struct, frozen=True):
    """Who a candidate of the history is, for the officers of the case: an account's name and role,
    an export's recipient. ``hospital``: its code."""

    name: str
    role: str
    hospital: str

    def __repr__(self) -> str:
        return "Candidate(...)"


class HistoryAnswer(Message, frozen=True):
    """``answered``: of how many of the people, from the first on. ``patients``: by pseudonym.
    ``hospitals``: how many patients each has, by its code. ``studies``, ``object_bytes``: what the
    archive holds in all. ``candidates``: by the ids of touches."""

    answered: int
    history: History
    patients: Mapping[bytes, Patient]
    hospitals: Mapping[str, int]
    studies: int
    object_bytes: int
    candidates: Mapping[UUID, Candidate]

    def __repr__(self) -> str:
        return f"HistoryAnswer({self.answered})"


Request = CompareVersions | AskHistory
Reply = VersionAnswers | HistoryAnswer


def packed_recognised(rows: list[RecognisedRow]) -> bytes:
    """Rows as ``CompareVersions`` carries them."""
    return msgspec.msgpack.encode(rows)


def packed_people(people: list[bytes]) -> bytes:
    """Pseudonyms as ``AskHistory`` carries them."""
    assert all(len(one) == PSEUDONYM_BYTES for one in people)
    return b"".join(people)
