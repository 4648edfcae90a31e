"""What is asked of the quarantine, what may be spent on it, and what a child says of a file.

Parcels go from the child to the parent, as arrays of MessagePack behind their length. They are all
that the parent ever reads of what the child made: text, numbers and hashes, each within a cap that
stands in its type, so that what does not keep it is not decoded.
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from segel.domain.picture_records import ASKED_BYTES_MAX, ENTRIES_BYTES, LOOK_BYTES
from segel.leaks.intake.reasons import Reason
from segel.leaks.model import Column, ColumnKind, Handling, PersonRow, SampleFile, SampleTable

MIB: Final = 1024 * 1024

PARCEL_BYTES_MAX: Final = 16 * MIB
"""Of one parcel. A child that says more is taken for broken, and ended."""
NAME_LENGTH_MAX: Final = 1_000
"""Of a step of a path, or of the name of a table or column; what is longer is cut."""
DEPTH_MAX: Final = 64
COLUMNS_MAX: Final = 4_000
BATCH_ROWS_MAX: Final = 5_000
VALUE_LENGTH_MAX: Final = 500
"""Of what a row says of a person in one field."""
TEXT_PART_CHARS: Final = MIB
PICTURE_SIDE_MAX: Final = 1_600
"""Longer side of a picture that is handed on: what is compared is smaller still."""
MADE_BYTES_MAX: Final = max(ASKED_BYTES_MAX, ENTRIES_BYTES + LOOK_BYTES)
"""Of what is made of one picture to compare it."""
_INT_MAX: Final = 2**53

Count = Annotated[int, Meta(ge=0, le=_INT_MAX)]
Name = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)]
Word = Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9.-]*\Z")]
Path = Annotated[tuple[Name, ...], Meta(min_length=1, max_length=DEPTH_MAX)]
Uid = Annotated[str, Meta(max_length=64, pattern=r"^[0-9.]*\Z")]
Value = Annotated[str, Meta(max_length=VALUE_LENGTH_MAX)]
Values = Annotated[tuple[Value, ...], Meta(max_length=BATCH_ROWS_MAX)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
HashOrNone = Annotated[bytes, Meta(max_length=32)]
Side = Annotated[int, Meta(ge=1, le=PICTURE_SIDE_MAX)]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a sample may cost; all for one file that is handed in, with everything within it."""

    file_bytes: int = 8 * 1024 * MIB
    """Of the file itself. It is in memory while it is read: the machine has to have so much."""
    depth: Annotated[int, Meta(ge=0, lt=DEPTH_MAX)] = 8
    """Containers within one another: a CSV in a zip in a tar is two."""
    members: int = 200_000
    """Files in all, those within containers included."""
    inflated_bytes: int = 64 * 1024 * MIB
    """Read out of containers, all depths together."""
    ratio: int = 250
    """Bytes out of containers for each byte in; a text compresses 5 to 50 times, zeros 1,000."""
    ratio_free_bytes: int = 64 * MIB
    """Below this nobody asks about the ratio."""
    held_bytes: int = 1_024 * MIB
    """Of files that have to be in memory as a whole to be read, as 7z or a zip in a zip."""
    memory_bytes: int = 4 * 1024 * MIB
    """Address space of a child (RLIMIT_AS). What was handed in is not in it."""
    seconds: float = 3_600
    """By the clock on the wall, and of a child's processor time."""
    stall_s: float = 45
    """Without any sign of a child before it is ended; one decoded picture or page takes less."""
    cell_chars: int = 65_536
    columns: Annotated[int, Meta(le=COLUMNS_MAX)] = 2_000
    line_chars: int = 4 * MIB
    statement_chars: int = 16 * MIB
    """One value of JSON, one row of an SQL dump."""
    tables: int = 2_000
    pixels: int = 120_000_000
    """Of one picture or frame, before it is decoded; a mammogram has 20 million."""
    frames: int = 64
    """Of one file; of a film of more the first and, evenly, others."""
    pages: int = 5_000
    text_chars: int = 64 * MIB
    """Of running text."""
    crashes: int = 16
    """Decoders' deaths, before the rest of the file is given up."""
    ocr_pictures: int = 500
    """About a second each: of what is more the text is not read. 0 reads none."""
    names_chars: int = 64 * MIB
    """Of all files' paths and all columns' names."""
    findings: int = 2_000_000
    """Parcels of a child."""
    findings_bytes: int = 32 * 1024 * MIB
    """Of parcels together."""


class Wanted(StrEnum):
    """What is to be made of each picture, beside its gray."""

    NOTHING = ""
    ASKED = "asked"
    """The form in which it is compared with pictures that are stored."""
    STORED = "stored"
    """A fingerprint, as it is kept."""


class Task(msgspec.Struct, frozen=True, array_like=True):
    """A file to read. ``passwords``: tried on what is encrypted. ``kinds``: what columns hold
    (TABLE.COLUMN) where somebody knows better than their content.

    Where an earlier child died: files before the place ``begin`` were said by it and are walked
    over; ``skip`` are those that it died of, each with the place that comes after it and what is
    in it; ``tables``, ``texts`` are how many tables and characters were said.
    """

    name: Name
    limits: Limits
    passwords: tuple[str, ...] = ()
    kinds: tuple[tuple[str, ColumnKind], ...] = ()
    begin: int = 0
    skip: tuple[tuple[int, int], ...] = ()
    tables: int = 0
    texts: int = 0
    wanted: Wanted = Wanted.NOTHING


class Raised(msgspec.Struct, frozen=True, tag="w", array_like=True):
    """A child's first word: which walls stand, as it has tried them, and which could not be had."""

    stand: Annotated[tuple[Word, ...], Meta(max_length=16)]
    missing: Annotated[tuple[Word, ...], Meta(max_length=16)]

    @property
    def is_enough(self) -> bool:
        """Whether network, programs and files are out of reach: by the filter of system calls, or
        without it by the two that are left."""
        stand = set(self.stand)
        return "resource-limits" in stand and (
            "seccomp" in stand or {"landlock", "network-namespace"} <= stand
        )


class Opened(msgspec.Struct, frozen=True, tag="o", array_like=True):
    """A file is begun: what is named if the child dies of it. ``path``: from the file handed in."""

    file: Count
    path: Path


class Closed(msgspec.Struct, frozen=True, tag="c", array_like=True):
    """A file is done with. ``sha256``: of all of it, empty where not all was read."""

    file: Count
    length: Count
    sha256: HashOrNone
    format: Word
    handling: Handling
    reasons: Annotated[tuple[Reason, ...], Meta(max_length=64)]


class ColumnFound(msgspec.Struct, frozen=True, array_like=True):
    """A column."""

    name: Name
    kind: ColumnKind
    confidence: Annotated[float, Meta(ge=0, le=1)]

    def column(self) -> Column:
        """As the parts of a case have it."""
        return Column(self.name, self.kind, self.confidence)


class TableFound(msgspec.Struct, frozen=True, tag="h", array_like=True):
    """A table, before its rows (``rows`` 0) and again after them, perhaps with more columns."""

    table: Count
    file: Count
    name: Name
    columns: Annotated[tuple[ColumnFound, ...], Meta(max_length=COLUMNS_MAX)]
    rows: Count
    is_done: bool


class RowsFound(msgspec.Struct, frozen=True, tag="r", array_like=True):
    """What the next rows of a table say of people: for each kind of ``kinds`` a column of
    ``count`` values. Kinds that have no field in ``PersonRow`` go among its ``others``."""

    table: Count
    count: Annotated[int, Meta(ge=1, le=BATCH_ROWS_MAX)]
    kinds: Annotated[tuple[ColumnKind, ...], Meta(max_length=32)]
    columns: Annotated[tuple[Values, ...], Meta(max_length=32)]


class PictureFound(msgspec.Struct, frozen=True, tag="p", array_like=True):
    """A picture that was decoded: ``gray``, 8 bits a pixel, ``width`` × ``height``, made smaller.

    ``full_width``, ``full_height``: of the original. ``pixel_sha256``: of the decoded pixels before
    any change, little-endian, rows × columns (× 3 colours). UIDs are empty where it is not of
    DICOM. ``kind``: the format. ``frame``: of DICOM, or the page of a PDF, from 0. ``made``: what
    was wanted of it, b'' where there is too little in it.
    """

    file: Count
    frame: Count
    kind: Word
    full_width: Count
    full_height: Count
    width: Side
    height: Side
    gray: bytes
    pixel_sha256: Hash
    study_uid: Uid = ""
    series_uid: Uid = ""
    instance_uid: Uid = ""
    modality: Annotated[str, Meta(max_length=16)] = ""
    made: Annotated[bytes, Meta(max_length=MADE_BYTES_MAX)] = b""


class TextFound(msgspec.Struct, frozen=True, tag="x", array_like=True):
    """A part of the running text of a file. ``how``: written, or ``ocr``."""

    file: Count
    part: Count
    text: Annotated[str, Meta(max_length=TEXT_PART_CHARS)]
    how: Word = "written"


class Beat(msgspec.Struct, frozen=True, tag="b", array_like=True):
    """A sign of life. ``bytes_read``: of the file handed in and of what was in it, so far."""

    bytes_read: Count


class Done(msgspec.Struct, frozen=True, tag="d", array_like=True):
    """The file that was handed in is done with, and all within it. ``files``: how many."""

    files: Count


Parcel = Raised | Opened | Closed | TableFound | RowsFound | PictureFound | TextFound | Beat | Done


class FileFound(msgspec.Struct, frozen=True):
    """A file is done with, or given up. Files within it have places after its own, and come before
    it; each place comes once."""

    place: int
    file: SampleFile


class PeopleFound(msgspec.Struct, frozen=True):
    """The next rows of a table, in their order."""

    rows: tuple[PersonRow, ...]


Finding = Raised | FileFound | SampleTable | PeopleFound | PictureFound | TextFound | Beat
"""What the parent hands on. A table comes before its rows with ``rows`` 0 and again after them:
how many they are, and perhaps more columns. A child that died leaves the first only. What running
text says of people comes as a table, too."""
