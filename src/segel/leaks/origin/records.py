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
    """Of one candidate, ascending by nothing: record, time, period, and what it lacks."""

    record: NDArray[np.int64]
    at_s: NDArray[np.float64]
    period: NDArray[np.int64]
    in_time: NDArray[np.bool_]
    shows: NDArray[np.bool_]
    sessions: tuple[UUID, ...]

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
    """Each candidate's touches of these records."""
    places: dict[bytes, list[int]] = {}
    for at, one in enumerate(found):
        places.setdefault(one.pseudonym, []).append(at)
    needed = [one.kinds - SPARE for one in found]
    edges = np.array(history.edges_s)
    gathered: dict[Who, list[tuple[int, float, bool, bool, UUID]]] = {}
    shows: dict[tuple[tuple[ColumnKind, ...], frozenset[ColumnKind]], bool] = {}
    for touch in history.touches:
        rows = gathered.setdefault((touch.way, touch.who), [])
        for patient in touch.patients:
            for at in places.get(patient, ()):
                state = found[at]
                pair = (touch.kinds, needed[at])
                shown = shows.get(pair)
                if shown is None:
                    shown = shows[pair] = not touch.kinds or needed[at] <= set(touch.kinds)
                in_time = state.from_s <= touch.at_s < state.until_s
                rows.append((at, touch.at_s, in_time, shown, touch.session))
    return {
        who: _table(rows, edges) for who, rows in gathered.items() if rows
    }


def _table(
    rows: Sequence[tuple[int, float, bool, bool, UUID]], edges: NDArray[np.float64]
) -> Touches:
    record, at_s, in_time, shows, sessions = zip(*rows, strict=True)
    times = np.array(at_s)
    period = np.clip(np.searchsorted(edges, times, "right") - 1, 0, max(0, len(edges) - 2))
    return Touches(
        np.array(record), times, period, np.array(in_time), np.array(shows), tuple(sessions)
    )
