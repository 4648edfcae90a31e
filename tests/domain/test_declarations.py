"""What can be declared, and how long a declaration lives."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.domain.declarations import (
    CODE_LENGTH,
    RECEIPT_QR,
    Conveyance,
    Declaration,
    Fault,
    Symptom,
    days_seen,
    days_taken,
    faults_of,
    grouped,
    new_code,
    new_receipt,
    parse_code,
    parse_receipt,
    tidied,
    window_of,
)

NOW_S = datetime(2026, 3, 10, 4, 0, tzinfo=UTC).timestamp()
SOUND = Declaration(
    "CONTOH", Conveyance.FLIGHT, "GA881", "2026-03-11", "Sari Contoh", "628120000000"
)


def _with(**changes: object) -> Declaration:
    return msgspec.structs.replace(SOUND, **changes)


def test_a_declaration_with_the_little_that_is_needed_is_taken() -> None:
    assert faults_of(SOUND, NOW_S) == {}
    assert not SOUND.needs_attention


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("port", "", Fault.MISSING),
        ("vessel", "", Fault.MISSING),
        ("vessel", "GARUDA", Fault.MALFORMED),
        ("arrival", "", Fault.MISSING),
        ("arrival", "11/03/2026", Fault.MALFORMED),
        ("arrival", "2026-W11-3", Fault.MALFORMED),
        ("arrival", "2026-03-08", Fault.OUTSIDE),
        ("arrival", "2026-03-18", Fault.OUTSIDE),
        ("name", "", Fault.MISSING),
        ("name", "x" * 101, Fault.TOO_LONG),
        ("name", "Sari\x07", Fault.MALFORMED),
        ("phone", "", Fault.MISSING),
        ("phone", "none", Fault.MALFORMED),
        ("email", "nobody", Fault.MALFORMED),
        ("address", "x" * 301, Fault.TOO_LONG),
        ("other_symptoms", "x" * 301, Fault.TOO_LONG),
        ("seat", "x" * 13, Fault.TOO_LONG),
        ("countries", ("XX",), Fault.MALFORMED),
        ("countries", ("ID",) * 11, Fault.TOO_LONG),
    ],
)
def test_what_is_wrong_is_told_by_field(field: str, value: object, fault: Fault) -> None:
    assert faults_of(_with(**{field: value}), NOW_S) == {field: fault}


def test_a_correction_may_keep_the_day_that_is_over_for_others() -> None:
    past = _with(arrival="2026-03-08")
    assert faults_of(past, NOW_S, before=date(2026, 3, 8)) == {}


def test_what_people_write_is_put_into_one_spelling() -> None:
    written = _with(
        vessel=" ga 881 ", phone="0812-000 0000", seat="12 a", countries=("sg", "SG", "", "my")
    )
    neat = tidied(written)
    assert (neat.vessel, neat.phone, neat.seat) == ("GA881", "628120000000", "12A")
    assert neat.countries == ("SG", "MY")
    ship = tidied(_with(conveyance=Conveyance.SHIP, vessel=" km  contoh "))
    assert ship.vessel == "KM CONTOH"
    assert faults_of(ship, NOW_S) == {}


@pytest.mark.parametrize(
    "change",
    [{"symptoms": (Symptom.FEVER,)}, {"other_symptoms": "dizzy"}, {"met_sick": True}],
    ids=lambda change: next(iter(change)),
)
def test_whoever_is_or_met_somebody_ill_needs_attention(change: dict[str, object]) -> None:
    assert _with(**change).needs_attention


def test_a_declaration_says_nothing_of_itself_where_it_is_printed() -> None:
    assert "Sari" not in f"{SOUND!r}{SOUND}"


def test_officers_see_from_a_day_before_the_arrival_to_three_days_after_it() -> None:
    window = window_of(date(2026, 3, 11))
    # The day begins at 00:00 in Jayapura (UTC+9) and ends at 24:00 in Jakarta (UTC+7).
    begins = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
    ends = datetime(2026, 3, 11, 17, 0, tzinfo=UTC)
    assert window.seen_from_s == (begins - timedelta(hours=24)).timestamp()
    assert window.over_s == ends.timestamp()
    assert window.seen_until_s == (ends + timedelta(hours=72)).timestamp()
    assert window.destroyed_s == (ends + timedelta(days=14)).timestamp()


@given(st.integers(1_700_000_000, 2_000_000_000))
def test_the_days_that_officers_see_are_those_whose_window_is_open(now_s: int) -> None:
    seen = days_seen(now_s)
    first, last = days_taken(now_s)
    around = [first + timedelta(days=count) for count in range(-20, 30)]
    assert seen == [day for day in around if window_of(day).is_seen(now_s)]
    assert first in seen, "who declares at the counter is seen there"
    assert last not in seen


@given(st.binary(min_size=CODE_LENGTH, max_size=CODE_LENGTH))
def test_a_code_is_read_as_people_write_it(random: bytes) -> None:
    code = new_code(lambda size: random[:size])
    receipt = new_receipt(lambda size: random[:size])
    badly = grouped(code).lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert parse_code(badly) == code
    assert parse_receipt(RECEIPT_QR + grouped(receipt)) == receipt


@pytest.mark.parametrize("text", ["", "A" * 25, "A" * 27, "U" * 26, "A" * 100_000], ids=len)
def test_what_is_no_code_is_told_apart(text: str) -> None:
    assert parse_code(text) == parse_receipt(text) == ""
