"""CertLogic as its authors evaluate it, and within limits."""

import contextlib
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.cards.certlogic import CertLogicBroken, Moment, evaluate, is_true
from support.certlogic_node import evaluated

DATA: Final[dict[str, Any]] = {
    "payload": {
        "dob": "1987-04", "n": 2, "zero": 0, "empty": "", "none": None, "yes": True, "no": False,
        "v": [{"dn": 2, "sd": 2, "dt": "2021-02-18", "mp": "EU/1/20/1528"}, {"dn": 3}],
        "t": [], "o": {}, "list": [1, 2, 1, 3, None, "1"], "half": 1.5, "whole": 2.0,
        "ci": "URN:UVCI:01:ID:97A1/X#0",
    },
    "external": {"validationClock": "2026-11-28T08:30:00+07:00", "codes": ["260415000", "1", 1]},
}  # fmt: skip
PATHS: Final = (
    "", "payload", "payload.dob", "payload.n", "payload.zero", "payload.empty", "payload.none",
    "payload.yes", "payload.no", "payload.v", "payload.v.0", "payload.v.0.dn", "payload.v.1.sd",
    "payload.v.7.dn", "payload.v.-1", "payload.v.0.dt", "payload.t", "payload.t.0", "payload.o",
    "payload.list", "payload.list.3", "payload.half", "payload.whole", "payload.ci", "payload.0",
    "external.codes", "external.validationClock", "no.such", "accumulator", "current",
)  # fmt: skip
TEXTS: Final = (
    "", "1", "ID", "260415000", "2021", "2020-02", "2021-02", "2020-02-29", "2021-12-31",
    "2026-11-28T08:30:00", "2026-11-28T08:30:00Z", "2026-11-28T08:30:00+7", "soon",
    "2026-11-28T23:30:00-07", "2026-11-28T00:30:00+0730", "2026-11-28T08:30:00+730",
    "2026-11-28T08:30:00.1Z", "2026-11-28T08:30:00.123456+01:00", "2026-11-28 08:30:00",
    "0000-01-01", "9999-12-31", "URN:UVCI:a::c/#/f", "a::c/#/f", "2026-11-28T08:30Z",
)  # fmt: skip
ODD: Final[tuple[Any, ...]] = (
    None, 1.5, {}, {"a": [1], "b": [2]}, {"xor": [1, 2]}, {"var": 1}, {"if": []}, {"if": 1},
    {"and": [True]}, {"!": {}}, {"plusTime": ["2021-01-01", "1", "day"]},
)  # fmt: skip
UNITS: Final = ("year", "month", "day", "hour", "week")


def expression(random: Random, depth: int) -> Any:
    """Something that is mostly well-formed, and mostly of the kinds that fit."""
    if depth == 0 or random.random() < 0.15:
        return random.choice(
            (
                {"var": random.choice(PATHS)}, {"var": random.choice(PATHS)},
                random.choice(TEXTS), random.randint(-3, 40), random.random() < 0.5,
                random.choice(ODD) if random.random() < 0.2 else 1,
            )
        )  # fmt: skip
    kind = random.randrange(10)

    def inner() -> Any:
        return expression(random, depth - 1)

    if kind == 0:
        return {"if": [inner(), inner(), inner()]}
    if kind == 1:
        return {"and": [inner() for _ in range(random.randint(1, 4))]}
    if kind == 2:
        return {random.choice(("===", "in", "+")): [inner(), inner()]}
    if kind == 3:
        return {"!": [inner()]}
    if kind == 4:
        name = random.choice(("<", ">", "<=", ">="))
        numbers = [
            random.choice((random.randint(-2, 3), {"var": "payload.n"}, {"+": [inner(), 1]}))
            for _ in range(random.randint(1, 4))
        ]
        return {name: numbers}
    if kind == 5:
        name = random.choice(("before", "after", "not-before", "not-after"))
        return {name: [time(random) for _ in range(random.choice((2, 2, 2, 3, 4)))]}
    if kind == 6:
        return time(random)
    if kind == 7:
        added = random.choice(({"var": "current"}, {"===": [{"var": "current"}, 1]}, 1, inner()))
        step = {"+": [{"var": "accumulator"}, {"if": [added, 1, 0]}]}
        listed = random.choice(({"var": "payload.list"}, {"var": "payload.none"}, inner()))
        return {"reduce": [listed, random.choice((step, inner())), random.choice((0, inner()))]}
    if kind == 8:
        said = random.choice(({"var": "payload.ci"}, random.choice(TEXTS), inner()))
        return {"extractFromUVCI": [said, random.randint(-1, 7)]}
    return [inner() for _ in range(random.randrange(4))]


def time(random: Random) -> Any:
    said = random.choice(
        (random.choice(TEXTS), {"var": "payload.v.0.dt"}, {"var": "external.validationClock"})
    )
    if random.random() < 0.2:
        return {"dccDateOfBirth": [random.choice((said, {"var": "payload.dob"}))]}
    amount = random.choice((0, 1, -1, 12, -18, 72, 400, random.randint(-5000, 5000)))
    return {"plusTime": [said, amount, random.choice(UNITS)]}


def ours(case: Any, data: Any) -> dict[str, Any]:
    try:
        return {"value": plain(evaluate(case, data))}
    except CertLogicBroken:
        return {"broken": True}


def plain(value: Any) -> Any:
    if isinstance(value, Moment):
        return {"ms": value.ms}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value


def test_what_its_authors_evaluator_says() -> None:
    cases = [(expression(Random(seed), seed % 4 + 1), DATA) for seed in range(6_000)]
    told = evaluated(cases)
    assert len(told) == len(cases)
    said = [ours(*case) for case in cases]
    for case, wanted, found in zip(cases, told, said, strict=True):
        assert found == wanted, case[0]
        assert type(found.get("value")) is type(wanted.get("value")) or wanted["value"] in (0, 1, 2)
    values = [one["value"] for one in told if "value" in one]
    assert sum(one is True for one in values) > 200
    assert sum(isinstance(one, dict) and "ms" in one for one in values) > 200


@pytest.mark.parametrize(
    ("text", "amount", "unit", "wanted"),
    [
        ("2020-02-29", 1, "day", "2020-03-01"),
        ("2020-02-29", 1, "month", "2020-03-29"),
        ("2020-02-29", 1, "year", "2021-03-01"),
        ("2021-01-31", 1, "month", "2021-03-03"),
        ("2021-03-31", -1, "month", "2021-03-03"),
        ("2021", 0, "day", "2021-12-31"),
        ("2020-02", 0, "day", "2020-02-29"),
        ("2021-01-01T00:30:00+07:00", 0, "day", "2020-12-31T17:30:00"),
    ],
)
def test_times_move_as_the_specification_says(
    text: str, amount: int, unit: str, wanted: str
) -> None:
    moved = evaluate({"plusTime": [text, amount, unit]}, None)
    assert moved == evaluate({"plusTime": [wanted, 0, "hour"]}, None)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"plusTime": ["2021-02-30", 0, "day"]}, "calendar"),
        ({"plusTime": ["2021-13", 0, "day"]}, "twelve"),
        ({"dccDateOfBirth": ["2021-00-10"]}, "calendar"),
        ({"plusTime": ["2021-01-01T24:00:00Z", 0, "day"]}, "of the day"),
        ({"plusTime": ["2021-01-01T00:00:00+24", 0, "day"]}, "of the day"),
        ({"plusTime": ["2021-01-01", 10**9, "year"]}, "too far"),
        ({"plusTime": ["2021-01-01", 9_999_999, "year"]}, "too far"),
        ({"+": [2**53 - 1, 1]}, "too large"),
        (10**400, "too large"),
        ({"and": [{"plusTime": ["2021", 0, "day"]}, True]}, "neither true nor false"),
        ({"plusTime": [{"plusTime": ["2021", 0, "day"]}, 0, "day"]}, "not said in text"),
    ],
    ids=str,
)
def test_what_is_undefined_is_an_error(case: Any, words: str) -> None:
    with pytest.raises(CertLogicBroken, match=words):
        evaluate(case, {})


def test_a_rule_ends_soon_whatever_it_says() -> None:
    deep: Any = True
    for _ in range(200):
        deep = {"!": [deep]}
    with pytest.raises(CertLogicBroken, match="deeply"):
        evaluate(deep, {})
    many = {"reduce": [{"var": ""}, {"reduce": [{"var": "current.0"}, 1, 1]}, 1]}
    with pytest.raises(CertLogicBroken, match="too long"):
        evaluate(many, [[list(range(2000))]] * 2000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["var", "if", "and", "!", "===", "in", "+", "<", "after", "plusTime", "reduce",
                 "extractFromUVCI", "dccDateOfBirth", "x"]
            ), inner, max_size=2,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSON, JSON)
def test_nothing_but_its_own_error_leaves_it(case: Any, data: Any) -> None:
    with contextlib.suppress(CertLogicBroken):
        assert is_true(evaluate(case, data)) in (True, False)
