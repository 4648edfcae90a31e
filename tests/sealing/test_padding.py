"""Padmé as in the PURBs paper, and what it promises."""

import math

from hypothesis import given
from hypothesis import strategies as st

from segel.sealing import padme
from segel.sealing.padding import PADDED_BYTES_MIN, padded_length

lengths = st.one_of(st.integers(0, 5_000), st.integers(0, 2**44))


def as_published(length: int) -> int:
    """The paper's algorithm 1, with its floats, for lengths that these hold exactly."""
    exponent = math.floor(math.log2(length))
    significant = math.floor(math.log2(exponent)) + 1
    mask = (1 << (exponent - significant)) - 1
    return (length + mask) & ~mask


def test_padme_is_the_published_function() -> None:
    assert [padme(length) for length in range(18)] == [
        *range(9), 10, 10, 12, 12, 14, 14, 16, 16, 18
    ]  # fmt: skip
    for length in range(2, 100_000):
        assert padme(length) == as_published(length)


@given(lengths)
def test_padme_adds_at_most_twelve_percent_and_is_stable(length: int) -> None:
    padded = padme(length)
    assert length <= padded <= length * 1.12
    assert padme(padded) == padded


@given(lengths, lengths)
def test_padme_keeps_the_order(first: int, second: int) -> None:
    small, large = sorted((first, second))
    assert padme(small) <= padme(large)


def test_short_rows_are_of_one_length() -> None:
    assert {padded_length(length) for length in range(PADDED_BYTES_MIN + 1)} == {PADDED_BYTES_MIN}


def test_few_lengths_are_left_to_tell_apart() -> None:
    """All images up to 64 MiB fall into a few hundred sizes."""
    sizes = {padded_length(length) for length in range(0, 2**26, 4096)}
    assert len(sizes) < 450
