"""What can be a number that a person is known by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.domain.identifiers import (
    NIK_SYSTEM,
    SYSTEMS,
    NikFacts,
    NumberInvalid,
    NumberKind,
    nik_disagrees,
    nik_facts,
    parse_nik,
    parse_number,
    system_of,
)


@given(
    region=st.integers(970000, 999999),
    day=st.integers(1, 31),
    woman=st.booleans(),
    month=st.integers(1, 12),
    year=st.integers(0, 99),
    serial=st.integers(1, 9999),
)
def test_every_well_formed_nik_is_one(
    region: int, day: int, woman: bool, month: int, year: int, serial: int
) -> None:
    nik = f"{region}{day + 40 * woman:02}{month:02}{year:02}{serial:04}"
    assert parse_nik(nik) == nik
    assert parse_nik(f" {nik[:4]} {nik[4:8]}-{nik[8:]} ") == nik


@pytest.mark.parametrize(
    "text",
    [
        "",
        "987101310170000",
        "98710131017000011",
        "9871010001700001",
        "9871013201700001",
        "9871014001700001",
        "9871017201700001",
        "9871010100700001",
        "9871010113700001",
        "9871010101700000",
        "0871010101700001",
        "987101010170000A",
        "٩٨٧١٠١٠١٠١٧٠٠٠٠١",
    ],
)
def test_what_cannot_be_a_nik_is_none(text: str) -> None:
    assert parse_nik(text) == ""


NIK = "9871014101900001"
"""A woman's, born on 1 January 1990; no province has the code 98."""

NUMBERS = {
    "a NIK": (NumberKind.NIK, " 9871.0141 0190-0001 ", NIK),
    "the mother's": (NumberKind.MOTHERS_NIK, NIK, NIK),
    "a family card": (NumberKind.FAMILY_CARD, "98710131 12190001", "9871013112190001"),
    "a passport": (NumberKind.PASSPORT, "x 1234567", "X1234567"),
    "a short passport": (NumberKind.PASSPORT, "AB123", "AB123"),
    "a health number": (NumberKind.HEALTH, "p00012345678", "P00012345678"),
    "a hospital's own": (NumberKind.RECORD, " 00-12.34 a", "00-12.34 a"),
}


@pytest.mark.parametrize(("kind", "text", "number"), NUMBERS.values(), ids=NUMBERS.keys())
def test_a_number_is_stored_as_it_is_compared(kind: NumberKind, text: str, number: str) -> None:
    assert parse_number(kind, text) == number
    assert parse_number(kind, number) == number


INVALID = {
    "no digits": (NumberKind.NIK, "987101010190000A", "A NIK has something else than digits."),
    "too short": (NumberKind.NIK, NIK[:15], "A NIK has 15 digits and needs 16."),
    "no province": (NumberKind.NIK, "0" + NIK[1:], "A NIK begins with 0, as no province does."),
    "no date": (NumberKind.NIK, "9871017201900001", "A NIK holds no date in its digits 7 to 12."),
    "no serial": (NumberKind.NIK, NIK[:12] + "0000", "A NIK ends in 0000, and serials"),
    "the mother's": (NumberKind.MOTHERS_NIK, "1", "The mother's NIK has 1 digits"),
    "a card made on the 41st": (
        NumberKind.FAMILY_CARD,
        NIK,
        "A family card's number holds no date in its digits 7 to 12.",
    ),
    "long passport": (NumberKind.PASSPORT, "A123456789", "number has 5 to 9 letters and digits"),
    "strange passport": (NumberKind.PASSPORT, "А1234567", "number has 5 to 9 letters and digits"),
    "passport without digits": (NumberKind.PASSPORT, "ABCDEF", "number has no digit"),
    "short health number": (NumberKind.HEALTH, "P1234", "has 6 to 20 letters and digits"),
    "strange health number": (NumberKind.HEALTH, "P1234/78", "has 6 to 20 letters and digits"),
    "nothing": (NumberKind.RECORD, "  ", "A medical record number is empty."),
    "long record number": (NumberKind.RECORD, "1" * 65, "at most 64 printable characters"),
    "a bell in it": (NumberKind.RECORD, "1\a2", "at most 64 printable characters"),
}


@pytest.mark.parametrize(("kind", "text", "said"), INVALID.values(), ids=INVALID.keys())
def test_a_number_that_its_kind_cannot_have_says_why_and_never_itself(
    kind: NumberKind, text: str, said: str
) -> None:
    with pytest.raises(NumberInvalid) as refused:
        parse_number(kind, text)
    assert said in refused.value.what
    assert refused.value.field == kind
    assert refused.value.remedy
    assert len(text) < 3 or text.strip() not in str(refused.value)


def test_a_nik_tells_the_day_of_birth_and_the_sex() -> None:
    assert nik_facts(NIK) == NikFacts("0101", "90", "F")
    assert nik_facts("9871013112990001") == NikFacts("1231", "99", "M")
    assert nik_disagrees(NIK, "19900101", "F") == []
    assert nik_disagrees(NIK, "", "") == []
    assert nik_disagrees(NIK, "1990", "O") == []
    assert nik_disagrees(NIK, "19900102", "M") == ["birth_date", "sex"]
    assert nik_disagrees(NIK, "18900101", "F") == [], "the century is not in it"


def test_what_the_platform_writes_in_two_ways_is_read_in_both() -> None:
    assert SYSTEMS["https://fhir.kemkes.go.id/id/patient-ihs-number"] is NumberKind.HEALTH
    assert system_of(NumberKind.HEALTH) == "https://fhir.kemkes.go.id/id/ihs-number"
    assert system_of(NumberKind.NIK) == NIK_SYSTEM
    assert system_of(NumberKind.RECORD) == ""
