"""Break-glass: how often, for how long, and with which reason. Pure."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.broker.budgets import DAY_S
from segel.broker.errors import ReasonUnclear
from segel.broker.glass_rules import (
    GlassRecord,
    GlassRules,
    Hindrance,
    checked_reason,
    standing,
)
from segel.domain.break_glass import Emergency, Verdict

RULES = GlassRules(patients=5, window_s=3_600, per_day=2, review_s=72 * 3_600)
T0 = 1_790_000_000.0


def glass(begun_s: float, **changes: object) -> GlassRecord:
    record = GlassRecord(
        account_id=UUID(int=7),
        session_id=UUID(int=8),
        code=Emergency.LIFE_AT_RISK,
        reason="pasien trauma di IGD",
        patients=RULES.patients,
        begun_s=begun_s,
        until_s=begun_s + RULES.window_s,
        due_s=begun_s + RULES.review_s,
    )
    return msgspec.structs.replace(record, **changes)


def test_an_account_that_never_did_may() -> None:
    assert standing([], RULES, T0).hindrance is None
    assert standing([], RULES, T0).left_today == 2


def test_one_at_a_time_and_twice_a_day() -> None:
    first = glass(T0)
    assert standing([first], RULES, T0 + 60).hindrance is Hindrance.OPEN
    assert standing([first], RULES, T0 + 3_600).hindrance is None, "it is over after its hour"
    ended = glass(T0, ended_s=T0 + 10)
    assert standing([ended], RULES, T0 + 60).hindrance is None, "or when it is ended"
    twice = [ended, glass(T0 + 4_000, ended_s=T0 + 4_100)]
    stands = standing(twice, RULES, T0 + 5_000)
    assert (stands.hindrance, stands.left_today) == (Hindrance.USED_UP, 0)
    assert standing(twice, RULES, stands.again_s - 1).hindrance is Hindrance.USED_UP
    assert standing(twice, RULES, stands.again_s).hindrance is None


@pytest.mark.parametrize(
    ("verdict", "barred"),
    [
        (None, True),
        (Verdict.FOLLOW_UP, False),
        (Verdict.JUSTIFIED, False),
        (Verdict.NOT_JUSTIFIED, False),
    ],
)
def test_a_review_that_nobody_began_by_its_deadline_bars(
    verdict: Verdict | None, barred: bool
) -> None:
    one = glass(T0, verdict=verdict)
    assert standing([one], RULES, one.due_s).hindrance is None
    late = standing([one], RULES, one.due_s + 1).hindrance
    assert (late is Hindrance.BARRED) == barred


def test_a_rule_of_none_a_day_forbids_it_altogether() -> None:
    none = msgspec.structs.replace(RULES, per_day=0)
    assert standing([], none, T0).hindrance is Hindrance.USED_UP


@given(st.lists(st.floats(0, 3 * DAY_S), max_size=40))
def test_no_day_ever_holds_more_glasses_than_the_rules_give(tries: list[float]) -> None:
    begun: list[GlassRecord] = []
    for at_s in sorted(T0 + one for one in tries):
        if standing(begun, RULES, at_s).hindrance is None:
            begun.append(glass(at_s, verdict=Verdict.JUSTIFIED))
    for one in begun:
        inside = [other for other in begun if one.begun_s - DAY_S < other.begun_s <= one.begun_s]
        assert len(inside) <= RULES.per_day


@pytest.mark.parametrize(
    "reason",
    ["", "darurat", "aaaa aaaa aaaa aaaa aaaa aaaa", "perlusekalidibukasekarangjuga", " . " * 30,
     "1234 5678 9012 3456 7890", "d a r u r a t s e k a l i", "x" * 2_000],
)  # fmt: skip
def test_a_reason_that_tells_nothing_is_refused(reason: str) -> None:
    with pytest.raises(ReasonUnclear) as refused:
        checked_reason(reason)
    assert reason.strip() == "" or reason not in str(refused.value)


def test_a_reason_is_kept_in_its_words() -> None:
    assert (
        checked_reason("  Pasien trauma   di IGD,\nperlu CT lama ")
        == "Pasien trauma di IGD, perlu CT lama"
    )
