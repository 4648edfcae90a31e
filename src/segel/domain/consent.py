"""What a patient decided about the use of their record, by purpose.

Held by the broker, apart from the Consent resources that say it in FHIR: what a key is released
for is not asked of whoever asks for the key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from segel.domain.purpose import Purpose


class Decision(StrEnum):
    """What was decided of a purpose."""

    PERMIT = "permit"
    DENY = "deny"


DECIDABLE: Final = (
    Purpose.TREATMENT,
    Purpose.OPERATIONS,
    Purpose.COORDINATION,
    Purpose.RESEARCH,
)
"""What a patient has a say in. Emergencies, public health and the law's own duties are not among
them, nor is what somebody does with their own record."""

OPT_IN: Final = frozenset({Purpose.RESEARCH})
"""Not done unless a patient permits it; everything else is done unless they decline it."""

RULES_MAX: Final = 32
"""Decisions that a patient has at one time; there are four purposes, and terms for each."""


class Rule(msgspec.Struct, frozen=True, array_like=True):
    """A decision of one purpose. ``until_s``: Unix time from which it is over; 0: it has no end."""

    purpose: Purpose
    decision: Decision
    until_s: int = 0


class Restriction(msgspec.Struct, frozen=True, array_like=True):
    """A use that the hospital stopped because the patient asked for it, until they permit it again.
    ``at_s``: Unix time at which it was granted."""

    purpose: Purpose
    at_s: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a purpose. ``decision`` None: nothing was decided; ``since_s``: Unix time
    at which it was."""

    purpose: Purpose
    decision: Decision | None
    since_s: float = 0

    @property
    def is_used(self) -> bool:
        """Whether the record is used for it."""
        if self.decision is None:
            return self.purpose not in OPT_IN
        return self.decision is Decision.PERMIT


def decided(rules: Iterable[Rule], purpose: Purpose, now_s: float) -> Decision | None:
    """What holds of a purpose now: the first rule that is not over; None where there is none."""
    return next(
        (
            rule.decision
            for rule in rules
            if rule.purpose is purpose and not _is_over(rule.until_s, now_s)
        ),
        None,
    )


def covering(purpose: Purpose, *, own: bool) -> Purpose:
    """Which decision a use falls under. ``own``: somebody uses their own record.

    Who treats and says that the patient asked for it is treating: a purpose is only what the one
    who opens a record says it is, and what was declined is not had under another name.
    """
    if purpose is Purpose.PATIENT_REQUEST and not own:
        return Purpose.TREATMENT
    return purpose


def in_force(newest_first: Sequence[Rule], now_s: float) -> tuple[Rule, ...]:
    """The rules that can ever hold from now on: without what is over, or ends before a newer one
    of the same purpose does."""
    kept: list[Rule] = []
    ends: dict[Purpose, float] = {}
    for rule in newest_first:
        end = rule.until_s or float("inf")
        if end > max(now_s, ends.get(rule.purpose, 0)):
            kept.append(rule)
            ends[rule.purpose] = end
    return tuple(kept)


def _is_over(until_s: int, now_s: float) -> bool:
    return until_s != 0 and until_s <= now_s
