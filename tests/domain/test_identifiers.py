"""What can be a NIK."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.domain.identifiers import parse_nik


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
