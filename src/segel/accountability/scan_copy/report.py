"""What a scan says: where terms can be read, how, and what could not be looked at.

Terms appear by number and label only. A path in which a term stands is shown without it.
"""

from dataclasses import dataclass
from typing import Final

FILE_CONTENT: Final = ""
"""``Hit.place`` of what is in a file's bytes; else "name", "link target", ..."""


@dataclass(frozen=True, slots=True)
class Container:
    """One layer around a hit: ``kind`` ("gzip", "base64", "TOAST value", ...) and where it begins
    in what is around it, in bytes. For base64, hex and percent it is where the term itself begins.
    """

    kind: str
    offset: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A term that can be read: the first place, and how often it is found this way.

    ``offset`` is in bytes of the file (of the outermost container, where there is one), and
    ``inner_offset`` in bytes of what the innermost container holds.
    """

    path: str
    place: str
    offset: int
    term: int
    label: str
    form: str
    encoding: str
    containers: tuple[Container, ...]
    inner_offset: int
    count: int = 1

    @property
    def way(self) -> str:
        """How it is read, from the outside in: ``gzip > base64 > utf-16-le``."""
        kinds = [container.kind for container in self.containers]
        return " > ".join([*([self.place] if self.place else []), *kinds, self.encoding])


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was not looked at, and why. ``may_hide`` says whether a term may be in there."""

    path: str
    why: str
    may_hide: bool = True
    count: int = 1


@dataclass(frozen=True, slots=True)
class Chance:
    """How many hits of a term mere chance makes in that many uniformly random bytes."""

    term: int
    label: str
    expected: float


@dataclass(frozen=True, slots=True)
class ScanReport:
    """The outcome of a scan. ``bytes`` were read; ``bytes_unfolded`` came out of containers."""

    files: int
    bytes: int
    bytes_unfolded: int
    streams: int
    terms: int
    patterns: int
    hits: tuple[Hit, ...]
    skipped: tuple[Skipped, ...]
    short: tuple[int, ...]
    chances: tuple[Chance, ...]
    chance_in_all: float
    seconds: float

    @property
    def is_complete(self) -> bool:
        """Whether everything was looked at."""
        return not any(one.may_hide for one in self.skipped)

    @property
    def exit_status(self) -> int:
        """0 nothing found, 1 something found, 2 nothing found but not everything was read."""
        return 1 if self.hits else 0 if self.is_complete else 2
