"""Break-glass: who may, how long, how much. Pure.

An account whose budget is used up may take a little more at once, with a stated reason. What it
took is reviewed; who leaves reviews open past their deadline may not do it again until they are
decided.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.budgets import DAY_S, MONTH_S, Limit
from segel.broker.errors import ReasonUnclear
from segel.domain.break_glass import (
    REASON_LENGTH_MAX,
    REASON_LENGTH_MIN,
    Emergency,
    Verdict,
)

REASON_WORDS_MIN: Final = 3
VERDICT_LENGTH_MAX: Final = 2_000


class GlassRules(msgspec.Struct, frozen=True):
    """What one break-glass gives: ``patients`` for ``window_s`` seconds, at most ``per_day`` times
    in 24 hours; its review is due after ``review_s`` seconds."""

    patients: int = 5
    window_s: int = 3_600
    per_day: int = 2
    review_s: int = 72 * 3_600


class GlassRecord(msgspec.Struct, frozen=True):
    """One break-glass as it is sealed in its row. Times are Unix seconds, 0 for not yet.

    ``used``: patients beyond the budget when it was decided; the budget store forgets in a month.
    """

    account_id: UUID
    session_id: UUID
    code: Emergency
    reason: str
    patients: int
    begun_s: float
    until_s: float
    due_s: float
    ended_s: float = 0.0
    used: float = 0.0
    verdict: Verdict | None = None
    verdict_text: str = ""
    verdict_s: float = 0.0
    reviewer: str = ""

    def is_open(self, now_s: float) -> bool:
        """Whether more may be opened under it."""
        return not self.ended_s and now_s < self.until_s

    @property
    def is_decided(self) -> bool:
        """Whether the review has come to an end."""
        return self.verdict in (Verdict.JUSTIFIED, Verdict.NOT_JUSTIFIED)

    def is_overdue(self, now_s: float) -> bool:
        """Whether nobody has looked at it by its deadline; a follow-up under way was looked at."""
        return self.verdict is None and now_s > self.due_s


class Hindrance(Enum):
    """Why an account may not break the glass now."""

    OPEN = "one is open"
    BARRED = "reviews are open past their deadline"
    USED_UP = "as often as it may in a day"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands: what hinders it, how many of a day's times are left, and when
    (Unix seconds) there is one again where none is."""

    hindrance: Hindrance | None
    left_today: int
    again_s: float = 0.0


def standing(glasses: Iterable[GlassRecord], rules: GlassRules, now_s: float) -> Standing:
    """Whether an account with these glasses may break another one now."""
    known = list(glasses)
    today = sorted(one.begun_s for one in known if one.begun_s > now_s - DAY_S)
    left = max(0, rules.per_day - len(today))
    if any(one.is_open(now_s) for one in known):
        return Standing(Hindrance.OPEN, left)
    if any(one.is_overdue(now_s) for one in known):
        return Standing(Hindrance.BARRED, left)
    if not left:
        again_s = today[-rules.per_day] + DAY_S if rules.per_day else 0.0
        return Standing(Hindrance.USED_UP, 0, again_s)
    return Standing(None, left)


def allowance(patients: int) -> Limit:
    """A break-glass's own budget: it is over long before the window is."""
    return Limit("break-glass", MONTH_S, patients)


def checked_reason(reason: str) -> str:
    """The reason without idle blanks. Raises ReasonUnclear for one that tells a reviewer nothing.

    A few letters repeated, or one long word, is no reason either.
    """
    text = " ".join(reason.split())
    letters = {letter for letter in text.casefold() if letter.isalpha()}
    if (
        len(text) < REASON_LENGTH_MIN
        or sum(is_word(word) for word in text.split()) < REASON_WORDS_MIN
        or len(letters) < LETTERS_MIN
    ):
        raise ReasonUnclear(
            "The reason is too short to be reviewed.",
            field="reason",
            remedy=f"Say in {REASON_LENGTH_MIN} characters or more, and in words, why this cannot"
            " wait; without names or numbers of patients.",
        )
    if len(text) > REASON_LENGTH_MAX:
        raise ReasonUnclear(
            f"The reason is longer than {REASON_LENGTH_MAX} characters.",
            field="reason",
            remedy="Shorten it.",
        )
    return text


def is_word(text: str) -> bool:
    """Whether it has letters enough to be one."""
    return sum(letter.isalpha() for letter in text) >= WORD_LENGTH_MIN


WORD_LENGTH_MIN: Final = 2
LETTERS_MIN: Final = 5
"""Different letters; "aaaa aaaa aaaa" has one."""
