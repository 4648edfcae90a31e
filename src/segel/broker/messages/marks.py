"""Marks of what left: in a picture, in a bulk export's rows. Given out, and traced to somebody."""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.roles import Role

PICTURES_MAX: Final = 64
"""Pictures of one question: a sample's; more are asked in several."""

READINGS_MAX: Final = 3
"""Readings of one picture."""

ROWS_MAX: Final = 5_000
"""Rows of one question."""

ROW_NUMBERS_MAX: Final = 8
ROW_WORDS_MAX: Final = 120
"""What of a row is looked at."""


class PictureMark(msgspec.Struct, frozen=True):
    """What writes a mark into pictures: the keys of what it stands in, and of what it says.
    ``month``: in which it is given out."""

    mark_id: UUID
    month: str
    carrier: bytes
    message: bytes

    def __repr__(self) -> str:
        return f"PictureMark({self.mark_id})"


class OpenMarkReading(Message, frozen=True):
    """Ask for what reads marks, for the pictures of a case."""

    requester: Requester
    case_id: UUID


class MarkCarrier(Message, frozen=True):
    """What reads marks. Whose a mark is, it does not say."""

    carrier: bytes

    def __repr__(self) -> str:
        return "MarkCarrier(...)"


class NameMarks(Message, frozen=True):
    """Ask whose marks these are. ``pictures``: of each its readings, best first, as float32."""

    requester: Requester
    case_id: UUID
    pictures: tuple[tuple[bytes, ...], ...]


class MarkedFor(msgspec.Struct, frozen=True):
    """Somebody whose mark it is. ``picture``: its place; -1 where all together say so.

    ``month``: in which the picture was given to them. ``score``: in standard deviations of chance;
    ``false_odds``: at most how likely anybody innocent is named so by this question.
    """

    picture: int
    mark_id: UUID
    account_id: UUID
    account: str
    role: Role | None
    hospital: str
    month: str
    score: float
    false_odds: float


class MarksNamed(Message, frozen=True):
    """``marks``: how many were ever given out, all of whom were tried; ``tries``: comparisons;
    ``needed``: the score from which on somebody is named."""

    named: tuple[MarkedFor, ...]
    marks: int
    tries: int
    needed: float


class RowText(msgspec.Struct, frozen=True):
    """What of one row of a sample may be an invented person's: its numbers of 16 digits, and the
    words around them."""

    numbers: tuple[str, ...]
    words: tuple[str, ...]

    def __repr__(self) -> str:
        return "RowText(...)"


class NameRows(Message, frozen=True):
    """Ask to whom rows were exported. ``ids``: what may be pseudonyms."""

    requester: Requester
    case_id: UUID
    ids: tuple[UUID, ...]
    rows: tuple[RowText, ...]


class ExportedTo(msgspec.Struct, frozen=True):
    """A recipient whom rows lead to. ``ids``: how many are pseudonyms of theirs. ``decoys``: of
    each who was invented for them alone and is in the rows, a handle that means somebody within the
    case only; of the ``decoys_made`` in all their exports.

    ``exports``: those of theirs that the decoys are from, or all where there are none.
    """

    recipient: str
    hospital: str
    exports: tuple[UUID, ...]
    ids: int
    decoys: tuple[bytes, ...]
    decoys_made: int


class RowsNamed(Message, frozen=True):
    """``recipients``: how many were tried. ``real_ids``: ids of patients as they are here, which no
    export gives. ``false_odds``: at most how likely one id leads to anybody innocent."""

    named: tuple[ExportedTo, ...]
    recipients: int
    real_ids: int
    false_odds: float


Request = OpenMarkReading | NameMarks | NameRows
Reply = MarkCarrier | MarksNamed | RowsNamed
