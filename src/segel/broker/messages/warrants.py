"""Warrants: what lets an incident officer have a sample's rows compared with everybody's records.

Times are Unix times, 0 for never. Asked for here, decided like everything that needs two
(``approvals``, kind ``warrant``; the request's id is the warrant's).
"""

from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.leak_rows import PersonRow
from segel.domain.picture_records import AskedPicture

BATCH_ROWS_MAX: Final = 10_000
"""Rows in one message: some megabytes, and tens of milliseconds to read."""

SUMS_FROM: Final = 1_000
"""Rows of a batch from which on it is told how many are alike somebody, and what chance would show.
Of one row among few such a sum would be an answer about somebody whom no bound counts."""

BATCH_PICTURES_MAX: Final = 16
"""Pictures in one message: of 410 KB each, and seconds of work where there are millions."""

WARRANT_HOURS_MAX: Final = 7 * 24
"""Of a warrant's life once it is approved."""


class WarrantState(StrEnum):
    """How a warrant stands. Only an open one answers; the last six are final."""

    ASKED = "asked"
    OPEN = "open"
    REFUSED = "refused"
    """Rejected, withdrawn, or not decided in time."""
    EXPIRED = "expired"
    USED_UP = "used-up"
    """As many rows or people as were agreed."""
    TRIPPED = "tripped"
    """Its rows were those of somebody who tries people out."""
    REVOKED = "revoked"
    CLOSED = "closed"


class AskWarrant(Message, frozen=True, kw_only=True):
    """Ask for a warrant; the reply names it. ``nonce``: chosen by whoever sends: sent twice it is
    one warrant.

    ``hospitals``: codes, none for all of the archive. ``rows``: to be compared. ``people``: who may
    be recognised. ``rows_an_hour``: 0 for all of them in one. ``few_columns``: the sample has one
    or two fields a row, so that decoys in it do not trip; those who approve see it.
    """

    requester: Requester
    case_id: UUID
    nonce: UUID
    reason: str
    rows: int
    people: int
    hours: int
    hospitals: tuple[str, ...] = ()
    rows_an_hour: int = 0
    few_columns: bool = False


class ListWarrants(Message, frozen=True):
    """The warrants of a case; its officers and data protection officers see them."""

    requester: Requester
    case_id: UUID


class ShowWarrant(Message, frozen=True):
    requester: Requester
    warrant_id: UUID


class RevokeWarrant(Message, frozen=True):
    """End a warrant at once; officers of the case may, and its data protection officers."""

    requester: Requester
    warrant_id: UUID
    reason: str


class CloseWarrant(Message, frozen=True):
    """The comparing is done: nothing is answered any more, and the decoys in it are counted."""

    requester: Requester
    warrant_id: UUID


class WarrantLine(Message, frozen=True, kw_only=True):
    """A warrant. ``rows``, ``people``: used so far. ``batches``: answered. ``trips``: decoys that
    were asked for as a prober asks. ``decoys``: in the sample, as far as whoever looks may know it
    now: data protection officers at any time, the asker once it is closed; -1 for unknown.
    """

    warrant_id: UUID
    case_id: UUID
    state: WarrantState
    hospitals: tuple[str, ...]
    reason: str
    by: str
    asked_s: float
    approved_s: float
    until_s: float
    rows: int
    rows_max: int
    people: int
    people_max: int
    rows_an_hour: int
    few_columns: bool
    batches: int
    trips: int
    decoys: int
    ended_s: float = 0.0


class WarrantList(Message, frozen=True):
    """A case's warrants, the newest first. ``unregistered``: patients whom the matching register
    does not hold yet; a sample cannot be compared with them. ``unfingerprinted``: stored images of
    which no fingerprint was made yet, ``given_up`` of them none will be."""

    warrants: list[WarrantLine]
    unregistered: int
    unfingerprinted: int = 0
    given_up: int = 0


class MatchRows(Message, frozen=True, kw_only=True):
    """Compare rows under a warrant. ``rows``: a msgpack array of ``PersonRow``
    (``packed_rows``), ``BATCH_ROWS_MAX`` at most. ``batch``: chosen by whoever sends; the same rows
    sent again with it are not counted again, and other rows are refused. ``chance``: also what as
    many rows of random people would show."""

    requester: Requester
    warrant_id: UUID
    batch: UUID
    rows: bytes
    chance: bool = False

    def __repr__(self) -> str:
        return f"MatchRows({self.warrant_id})"


class MatchPictures(Message, frozen=True, kw_only=True):
    """Compare pictures under a warrant; each counts as a row. ``pictures``: a msgpack array of
    ``AskedPicture``, ``BATCH_PICTURES_MAX`` at most. ``batch``: as of rows."""

    requester: Requester
    warrant_id: UUID
    batch: UUID
    pictures: bytes

    def __repr__(self) -> str:
        return f"MatchPictures({self.warrant_id})"


class PictureAnswers(Message, frozen=True, kw_only=True):
    """What became of the first ``answered`` pictures, in columns by their places; of the others
    nothing is said.

    ``pseudonyms``, ``series``, ``instances``: 16 bytes each, zeros where nobody was recognised, or
    where no series or instance is certain; ``how``: a byte each, by ``picture_records.HOW``;
    ``inliers``: little-endian uint16; ``bits``: float32.
    """

    answered: int
    pseudonyms: bytes
    series: bytes
    instances: bytes
    how: bytes
    inliers: bytes
    bits: bytes
    state: WarrantState
    rows_left: int
    people_left: int

    def __repr__(self) -> str:
        return f"PictureAnswers({self.answered})"


class ChanceLine(msgspec.Struct, frozen=True):
    """Expected of as many rows of random people (``segel.leaks.matching.chance``). ``alike``: of
    some patient's name and birth date; ``niks``: of some patient's NIK; ``linked``: links of the
    batch that are of somebody else."""

    alike: float
    niks: float
    linked: float


class RowAnswers(Message, frozen=True, kw_only=True):
    """What became of the first ``answered`` rows of a batch, in columns by their places: the others
    are beyond what was agreed, and of them nothing is said.

    ``pseudonyms``: 16 bytes each, zeros where nobody was recognised; ``levels``: a byte each, by
    ``leak_rows.LEVELS``; ``bits``: little-endian float32, 0 of who is nobody; ``agreeing`` (uint16)
    and ``contradicting`` (a byte): masks by ``leak_rows``. ``recognised``: rows that are
    somebody's; ``ambiguous``: two could be meant; ``alike``: somebody's name and birth date, which
    names nobody (both -1, and no ``chance``, of fewer than ``SUMS_FROM`` rows); ``unasked``: of one
    field, which are not compared unless that was agreed.
    """

    answered: int
    pseudonyms: bytes
    levels: bytes
    bits: bytes
    agreeing: bytes
    contradicting: bytes
    recognised: int
    ambiguous: int
    alike: int
    unasked: int
    state: WarrantState
    rows_left: int
    people_left: int
    chance: ChanceLine | None = None

    def __repr__(self) -> str:
        return f"RowAnswers({self.answered})"


def packed_rows(rows: list[PersonRow]) -> bytes:
    """Rows as ``MatchRows`` carries them."""
    return msgspec.msgpack.encode(rows)


def packed_pictures(pictures: list[AskedPicture]) -> bytes:
    """Pictures as ``MatchPictures`` carries them."""
    return msgspec.msgpack.encode(pictures)


Request = (
    AskWarrant
    | ListWarrants
    | ShowWarrant
    | RevokeWarrant
    | CloseWarrant
    | MatchRows
    | MatchPictures
)
Reply = WarrantLine | WarrantList | RowAnswers | PictureAnswers
