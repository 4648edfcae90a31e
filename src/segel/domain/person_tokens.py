"""What of a person is compared in the matching register, and how a record of it is laid out. Pure.

A record holds tokens instead of values: whoever makes them (``segel.sealing.ShortTokens``) is
handed in. Everybody's record has the same length. Of a name it holds the whole, its words by their
sound, and the pairs of letters of the sounds in a filter of 128 bits, by which misspelt names are
compared (Schnell, Bachteler, Reiher, BMC Med Inform Decis Mak 9:41, 2009); of a NIK also its parts,
so that one wrong digit leaves most of them; of a birth date year, month and day.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from segel.domain.identifiers import NIK_DIGITS
from segel.domain.names import in_any_order, name_tokens, sound
from segel.domain.patient import PHONES_MAX, PatientIdentity

WORDS_MAX: Final = 4
"""Words of a name with a token of their own; the whole has one in any case."""

FILTER_BITS: Final = 128
"""A name of three words sets about 35 of them."""

RECORD_VERSION: Final = 1


class Piece(IntEnum):
    """Kinds of tokens: the same text has another one as another kind."""

    NIK = 1
    RECORD = 2
    PASSPORT = 3
    HEALTH = 4
    FAMILY_CARD = 5
    PHONE = 6
    REGION = 7
    NIK_DAY = 8
    SERIAL_HIGH = 9
    SERIAL_LOW = 10
    SOUNDS = 11
    SPELLED = 12
    WORD = 13
    LETTERS = 14
    YEAR = 15
    DAY_OR_MONTH = 16
    """One kind for both, so that they are recognised in each other's place."""


RECORD: Final = (
    ("nik", "Q"),
    ("record", "Q"),
    ("passport", "Q"),
    ("health", "Q"),
    ("family", "Q"),
    ("phone_0", "Q"),
    ("phone_1", "Q"),
    ("sounds", "Q"),
    ("letters_0", "Q"),
    ("letters_1", "Q"),
    ("spelled", "I"),
    ("word_0", "I"),
    ("word_1", "I"),
    ("word_2", "I"),
    ("word_3", "I"),
    ("region", "H"),
    ("nik_day", "H"),
    ("serial_high", "H"),
    ("serial_low", "H"),
    ("year", "H"),
    ("month", "H"),
    ("day", "H"),
    ("sex", "B"),
    ("version", "B"),
)
"""Fields of a record with their ``struct`` types, little-endian. 0: nothing is said of it."""

_STRUCT: Final = struct.Struct("<" + "".join(kind for _, kind in RECORD))
RECORD_BYTES: Final = _STRUCT.size

NUMBERS: Final = (
    ("nik", Piece.NIK),
    ("record", Piece.RECORD),
    ("passport", Piece.PASSPORT),
    ("health", Piece.HEALTH),
    ("family", Piece.FAMILY_CARD),
    ("phone_0", Piece.PHONE),
    ("phone_1", Piece.PHONE),
)

SEXES: Final = {"M": 1, "F": 2}

Tokens = Callable[[Sequence[tuple[int, bytes]]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody's registration, or a row of a sample, says; '' where it says nothing.

    Numbers as ``parse_number`` writes them; ``birth_date``: YYYYMMDD; ``sex``: M, F or ''.
    """

    nik: str = ""
    record: str = ""
    passport: str = ""
    health: str = ""
    family: str = ""
    phone_0: str = ""
    phone_1: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""


def said_of(who: PatientIdentity) -> Said:
    """What a registration says."""
    phones = (*who.phones, "", "")[:PHONES_MAX]
    return Said(
        who.nik,
        who.patient_id.strip(),
        who.passport,
        who.health_number,
        who.family_card,
        phones[0],
        phones[1],
        who.name,
        who.birth_date,
        who.sex,
    )


@dataclass(frozen=True, slots=True)
class NamePieces:
    """A name made comparable; ``sounds`` is '' where there is none."""

    sounds: str
    spelled: str
    words: tuple[str, ...]
    letters: frozenset[str]


def name_pieces(name: str) -> NamePieces:
    """The pieces of a name."""
    spelled = name_tokens(name)
    words = [sound(word) for word in spelled]
    return NamePieces(
        in_any_order(words),
        in_any_order(spelled),
        tuple(dict.fromkeys(words))[:WORDS_MAX],
        frozenset(letter_pairs(words)),
    )


def letter_pairs(words: Iterable[str]) -> Iterable[str]:
    """The pairs of neighbouring letters of words, their beginnings and ends among them."""
    for word in words:
        whole = f"_{word}_"
        yield from (whole[at : at + 2] for at in range(len(whole) - 1))


def nik_parts(nik: str) -> tuple[tuple[str, Piece, str], ...]:
    """Field, kind and text of the parts of a NIK; none of what is no NIK."""
    if len(nik) != NIK_DIGITS:
        return ()
    return (
        ("region", Piece.REGION, nik[:6]),
        ("nik_day", Piece.NIK_DAY, nik[6:12]),
        ("serial_high", Piece.SERIAL_HIGH, nik[12:14]),
        ("serial_low", Piece.SERIAL_LOW, nik[14:]),
    )


def birth_parts(birth_date: str) -> tuple[tuple[str, Piece, str], ...]:
    """The same of a birth date; none of one that is not whole."""
    if len(birth_date) != len("YYYYMMDD"):
        return ()
    return (
        ("year", Piece.YEAR, birth_date[:4]),
        ("month", Piece.DAY_OR_MONTH, birth_date[4:6]),
        ("day", Piece.DAY_OR_MONTH, birth_date[6:]),
    )


def filter_mask(token: int) -> int:
    """The bits that a pair of letters sets in a name's filter."""
    return 1 << token % FILTER_BITS | 1 << token // FILTER_BITS % FILTER_BITS


def record_of(said: Said, tokens: Tokens) -> bytes:
    """A record, ``RECORD_BYTES`` long."""
    name = name_pieces(said.name)
    fields: list[tuple[str, Piece, str]] = [
        (field, kind, text) for field, kind in NUMBERS if (text := getattr(said, field))
    ]
    fields += nik_parts(said.nik)
    fields += birth_parts(said.birth_date)
    if name.sounds:
        fields.append(("sounds", Piece.SOUNDS, name.sounds))
        fields.append(("spelled", Piece.SPELLED, name.spelled))
    fields += [(f"word_{at}", Piece.WORD, word) for at, word in enumerate(name.words)]
    pairs = sorted(name.letters)
    asked = [(kind, text.encode()) for _, kind, text in fields]
    made = tokens([*asked, *((Piece.LETTERS, pair.encode()) for pair in pairs)])
    values = {field: token for (field, _, _), token in zip(fields, made, strict=False)}
    letters = 0
    for token in made[len(fields) :]:
        letters |= filter_mask(token)
    values |= {
        "letters_0": letters & (1 << 64) - 1,
        "letters_1": letters >> 64,
        "sex": SEXES.get(said.sex, 0),
        "version": RECORD_VERSION,
    }
    return _STRUCT.pack(*(_short(values.get(field, 0), kind) for field, kind in RECORD))


def _short(token: int, kind: str) -> int:
    """The part of a token that a field has room for; 0 stands for nothing, and for nothing else."""
    if not token or kind in "QB":
        return token
    return token % (1 << 8 * struct.calcsize(kind)) or 1
