"""Which records each candidate can have given, as a table of touches. Pure, in numpy.

A touch gives a record where it showed that patient, at a time at which the archive held what the
record shows, and showed these kinds of columns. What is lacking is kept: it speaks against.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from segel.leaks.extent.states import State
from segel.leaks.model import ColumnKind, History, Way

RECORDS_MAX: Final = 2_000
"""Records that are weighed; of a larger sample an even draw. More would only sharpen what is sharp
already."""

SPARE: Final = frozenset({ColumnKind.OTHER, ColumnKind.HOSPITAL, ColumnKind.SEX})
"""Kinds that a seller knows without having been shown them: from the name, from the account."""

Who = tuple[Way, UUID]


@dataclass(frozen=True, slots=True)
class Touches:
    """Of one candidate, in no order: record, time, period, and what is in order."""

    record: NDArray[np.int64]
    at_s: NDArray[np.float64]
    period: NDArray[np.int64]
    in_time: NDArray[np.bool_]
    shows: NDArray[np.bool_]

    @property
    def gives(self) -> NDArray[np.bool_]:
        """Whether each touch can have given its record."""
        return self.in_time & self.shows


def drawn(found: Sequence[State], seed: int = 0) -> list[State]:
    """At most ``RECORDS_MAX`` of them, each patient once."""
    once = {one.pseudonym: one for one in found}
    kept = list(once.values())
    if len(kept) <= RECORDS_MAX:
        return kept
    chosen = np.random.default_rng(seed).choice(len(kept), RECORDS_MAX, replace=False)
    return [kept[at] for at in sorted(chosen)]


def touches_of(found: Sequence[State], history: History) -> dict[Who, Touches]:
    """Each candidate's touches of these records, each patient being in ``found`` once."""
    places = {one.pseudonym: at for at, one in enumerate(found)}
    needed = [one.kinds - SPARE for one in found]
    from_s = np.array([one.from_s for one in found])
    until_s = np.array([one.until_s for one in found])
    edges = np.array(history.edges_s)
    gathered: dict[Who, list[tuple[NDArray[np.int64], float, NDArray[np.bool_]]]] = {}
    for touch in history.touches:
        seen = [at for one in touch.patients if (at := places.get(one)) is not None]
        if seen:
            kinds = set(touch.kinds)
            shows = np.array([not kinds or needed[at] <= kinds for at in seen])
            gathered.setdefault((touch.way, touch.who), []).append(
                (np.array(seen), touch.at_s, shows)
            )
    found_touches = {}
    for who, parts in gathered.items():
        record = np.concatenate([part[0] for part in parts])
        times = np.repeat([part[1] for part in parts], [len(part[0]) for part in parts])
        found_touches[who] = Touches(
            record,
            times,
            np.clip(np.searchsorted(edges, times, "right") - 1, 0, max(0, len(edges) - 2)),
            (from_s[record] <= times) & (times < until_s[record]),
            np.concatenate([part[2] for part in parts]),
        )
    return found_touches
