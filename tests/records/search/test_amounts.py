"""Numbers that are asked for stand for what rounds to them; those that are found are exact."""

from decimal import ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.search.amounts import Amount, amount_of, numbers_agree, parse_number
from segel.records.search.wanted import PREFIXES

decimals = st.decimals(min_value=-1000, max_value=1000, places=3)


def by_rounding(prefix: str, exact: Decimal, places: int, found: Decimal) -> bool:
    shifted = (found - exact).scaleb(places) + Decimal("0.5")
    equal = shifted.to_integral_value(ROUND_FLOOR) == 0
    return {
        "eq": equal,
        "ne": not equal,
        "gt": found > exact,
        "sa": found > exact,
        "ge": found >= exact,
        "lt": found < exact,
        "eb": found < exact,
        "le": found <= exact,
        "ap": abs(found - exact) <= max(abs(exact) / 10, Decimal("0.5").scaleb(-places)),
    }[prefix]


@given(decimals, st.integers(0, 3), decimals)
def test_every_prefix_agrees_with_its_rule(exact, places, found):
    asked = round(exact, places) if places else exact.to_integral_value()
    number = parse_number(f"{asked:f}")
    assert number is not None
    for prefix in PREFIXES:
        agreed = numbers_agree(prefix, number, Amount(found, found))
        assert agreed == by_rounding(prefix, number.exact, places, found), prefix


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("100", "99.5", "100.5"),
        ("100.00", "99.995", "100.005"),
        ("1e2", "50", "150"),
        ("5.40e-3", "0.005395", "0.005405"),
        ("-5.4", "-5.45", "-5.35"),
        ("+5", "4.5", "5.5"),
        (" 5", "4.5", "5.5"),
    ],
)
def test_a_number_stands_for_what_rounds_to_it(text, low, high):
    number = parse_number(text)
    assert number is not None
    assert (number.exact - number.half, number.exact + number.half) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    ("text", "found", "equal"),
    [
        ("100", "99.5", True),
        ("100", "100.49", True),
        ("100", "100.5", False),
        ("100.0", "99.94", False),
        ("-1", "-1.5", True),
        ("-1", "-0.5", False),
    ],
)
def test_of_the_range_the_lower_end_belongs_to_it_and_the_upper_does_not(text, found, equal):
    number = parse_number(text)
    assert number is not None
    assert numbers_agree("eq", number, Amount(Decimal(found), Decimal(found))) is equal


@pytest.mark.parametrize(
    "text", ["", "five", "NaN", "Infinity", "1e999", "1_000", "1,5", "0x1", ".5", "5.", "9" * 15]
)
def test_what_is_no_number_is_none(text):
    assert parse_number(text) is None


@pytest.mark.parametrize(
    ("comparator", "prefix", "text", "agrees"),
    [
        ("<", "lt", "1", True),
        ("<", "gt", "5", False),
        ("<", "gt", "4", True),
        ("<", "eq", "5", False),
        (">=", "gt", "100", True),
        (">=", "lt", "5", False),
        (">=", "sa", "4", True),
    ],
)
def test_a_comparator_makes_a_quantity_a_range(comparator, prefix, text, agrees):
    amount = amount_of("Quantity", {"value": 5, "comparator": comparator})
    number = parse_number(text)
    assert amount is not None
    assert number is not None
    assert numbers_agree(prefix, number, amount) is agrees


@pytest.mark.parametrize("value", [True, "5", None, {}, {"value": "5"}, [], float("nan")])
def test_what_is_malformed_in_a_resource_has_no_amount(value):
    assert amount_of("Quantity", value) is None


def test_sampled_data_have_no_amount_and_json_numbers_are_what_they_are_written_as():
    assert amount_of("SampledData", {"value": 5}) is None
    assert amount_of("decimal", 5.4) == Amount(Decimal("5.4"), Decimal("5.4"))
