"""What is left of an account's budget, as the worklist says it. Pure."""

from dataclasses import dataclass
from typing import Final

from segel.broker.messages import BudgetReport

LOW: Final = 0.2
"""Below this share of a window, the worklist warns."""


@dataclass(frozen=True, slots=True)
class BudgetLeft:
    """How many more patients may be opened in ``window`` ('hour', 'day', 'month')."""

    window: str
    patients: int
    low: bool


def tightest(report: BudgetReport) -> BudgetLeft | None:
    """The window that will be used up first; None for a role that opens no records."""
    windows = [window for window in report.windows if window.limit]
    if not windows:
        return None
    first = min(windows, key=lambda window: window.limit - window.used)
    left = max(0, int(first.limit - first.used))
    return BudgetLeft(first.window, left, low=left < first.limit * LOW)
