"""How full budgets are, in words, and which requests stand where. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from segel.broker.messages import AccountUse, ApprovalLine, ApprovalState, BudgetUse

NEAR: Final = 0.8
"""From this share of a window on, it is near its limit."""

SORTS: Final = ("use", "name", "role")


def level(windows: Sequence[BudgetUse]) -> str:
    """How full the fullest window is: ``plenty``, ``near`` or ``full``."""
    share = max((_share(window) for window in windows), default=0.0)
    if share >= 1:
        return "full"
    return "near" if share >= NEAR else "plenty"


def fullest(windows: Sequence[BudgetUse]) -> BudgetUse | None:
    """The window that will be used up first; None for a role that opens no records."""
    open_ones = [window for window in windows if window.limit]
    return max(open_ones, key=_share, default=None)


def sorted_accounts(accounts: Sequence[AccountUse], by: str) -> list[AccountUse]:
    """Accounts by name, by role, or the fullest first with the frozen before them."""
    if by == "name":
        return sorted(accounts, key=lambda one: one.name.casefold())
    if by == "role":
        return sorted(accounts, key=lambda one: (one.role, one.name.casefold()))

    def fullness(one: AccountUse) -> tuple[bool, float, str]:
        window = fullest(one.windows)
        return not one.freezes, -_share(window) if window else 1.0, one.name.casefold()

    return sorted(accounts, key=fullness)


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests as the page groups them."""

    waiting: list[ApprovalLine]
    open: list[ApprovalLine]
    over: list[ApprovalLine]


def grouped(lines: Sequence[ApprovalLine]) -> Requests:
    """Those to decide, those under way, and those that are over."""
    waiting = [line for line in lines if line.decidable]
    still = (ApprovalState.WAITING, ApprovalState.APPROVED)
    rest = [line for line in lines if not line.decidable]
    return Requests(
        waiting,
        [line for line in rest if line.state in still],
        [line for line in rest if line.state not in still],
    )


def _share(window: BudgetUse) -> float:
    return window.used / window.limit if window.limit else 0.0
