"""Sizes as sellers write them."""

import pytest

from segel.domain.sizes import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("720 GB", 720_000_000_000), ("720gb", 720_000_000_000), ("1,5 TB", 1_500_000_000_000),
        ("4096", 4_096), (" 12 b ", 12), ("", 0), ("  ", 0), ("0", 0),
    ],
)  # fmt: skip
def test_a_size_is_read_as_it_is_written(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["GB", "720 G B X", "-1", "nan", "inf", "1e400", "9999 TB", "1.2.3 GB", "٣ GB", "12 GiB"],
)
def test_what_is_no_size_is_none(text: str) -> None:
    assert parse_size(text) is None
