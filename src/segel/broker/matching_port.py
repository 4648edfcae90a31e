"""What the broker needs of whoever compares rows: a port, as it does not import ``leaks``.

A matcher is a process of the broker's own, without network, files or other keys: it is given the
register's records and the keys of their shards, holds them opened in memory, and answers patients'
ids to the broker, which tells nobody (decision 063). Its process ends with ``close``, with the
broker, and by itself where the pipe is closed.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

ID_BYTES: Final = 16
NOBODY: Final = bytes(ID_BYTES)


class ScopeHospital(msgspec.Struct, frozen=True):
    """A hospital whose patients are compared. ``number``: what stands for it in the register."""

    number: int
    code: str
    name: str


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """The key of the tokens, and what hospitals are called."""

    token_key: bytes
    hospitals: tuple[ScopeHospital, ...]


class Records(msgspec.Struct, frozen=True, tag="records"):
    """Sealed records of one shard: ids of 16 bytes, and as many seals of one length."""

    hospital: int
    shard_id: bytes
    key: bytes
    patients: bytes
    sealed: bytes


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """No more records come; answered by ``Ready``."""


class Compare(msgspec.Struct, frozen=True, tag="compare"):
    """A msgpack array of ``PersonRow``. ``few``: rows of one field are compared, too; ``chance``:
    also what random people's rows would show."""

    rows: bytes
    few: bool
    chance: bool


class Places(msgspec.Struct, frozen=True, tag="places"):
    """Sealed places of one shard's pictures: ids of 16 bytes of each and its patient, and as many
    seals of one length."""

    key: bytes
    patients: bytes
    pictures: bytes
    sealed: bytes


class PlacesLoaded(msgspec.Struct, frozen=True, tag="places-loaded"):
    """No more places come; answered by ``Ready``."""


class Seek(msgspec.Struct, frozen=True, tag="seek"):
    """A msgpack array of ``AskedPicture``; answered by ``Sought``, and once the looks are told by
    ``Seen``."""

    pictures: bytes


class SealedLook(msgspec.Struct, frozen=True):
    """The look of one picture."""

    key: bytes
    patient: bytes
    picture: bytes
    sealed: bytes


class Looks(msgspec.Struct, frozen=True, tag="looks"):
    """The looks that were sought, those that are still there."""

    looks: list[SealedLook]


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """How many patients, or pictures, are held."""

    patients: int


class Sought(msgspec.Struct, frozen=True, tag="sought"):
    """Pictures whose looks are wanted, 16 bytes each, each once."""

    pictures: bytes


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """Of each picture: whose it is (16 bytes, zeros for nobody), and the columns of
    ``PictureAnswers``, with ids in the place of pseudonyms."""

    patients: bytes
    series: bytes
    instances: bytes
    how: bytes
    inliers: bytes
    bits: bytes


class Found(msgspec.Struct, frozen=True, tag="found"):
    """Of each row: who it is (16 bytes, zeros for nobody), and the columns of ``RowAnswers``.
    ``asked``: a byte each, 0 where the row has one field and was not compared. ``chance``: alike,
    by NIK, wrongly linked."""

    patients: bytes
    levels: bytes
    bits: bytes
    agreeing: bytes
    contradicting: bytes
    ambiguous: bytes
    alike: bytes
    asked: bytes
    chance: tuple[float, float, float] | None = None


class Broken(msgspec.Struct, frozen=True, tag="broken"):
    """It cannot go on. ``what``: the kind of failure, never its words."""

    what: str


ToMatcher = Begin | Records | Loaded | Compare | Places | PlacesLoaded | Seek | Looks
FromMatcher = Ready | Found | Sought | Seen | Broken


@dataclass(frozen=True, slots=True)
class Opening:
    """What a matcher begins with."""

    token_key: bytes = field(repr=False)
    hospitals: tuple[ScopeHospital, ...]


class MatcherAway(Exception):
    """The process ended, or did not begin."""


class Matcher(Protocol):
    """A process at work. Every call raises MatcherAway."""

    async def take(self, records: Records) -> None:
        """Give it some records."""

    async def ready(self) -> int:
        """No more come: have it put them in order; how many patients it holds."""

    async def compare(self, rows: bytes, *, few: bool, chance: bool) -> Found:
        """Compare rows."""

    async def take_places(self, places: Places) -> None:
        """Give it the places of some pictures."""

    async def places_ready(self) -> int:
        """No more come; how many pictures it holds."""

    async def seek(self, pictures: bytes) -> Sought:
        """Which looks it takes to tell whose these pictures are."""

    async def see(self, looks: list[SealedLook]) -> Seen:
        """Whose the pictures are that were sought."""

    async def close(self) -> None:
        """End it; what it held is gone when this returns."""


class Matching(Protocol):
    """Begins matchers."""

    async def begin(self, opening: Opening) -> Matcher:
        """A new process. Raises MatcherAway."""
