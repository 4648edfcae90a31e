"""What a clerk types is understood, whatever it is."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.console.dates import find_dates
from segel.console.terms import (
    ACCESSION,
    BIRTH_DATE,
    PATIENT_ID,
    PATIENT_NAME,
    READINGS_MAX,
    STUDY_DATE,
    TEXT_LENGTH_MAX,
    TermsUnclear,
    read_terms,
    within,
)
from segel.console.worklist import DAYS, ListState, span_of

TODAY = date(2026, 11, 23)
MARCH = "19840312"


def first(text: str) -> dict[str, str]:
    return read_terms(text, TODAY)[0].filters


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("siti aminah", {PATIENT_NAME: "siti aminah"}),
        ("  Siti   AMINAH ", {PATIENT_NAME: "Siti AMINAH"}),
        ("nama: siti", {PATIENT_NAME: "siti"}),
        ("AMINAH^SITI", {PATIENT_NAME: "AMINAH^SITI"}),
        ("siti aminah 12/3/1984", {PATIENT_NAME: "siti aminah", BIRTH_DATE: MARCH}),
        ("siti lahir 12 Maret 1984", {PATIENT_NAME: "siti", BIRTH_DATE: MARCH}),
        ("born 12 mar 1984 siti", {PATIENT_NAME: "siti", BIRTH_DATE: MARCH}),
        ("tgl lahir: 19840312", {BIRTH_DATE: MARCH}),
        ("9701015203840001", {PATIENT_ID: "9701015203840001"}),
        ("NIK 9701 0152 0384 0001", {PATIENT_ID: "9701015203840001"}),
        ("97.01.01.520384.0001 siti", {PATIENT_ID: "9701015203840001", PATIENT_NAME: "siti"}),
        ("RM-00123", {PATIENT_ID: "RM-00123"}),
        ("no rm 00-12-34", {PATIENT_ID: "00-12-34"}),
        ("acc 2024-001", {ACCESSION: "2024-001"}),
        ("kemarin", {STUDY_DATE: "20261122"}),
        ("hari ini", {STUDY_DATE: "20261123"}),
        ("budi kemarin", {PATIENT_NAME: "budi", STUDY_DATE: "20261122"}),
        ("Maret 2024", {STUDY_DATE: "20240301-20240331"}),
        ("feb 2024", {STUDY_DATE: "20240201-20240229"}),
        ("1/1/2024 - 31/1/2024", {STUDY_DATE: "20240101-20240131"}),
        ("2024-01-05 s/d 2024-02-01", {STUDY_DATE: "20240105-20240201"}),
        ("20240101-20240131", {STUDY_DATE: "20240101-20240131"}),
        ("5 okt 2026 sampai 1 okt 2026", {STUDY_DATE: "20261001-20261005"}),
        ("5/1/2026", {STUDY_DATE: "20260105"}),
        ("12/3/84", {BIRTH_DATE: MARCH}),
        ("siti 12/3/1984 5/1/2024",
         {PATIENT_NAME: "siti", BIRTH_DATE: MARCH, STUDY_DATE: "20240105"}),
        ("", {}),
    ],
)  # fmt: skip
def test_text_is_read_as_a_clerk_means_it(text: str, filters: dict[str, str]) -> None:
    assert first(text) == filters


def test_a_number_that_may_be_many_things_has_a_reading_for_each() -> None:
    filters = [reading.filters for reading in read_terms("19840312", TODAY)]
    assert filters == [
        {PATIENT_ID: MARCH},
        {ACCESSION: MARCH},
        {BIRTH_DATE: MARCH},
        {STUDY_DATE: MARCH},
    ]


def test_a_folder_number_that_looks_like_a_date_is_tried_as_a_number_first() -> None:
    readings = read_terms("12-03-84", TODAY)
    assert readings[0].filters == {PATIENT_ID: "12-03-84"}
    assert {BIRTH_DATE: MARCH} in [reading.filters for reading in readings]


def test_a_date_beside_a_name_can_be_turned_into_the_study_date() -> None:
    filters = [reading.filters for reading in read_terms("siti 12/3/1984", TODAY)]
    assert {PATIENT_NAME: "siti", STUDY_DATE: MARCH} in filters


def test_a_date_that_does_not_exist_is_no_date() -> None:
    assert all(STUDY_DATE not in reading.filters for reading in read_terms("31/02/2024", TODAY))


def test_more_numbers_than_a_patient_has_are_refused() -> None:
    with pytest.raises(TermsUnclear):
        read_terms("A1 B2 C3", TODAY)


def test_text_that_is_too_long_is_refused_without_repeating_it() -> None:
    with pytest.raises(TermsUnclear) as refused:
        read_terms("siti " * 50, TODAY)
    assert "siti" not in str(refused.value)


@given(st.text(max_size=TEXT_LENGTH_MAX + 20))
def test_any_text_gives_a_few_readings_or_a_clear_refusal(text: str) -> None:
    try:
        readings = read_terms(text, TODAY)
    except TermsUnclear:
        return
    assert 1 <= len(readings) <= READINGS_MAX
    for reading in readings:
        for value in reading.filters.values():
            assert value
            assert "\\" not in value  # would be two values to DICOM
            assert value == value.strip()
        assert reading.fuzzy == (PATIENT_NAME in reading.filters)


@given(st.dates(min_value=date(1900, 1, 1), max_value=TODAY))
def test_every_way_to_write_a_day_is_that_day(day: date) -> None:
    ways = (
        f"{day.day}/{day.month}/{day.year}",
        f"{day:%d-%m-%Y}",
        f"{day:%d.%m.%Y}",
        f"{day:%Y-%m-%d}",
        f"lahir {day:%Y%m%d}",
    )
    for way in ways:
        spans, rest = find_dates(f"siti {way} aminah", TODAY)
        assert [(span.first, span.last) for span in spans] == [(day, day)]
        assert rest.split() == ["siti", "aminah"]


@given(st.dates(min_value=date(1950, 1, 1), max_value=TODAY), st.integers(1, 400))
def test_a_range_is_a_range_in_either_order(day: date, length: int) -> None:
    later = day + timedelta(days=length)
    for text in (f"{day:%d/%m/%Y} - {later:%d/%m/%Y}", f"{later:%Y-%m-%d} sampai {day:%Y-%m-%d}"):
        assert first(text) == {STUDY_DATE: f"{day:%Y%m%d}-{later:%Y%m%d}"}


@given(st.integers(1, 28), st.integers(1, 12), st.integers(0, 99), st.integers(1, 9999))
def test_a_nik_is_found_however_it_is_grouped(day: int, month: int, year: int, serial: int) -> None:
    nik = f"970101{day:02}{month:02}{year:02}{serial:04}"
    grouped = " ".join(nik[at : at + 4] for at in range(0, 16, 4))
    for text in (nik, grouped, f"nik: {nik}", f"siti {grouped}"):
        assert first(text)[PATIENT_ID] == nik


def test_the_form_narrows_but_never_overrules_the_text() -> None:
    yesterday = span_of(ListState(day="yesterday"), TODAY)
    reading = read_terms("siti", TODAY)[0]
    assert within(reading, yesterday, "CR").filters == {
        PATIENT_NAME: "siti",
        STUDY_DATE: "20261122",
        "00080061": "CR",
    }
    dated = read_terms("Maret 2024", TODAY)[0]
    assert within(dated, yesterday, "").filters == dated.filters


def test_every_day_shortcut_means_some_days() -> None:
    spans = {day: span_of(ListState(day=day), TODAY) for day in DAYS if day != "range"}
    assert spans["any"] is None
    assert {day: span.dicom for day, span in spans.items() if span} == {
        "today": "20261123",
        "yesterday": "20261122",
        "week": "20261117-20261123",
        "month": "20261025-20261123",
    }
