"""What the worklist says is left of a budget."""

from segel.broker.messages import BudgetReport, BudgetUse
from segel.console.budget import BudgetLeft, tightest


def report(*windows: tuple[str, float, int]) -> BudgetReport:
    return BudgetReport([BudgetUse(name, 3_600, used, limit) for name, used, limit in windows])


def test_the_window_that_ends_first_is_the_one_that_counts() -> None:
    left = tightest(report(("hour", 10, 30), ("day", 115, 120), ("month", 200, 600)))
    assert left == BudgetLeft("day", 5, low=True)


def test_a_fifth_of_a_patient_is_not_another_one() -> None:
    assert tightest(report(("hour", 0.2, 30))) == BudgetLeft("hour", 29, low=False)


def test_what_is_overdrawn_is_nothing_and_no_budget_is_no_number() -> None:
    assert tightest(report(("hour", 31.4, 30))) == BudgetLeft("hour", 0, low=True)
    assert tightest(report(("hour", 0, 0))) is None
    assert tightest(report()) is None
