"""What leaves this archive, by its shape: which columns each way out has, and what they are called.

A seller renames, drops and joins columns, so that a shape that fits says only that it could be; one
that cannot fit, because it never had such a column, says more.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

import msgspec

from segel.leaks.model import ColumnKind, SampleTable

_K = ColumnKind
_PERSON: Final = frozenset(
    {_K.NIK, _K.NAME, _K.BIRTH_DATE, _K.SEX, _K.PHONE, _K.EMAIL, _K.ADDRESS, _K.MEDICAL_RECORD}
)
_NUMBERS: Final = frozenset({_K.FAMILY_CARD, _K.PASSPORT, _K.HEALTH_NUMBER})
_STUDY: Final = frozenset(
    {_K.HOSPITAL, _K.ACCESSION, _K.STUDY_UID, _K.MODALITY, _K.EVENT_TIME, _K.FREE_TEXT}
)


class Shape(msgspec.Struct, frozen=True):
    """One way out. ``headers``: what its columns are called, in small letters. ``readable``:
    whether whoever has only this reads anything in it."""

    name: str
    headers: frozenset[str]
    kinds: frozenset[ColumnKind]
    readable: bool = True


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHAPES: Final = (
    Shape(
        "fhir-patient",
        _words(
            "resourcetype id meta identifier name gender birthdate telecom address active"
            " multiplebirthinteger deceaseddatetime maritalstatus managingorganization"
        ),
        _PERSON | _NUMBERS | {_K.HOSPITAL, _K.OTHER},
    ),
    Shape(
        "fhir-imaging-study",
        _words(
            "resourcetype id meta identifier status modality subject started numberofseries"
            " numberofinstances series basedon description"
        ),
        _STUDY | {_K.SERIES_UID, _K.INSTANCE_UID, _K.OTHER},
    ),
    Shape(
        "fhir-observation",
        _words(
            "resourcetype id meta status category code subject effectivedatetime issued performer"
            " valuecodeableconcept valuequantity valuestring interpretation specimen method"
        ),
        frozenset({_K.TEST, _K.RESULT, _K.EVENT_TIME, _K.HOSPITAL, _K.OTHER}),
    ),
    Shape(
        "fhir-report",
        _words(
            "resourcetype id meta status category code subject effectivedatetime issued performer"
            " result conclusion presentedform imagingstudy"
        ),
        frozenset({_K.TEST, _K.RESULT, _K.FREE_TEXT, _K.EVENT_TIME, _K.HOSPITAL, _K.OTHER}),
    ),
    Shape(
        "dicom-header",
        _words(
            "patientname patientid issuerofpatientid patientbirthdate patientsex otherpatientids"
            " patienttelephonenumbers patientaddress accessionnumber studyinstanceuid studydate"
            " studytime modality studydescription seriesinstanceuid sopinstanceuid institutionname"
            " referringphysicianname 00100010 00100020 00100030 00100040 00080050 0020000d 00080020"
        ),
        _PERSON | _STUDY | {_K.SERIES_UID, _K.INSTANCE_UID, _K.OTHER},
    ),
    Shape(
        "console-list",
        _words(
            "patient name born birth sex number record study date modality description hospital"
            " pasien nama lahir kelamin nomor rm pemeriksaan tanggal modalitas keterangan rs"
        ),
        frozenset({_K.NAME, _K.BIRTH_DATE, _K.SEX, _K.MEDICAL_RECORD, _K.ACCESSION, _K.MODALITY})
        | {_K.EVENT_TIME, _K.HOSPITAL, _K.FREE_TEXT},
    ),
    Shape(
        "laboratory-sheet",
        _words("nik name birth_date sex phone test result taken laboratory nama hasil tanggal"),
        _PERSON | {_K.TEST, _K.RESULT, _K.EVENT_TIME, _K.HOSPITAL},
    ),
)
"""What can be read outside. The tables of the database are added by ``our_tables``."""

HEADERS_MIN: Final = 0.6
"""Of a table's own headings, how many of a shape's make it that shape's."""


class Structure(msgspec.Struct, frozen=True):
    """What a table's columns say. ``fits``: shapes that have all of its kinds, best first by
    headings. ``headings``: how many of its headings are the best one's, 0 to 1. ``strange``: kinds
    that no way out of ours has."""

    table: int
    fits: tuple[str, ...]
    headings: float
    strange: tuple[ColumnKind, ...]
    sealed: bool


@cache
def our_tables() -> tuple[Shape, ...]:
    """Each table of the database: all that is in them is sealed, keyed or coarse."""
    from segel.store.schema import metadata

    return tuple(
        Shape(
            f"table:{table.name}",
            frozenset(column.name for column in table.columns),
            frozenset({_K.OTHER}),
            readable=False,
        )
        for table in metadata.sorted_tables
    )


def structures(tables: Iterable[SampleTable]) -> list[Structure]:
    """Compare each table with all shapes, and with joins of two: a seller's table is mostly a
    person's row with what was examined beside it."""
    return [_structure(table) for table in tables]


def _structure(table: SampleTable) -> Structure:
    headings = {one.name.lower().replace(" ", "_") for one in table.columns if one.name}
    bare = {one.replace("_", "") for one in headings}
    kinds = {one.kind for one in table.columns} - {_K.OTHER}
    for sealed in our_tables():
        if headings and headings <= sealed.headers and table.name in ("", sealed.name[6:]):
            return Structure(table.table, (sealed.name,), 1.0, (), sealed=True)
    strange = kinds - frozenset().union(*(one.kinds for one in SHAPES))
    scored = []
    for one in SHAPES:
        same = len(bare & one.headers) / len(bare) if bare else 0.0
        if kinds <= one.kinds:
            scored.append((same, one.name))
    if not scored:
        for at, one in enumerate(SHAPES):
            for other in SHAPES[at + 1 :]:
                if kinds <= one.kinds | other.kinds:
                    both = one.headers | other.headers
                    same = len(bare & both) / len(bare) if bare else 0.0
                    scored.append((same, f"{one.name}+{other.name}"))
    scored.sort(reverse=True)
    return Structure(
        table.table,
        tuple(name for _, name in scored),
        scored[0][0] if scored else 0.0,
        tuple(sorted(strange)),
        sealed=False,
    )
