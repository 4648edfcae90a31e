"""How many distinct patients a whole hospital touched: exact, and in constant memory. Pure.

An account's budget keeps every touch in memory; a hospital's month would be too many. Here each
window is a ring of ``BUCKETS`` counters. A patient counts, in whole fifths, in the bucket of their
last touch, and is moved from there by the next one: for that the store looks up one row by token.
The sum over a window's buckets is the number of its distinct patients. A bucket leaves as a whole,
so that a window is as long as it says, and up to a sixtieth longer; it is never shorter.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from segel.broker.budgets import DAY_S, FIFTHS, HOUR_S, MONTH_S, Limit, Refusal, Touch

BUCKETS: Final = 60
"""An hour by minutes, a day by 24 minutes, a month by half days: 183 counters, about a kilobyte."""

WINDOWS_S: Final = (HOUR_S, DAY_S, MONTH_S)


@dataclass(slots=True)
class Tally:
    """Fifths of patients by window (seconds) and bucket of their last touch."""

    rings: dict[int, dict[int, int]] = field(
        default_factory=lambda: {seconds: {} for seconds in WINDOWS_S}
    )

    def fifths(self, seconds: int, now_s: float) -> int:
        """What a window holds."""
        first = _bucket(now_s - seconds, seconds)
        return sum(count for at, count in self.rings[seconds].items() if at >= first)

    def patients(self, seconds: int, now_s: float) -> float:
        """The same, in patients."""
        return self.fifths(seconds, now_s) / FIFTHS

    def move(self, before: Touch, after: Touch, now_s: float) -> None:
        """Count a patient where they were touched last, and forget what left the windows."""
        for seconds, ring in self.rings.items():
            first = _bucket(now_s - seconds, seconds)
            for at in [at for at in ring if at < first]:
                del ring[at]
            for at, count in _places(before, seconds):
                if at >= first:
                    ring[at] -= count
            for at, count in _places(after, seconds):
                if at >= first:
                    ring[at] = ring.get(at, 0) + count

    def decide(
        self, more: Mapping[int, int], limits: Iterable[Limit], now_s: float
    ) -> Refusal | None:
        """Whether the windows (seconds) have room for so many fifths ``more``; None where they
        have."""
        for limit in limits:
            wanted = more[limit.seconds]
            if wanted > 0 and self.fifths(limit.seconds, now_s) + wanted > limit.patients * FIFTHS:
                return Refusal(limit, self._seconds_until_room(limit.seconds, now_s))
        return None

    def _seconds_until_room(self, seconds: int, now_s: float) -> int:
        first = _bucket(now_s - seconds, seconds)
        held = [at for at, count in self.rings[seconds].items() if at >= first and count > 0]
        if not held:
            return seconds
        return max(1, int((min(held) + 1) * _width(seconds) + seconds - now_s) + 1)


def added(moves: Collection[tuple[Touch, Touch]], now_s: float) -> dict[int, int]:
    """The fifths that touches, each from one state to another, add to every window (seconds)."""
    more = {}
    for seconds in WINDOWS_S:
        first = _bucket(now_s - seconds, seconds)
        more[seconds] = sum(
            _within(after, seconds, first) - _within(before, seconds, first)
            for before, after in moves
        )
    return more


def counts_alike(one: Touch, other: Touch) -> bool:
    """Whether a patient counts in the same buckets of every window, as either was touched last."""
    return all(
        list(_places(one, seconds)) == list(_places(other, seconds)) for seconds in WINDOWS_S
    )


def _width(seconds: int) -> int:
    return seconds // BUCKETS


def _bucket(at_s: float, seconds: int) -> int:
    return int(at_s // _width(seconds))


def _places(touch: Touch, seconds: int) -> Iterator[tuple[int, int]]:
    """The buckets that a patient counts in: one who was opened and then listed leaves in two."""
    opened = _bucket(touch.opened_s, seconds) if touch.opened_s else -1
    listed = _bucket(touch.listed_s, seconds) if touch.listed_s else -1
    if listed > opened:
        yield listed, 1
    if opened >= 0:
        yield opened, FIFTHS - 1 if listed > opened else FIFTHS


def _within(touch: Touch, seconds: int, first: int) -> int:
    return sum(count for at, count in _places(touch, seconds) if at >= first)
