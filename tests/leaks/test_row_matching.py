"""Rows of a sample are recognised as patients', and twins, namesakes and relatives are not."""

from dataclasses import replace

import numpy as np
import pytest

from segel.domain.leak_rows import LEVELS
from segel.domain.person_tokens import RECORD_BYTES, Said, record_of
from segel.leaks.matching.chance import expected
from segel.leaks.matching.matching import NOBODY, match
from segel.leaks.matching.register import Register
from segel.leaks.matching.tokens import Tokeniser
from segel.leaks.model import MatchLevel
from segel.sealing.short_tokens import ShortTokens

KEY = bytes(range(32))
SITI = Said(
    nik="9801015203800007",
    record="00001234",
    passport="",
    health="P98000000001",
    family="9801010101100001",
    phone_0="6281234567890",
    name="SITI DJUMINAH",
    birth_date="19800312",
    sex="F",
)
BARE = Said(name=SITI.name, birth_date=SITI.birth_date, sex="F")
OTHERS = [
    Said(
        nik=f"9701{at % 28 + 1:02}{at % 28 + 1:02}0375{at:04}",
        record=f"{at:08}",
        name=f"BUDI SANTOSO {chr(65 + at % 26)}ARTO",
        birth_date=f"1975{at % 12 + 1:02}{at % 28 + 1:02}",
        sex="M",
        phone_0=f"62819{at:08}",
    )
    for at in range(1, 2_000)
]


@pytest.fixture(scope="module")
def register() -> Register:
    people = [(at.to_bytes(16, "big"), at % 3, one) for at, one in enumerate([SITI, *OTHERS])]
    return Register.of(people, Tokeniser(ShortTokens(KEY)))


def found(register: Register, row: Said, hospital: int = -1) -> tuple[int, MatchLevel]:
    records = Tokeniser(ShortTokens(KEY)).people([row])
    got = match(records, np.array([hospital], np.int32), register)
    return int(got.patient[0]), LEVELS[int(got.level[0])]


OF_SITI = {
    "nik-alone": (Said(nik=SITI.nik), MatchLevel.IDENTIFIER),
    "health-number-alone": (Said(health=SITI.health), MatchLevel.IDENTIFIER),
    "new-spelling": (replace(BARE, nik=SITI.nik, name="Siti Juminah"), MatchLevel.IDENTIFIER),
    "phone": (replace(BARE, phone_0=SITI.phone_0), MatchLevel.FIELDS),
    "phone-and-swapped-date": (
        replace(BARE, phone_0=SITI.phone_0, birth_date="19801203"),
        MatchLevel.MISSPELT,
    ),
    "phone-and-the-year-alone": (
        replace(BARE, phone_0=SITI.phone_0, birth_date="19800101"),
        MatchLevel.MISSPELT,
    ),
    "record-and-new-spelling": (
        replace(BARE, record=SITI.record, name="SITI JUMINAH"),
        MatchLevel.IDENTIFIER,
    ),
    "one-digit-of-the-nik": (
        replace(BARE, nik="9801025203800007", phone_0=SITI.phone_0),
        MatchLevel.MISSPELT,
    ),
}


@pytest.mark.parametrize("row", OF_SITI, ids=str)
def test_a_patients_row_is_recognised(register: Register, row: str) -> None:
    said, level = OF_SITI[row]

    assert found(register, said) == (0, level)


NOT_SITI = {
    "nothing": Said(),
    "namesake-of-the-day": BARE,
    "namesake-with-a-nik": replace(BARE, nik="9702025203800009"),
    "twin": replace(
        BARE,
        nik="9801015203800008",
        name="SITI DJUMIRAH",
        phone_0=SITI.phone_0,
        family=SITI.family,
    ),
    "relative-with-her-serial": Said(
        nik="9801010501100007",
        name="SITI AMINAH",
        birth_date="20100105",
        sex="F",
        phone_0=SITI.phone_0,
    ),
    "born-another-year": replace(BARE, phone_0=SITI.phone_0, birth_date="20100101"),
    "relative": Said(name="AGUS WIBOWO", birth_date="20100105", sex="M", phone_0=SITI.phone_0),
    "child-under-her-nik": Said(nik=SITI.nik, name="AGUS WIBOWO", birth_date="20100105", sex="M"),
    "record-of-another-body": Said(
        record=SITI.record, name="AGUS WIBOWO", birth_date="20100105", sex="M"
    ),
    "no-name-but-the-household": Said(phone_0=SITI.phone_0, birth_date=SITI.birth_date),
}


@pytest.mark.parametrize("row", NOT_SITI, ids=str)
def test_somebody_elses_row_is_not_a_patients(register: Register, row: str) -> None:
    assert found(register, NOT_SITI[row]) == (NOBODY, MatchLevel.NONE)


def test_one_person_in_two_hospitals_is_not_ambiguous() -> None:
    again = replace(SITI, record="00009999", name="SITI JUMINAH")
    people = [(at.to_bytes(16, "big"), at, one) for at, one in enumerate((SITI, again, *OTHERS))]
    register = Register.of(people, Tokeniser(ShortTokens(KEY)))
    row = replace(BARE, nik=SITI.nik)

    assert found(register, row)[0] == 0
    assert found(register, row, hospital=1)[0] == 1


def test_two_who_could_be_meant_are_nobody() -> None:
    twins = [replace(SITI, nik="", record="", health=""), replace(SITI, nik="", record="")]
    people = [(at.to_bytes(16, "big"), 0, one) for at, one in enumerate((*twins, *OTHERS))]
    register = Register.of(people, Tokeniser(ShortTokens(KEY)))

    assert found(register, replace(BARE, phone_0=SITI.phone_0))[0] == NOBODY


@pytest.mark.parametrize(
    "said",
    [
        SITI,
        Said(),
        replace(SITI, name="Zoë O'Neill-Wĳaya", record="№ 12", phone_1="628111"),
        replace(SITI, record="x" * 64, name="A B C D E F"),
        replace(SITI, nik="123", birth_date="1980"),
    ],
    ids=["all", "nothing", "not-ascii", "long", "broken"],
)
def test_many_records_are_made_as_one_is(said: Said) -> None:
    one = record_of(said, ShortTokens(KEY).of)
    many = Tokeniser(ShortTokens(KEY)).people([OTHERS[0], said])

    assert len(one) == RECORD_BYTES
    assert many[1].tobytes() == one


def test_no_value_stands_in_a_record() -> None:
    record = record_of(SITI, ShortTokens(KEY).of)

    for value in (SITI.nik, SITI.name, SITI.phone_0, SITI.record):
        assert value.encode() not in record


def test_chance_is_counted_for_made_up_niks(register: Register) -> None:
    rows = Tokeniser(ShortTokens(KEY)).people(
        [Said(nik=f"{SITI.nik[:12]}{serial:04}") for serial in range(1, 10_000)]
    )
    got = match(rows, np.full(len(rows), -1, np.int32), register)

    assert (got.patient != NOBODY).sum() == 1
    assert expected(rows, got, register, seed=1).niks == pytest.approx(1.0, abs=0.01)
