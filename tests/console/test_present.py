"""Values of DICOM as people read them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.console import present


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("AMINAH^SITI", "SITI AMINAH"),
        ("SOEKARNO", "SOEKARNO"),
        ("HALIM^RINA^^dr.^Sp.Rad", "dr. RINA HALIM Sp.Rad"),
        ("Adams^John Robert Quincy^^Rev.^B.A. M.Div.", "Rev. John Robert Quincy Adams B.A. M.Div."),
        ("^^^^", ""),
        ("", ""),
    ],
)
def test_a_person_name_is_shown_in_the_order_it_is_said(name: str, shown: str) -> None:
    dataset = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": name}]}}
    assert present.person_name(dataset) == shown


@given(st.text(max_size=40))
def test_any_text_can_stand_where_a_date_should(text: str) -> None:
    assert present.show_day(text, "id")
    present.show_time(text, "id")
    present.ago(text, date(2026, 11, 23))
    present.age_years(text, text)


@given(st.dates(min_value=date(1900, 1, 1)))
def test_a_day_is_shown_with_its_month_in_words(day: date) -> None:
    shown = present.show_day(f"{day:%Y%m%d}", "en")
    assert shown.startswith(str(day.day))
    assert shown.endswith(str(day.year))
    assert present.show_day("20240817", "id") == "17 Agu 2024"
    assert present.show_day("20240817-20240901", "id") == "17 Agu 2024 – 1 Sep 2024"


@pytest.mark.parametrize(
    ("birth", "at", "age"),
    [("19840312", "20240311", 39), ("19840312", "20240312", 40), ("20240101", "20230101", None)],
)
def test_age_is_in_whole_years(birth: str, at: str, age: int | None) -> None:
    assert present.age_years(birth, at) == age


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, ("minutes", 1)), (61, ("minutes", 2)), (3_600, ("hours", 1)), (90_000, ("hours", 25)),
     (600_000, ("days", 7))],
)  # fmt: skip
def test_a_wait_is_said_in_the_unit_it_is_thought_in(seconds: int, said: tuple[str, int]) -> None:
    assert present.show_duration(seconds) == said


@pytest.mark.parametrize(
    ("day", "said"),
    [("20261123", ("today", 0)), ("20261122", ("yesterday", 1)), ("20261121", ("days", 2)),
     ("20261110", ("days", 13)), ("20261109", ("weeks", 2)), ("20260925", ("weeks", 8)),
     ("20260924", ("months", 2)), ("20241123", ("years", 2)), ("20261124", None), ("", None)],
)  # fmt: skip
def test_how_long_ago_is_said_in_the_unit_it_is_thought_in(
    day: str, said: tuple[str, int] | None
) -> None:
    assert present.ago(day, date(2026, 11, 23)) == said


def test_a_time_is_written_as_the_language_writes_it() -> None:
    assert present.show_time("142530.12", "id") == "14.25"
    assert present.show_time("142530.12", "en") == "14:25"
    assert present.show_time("14:25", "en") == "14:25"


@pytest.mark.parametrize(
    ("count", "indonesian", "english"),
    [(0, "0", "0"), (4.8, "4,8", "4.8"), (60.0, "60", "60"), (3000, "3.000", "3,000")],
)
def test_counts_are_written_as_each_language_does(
    count: float, indonesian: str, english: str
) -> None:
    assert present.show_count(count, "id") == indonesian
    assert present.show_count(count, "en") == english


@pytest.mark.parametrize(
    ("size", "indonesian", "english"),
    [
        (0, "0 B", "0 B"),
        (999, "999 B", "999 B"),
        (1_500, "1,5 KB", "1.5 KB"),
        (720 * 10**9, "720 GB", "720 GB"),
        (2_345 * 10**12, "2.345 TB", "2,345 TB"),
    ],
)
def test_bytes_are_shown_in_the_unit_that_fits(size: int, indonesian: str, english: str) -> None:
    assert present.show_bytes(size, "id") == indonesian
    assert present.show_bytes(size, "en") == english
