"""What an examination found, as the case keeps it."""

from typing import Final

import msgspec

from segel.leaks.model import (
    ImageMatch,
    Judgement,
    PersonRow,
    RowMatch,
    SampleFile,
    SampleTable,
)
from segel.leaks.verdict.counting import Counts

SAMPLE: Final = "sample"
"""The case's finding of what was in its evidence."""
VERDICT: Final = "verdict"

LISTED_MAX: Final = 2_000
"""Files and tables that are listed one by one: a finding is for people; all of them are counted."""


IMAGES_MAX: Final = 100_000


class Examination(msgspec.Struct, frozen=True):
    """What was handed in. ``compared``: rows that the archive answered for; ``rows_over``: beyond
    the warrant, of which nothing is said. ``skipped``: files that were not read whole, by reason.
    ``pictures``: found; ``pictures_compared``: distinct ones that the archive answered for, and
    ``pictures_known`` those that are somebody's; ``pictures_over``: beyond the warrant.
    ``text_parts``: found, and searched elsewhere. ``walls``: of the quarantine that stood,
    ``missing`` those that could not be had."""

    files: tuple[SampleFile, ...]
    tables: tuple[SampleTable, ...]
    files_in_all: int
    skipped: dict[str, int]
    counts: Counts
    compared: int
    rows_over: int
    recognised: int
    alike: int
    linked_by_chance: float
    pictures: int
    text_parts: int
    walls: tuple[str, ...]
    missing: tuple[str, ...]
    pictures_compared: int = 0
    pictures_known: int = 0
    pictures_over: int = 0


class Drawn(msgspec.Struct, frozen=True):
    """Rows that were drawn evenly from all that were compared, each with what was said of it.
    ``images``: those that were known again, ``IMAGES_MAX`` of them."""

    rows: tuple[tuple[PersonRow, RowMatch], ...]
    images: tuple[ImageMatch, ...] = ()


class Examined(msgspec.Struct, frozen=True):
    """All of it. ``ours``: distinct pseudonyms, 16 bytes each."""

    examination: Examination
    judgement: Judgement
    drawn: Drawn
    ours: bytes

    def __repr__(self) -> str:
        return "Examined(...)"
