"""The history of a case in the form in which it is told: touches, counts and ranks. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from segel.broker.leak_accesses import LISTED, Look, Seen
from segel.broker.messages.leak_history import TOUCHES_MAX
from segel.broker.patients import PatientRow
from segel.domain.leak_history import Patient, Shown, Touch, Way

ARCHIVE: Final = UUID("00000000-0000-4000-8000-0000000000a2")
"""Stands for a copy of the whole archive among candidates; no account has it."""

DAY_S: Final = 86_400.0
WEEK_S: Final = 7 * DAY_S
MONTH_S: Final = 28 * DAY_S
DAILY_S: Final = 60 * DAY_S
WEEKLY_S: Final = 400 * DAY_S
"""An archive this old is looked at day by day, week by week; older years month by month."""


class Place:
    """The archive as it is: how many patients, and how they came over time."""

    def __init__(
        self,
        leaves: Sequence[int],
        counts: tuple[dict[UUID, int], int, int],
        drawn: Sequence[tuple[UUID, int]],
    ) -> None:
        self.hospitals, self.studies, self.object_bytes = counts
        self.size = sum(self.hospitals.values())
        self._leaves = np.array(leaves[1:], np.int64)
        self._all = np.sort(np.array([leaf for _, leaf in drawn], np.int64))
        self._of: dict[UUID, list[int]] = defaultdict(list)
        for hospital, leaf in drawn:
            self._of[hospital].append(leaf)

    def rank(self, leaf: int) -> float:
        """How many of all patients came before an entry of the log, 0 to 1."""
        if not len(self._all):
            return 0.0
        return (float(np.searchsorted(self._all, leaf, "left")) + 0.5) / (len(self._all) + 1)

    def growing(self, hospital: UUID | None) -> tuple[int, tuple[int, ...]]:
        """How many patients there are, of a hospital or in all, and were at each period's end."""
        count = self.size if hospital is None else self.hospitals.get(hospital, 0)
        those = self._all if hospital is None else np.sort(np.array(self._of[hospital], np.int64))
        by = self._share(those)
        return count, tuple(max(1, round(count * float(one))) for one in by)

    def _share(self, first: NDArray[np.int64]) -> NDArray[np.float64]:
        if not len(first):
            return np.ones(len(self._leaves))
        return np.searchsorted(first, self._leaves, "right") / len(first)


def edges(first_s: float | None, until_s: float) -> tuple[float, ...]:
    """Where the history is cut: by days while it is young, then by weeks; years ago by months."""
    start = until_s - DAY_S if first_s is None else min(first_s, until_s - 1.0)
    is_young = until_s - start <= DAILY_S
    made = [until_s]
    while made[-1] > start:
        age = until_s - made[-1]
        step = DAY_S if is_young else WEEK_S if age < WEEKLY_S else MONTH_S
        made.append(max(start, made[-1] - step))
    return tuple(reversed(made))


def touches(looks: Iterable[Look], names: Mapping[UUID, bytes]) -> Iterable[Touch]:
    """Whom one account was shown at one moment, as by a list, is one touch."""
    together: dict[tuple[float, Way, UUID, UUID, bool], dict[bytes, None]] = defaultdict(dict)
    for one in looks:
        key = (one.at_s, one.way, one.who, one.session, one.listed)
        together[key][names[one.patient]] = None
    for (at_s, way, who, session, listed), whom in together.items():
        yield Touch(at_s, way, who, session, tuple(whom), LISTED if listed else ())


def copies(
    patients: Mapping[UUID, PatientRow],
    seen: Mapping[UUID, Seen],
    names: Mapping[UUID, bytes],
    edges_s: Sequence[float],
) -> Iterable[Touch]:
    """What lies about: who was in the archive, and in each hospital's share, when periods end."""
    for at_s in edges_s[1:]:
        there: dict[UUID, list[bytes]] = defaultdict(list)
        for one, row in patients.items():
            if seen.get(one, Seen()).arrived_s <= at_s:
                there[row.hospital_id].append(names[one])
        for hospital_id, whom in there.items():
            yield Touch(at_s, Way.HOSPITAL, hospital_id, UUID(int=0), tuple(whom))
        if everybody := tuple(one for whom in there.values() for one in whom):
            yield Touch(at_s, Way.OUTSIDE_COPY, ARCHIVE, UUID(int=0), everybody)


def held_by(place: Place, hospitals: Iterable[UUID]) -> Iterable[Shown]:
    """How many each hospital's share, and the whole, held when periods end."""
    for one in sorted(hospitals):
        yield Shown(Way.HOSPITAL, one, *place.growing(one))
    yield Shown(Way.OUTSIDE_COPY, ARCHIVE, *place.growing(None))


def patient_of(row: PatientRow, codes: Mapping[UUID, str], came: Seen, place: Place) -> Patient:
    """Where somebody is registered, and when they came among all."""
    return Patient(codes.get(row.hospital_id, ""), came.arrived_s, place.rank(came.leaf))


def answered(ids: Sequence[UUID], looks: Iterable[Look]) -> int:
    """How many of them, from the first on, fit into an answer."""
    counts: dict[UUID, int] = defaultdict(int)
    for look in looks:
        counts[look.patient] += 1
    room = TOUCHES_MAX
    for at, one in enumerate(ids):
        room -= counts[one]
        if room < 0 and at:
            return at
    return len(ids)
