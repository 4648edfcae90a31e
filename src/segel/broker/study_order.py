"""Candidates of a search: opened, filtered, and put in order, the newest first.

The order of studies is sealed with them: to show the newest 25 of a day, all of it has to be opened
once. What an order was is remembered by the seal that it was read from, so that the next look at
the day opens 25 patients' keys and not those of a thousand who are not shown.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from segel.broker.consents import Hiding, Marked
from segel.broker.patient_keys import PatientKeys
from segel.broker.registry import Registry, open_summary
from segel.domain.dicom import JsonDataset, text_value
from segel.domain.matching import matches
from segel.sealing import study_scope

ORDERS_KEPT: Final = 100_000
"""Studies whose order is remembered: some 30 MB, the days that a hundred hospitals look at."""

STUDY_DATE: Final = "00080020"
STUDY_TIME: Final = "00080030"
_TAG_BYTES: Final = 16

Order = tuple[str, str, str]
"""Study date, study time, study id."""


@dataclass(slots=True)
class Candidate:
    """A study that may match; from ``scope_key`` on, what is known once it is opened."""

    study_id: UUID
    patient_id: UUID
    sealed: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)
    kept: bytes | None = field(repr=False)
    mark: UUID | None
    scope_key: bytes = field(default=b"", repr=False)
    attributes: JsonDataset = field(default_factory=dict, repr=False)
    series: list[JsonDataset] = field(default_factory=list, repr=False)
    instance_count: int = 0

    @property
    def order(self) -> Order:
        """Where an opened study comes."""
        return (
            text_value(self.attributes, STUDY_DATE),
            text_value(self.attributes, STUDY_TIME),
            self.study_id.hex,
        )


@dataclass(slots=True)
class Opening:
    """Opens candidates for one query: nobody's who is hidden from whoever asks.

    ``damaged``: the patients met whose keys do not verify.
    """

    registry: Registry
    kek_id: str
    hiding: Hiding
    filters: dict[str, str] = field(repr=False)
    fuzzy: bool
    damaged: set[UUID] = field(default_factory=set)

    async def open(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Those that may be seen and match, opened. Raises BrokerUnavailable."""
        if not candidates:
            return []
        wrapped = {one.patient_id: (one.wrapped, one.kept) for one in candidates}
        keys = await self.registry.open_patients(self.kek_id, wrapped)
        self.damaged |= wrapped.keys() - keys.keys()
        marks = {one.patient_id: one.mark for one in candidates}
        hidden = await self.hiding({one: Marked(marks[one], keys[one]) for one in keys})
        seen = [one for one in candidates if one.patient_id in keys.keys() - hidden]
        return await asyncio.to_thread(self._matching, seen, keys)

    def _matching(
        self, candidates: Iterable[Candidate], keys: Mapping[UUID, PatientKeys]
    ) -> list[Candidate]:
        found = []
        for one in candidates:
            one.scope_key = keys[one.patient_id].scope(study_scope(one.study_id))
            one.attributes = open_summary(one.scope_key, one.patient_id, one.study_id, one.sealed)
            if matches(one.attributes, self.filters, fuzzy=self.fuzzy):
                found.append(one)
        return found


class Orders:
    """Remembers where studies come. What it holds names no study: the end of a seal, and a time."""

    def __init__(self, kept: int = ORDERS_KEPT) -> None:
        self._kept = kept
        self._known: dict[bytes, Order] = {}

    def newest(self, opened: Iterable[Candidate]) -> list[Candidate]:
        """Opened candidates in order."""
        found = sorted(opened, key=lambda one: one.order, reverse=True)
        self._remember(found)
        return found

    async def first(
        self, candidates: Iterable[Candidate], count: int, opening: Opening
    ) -> list[Candidate]:
        """The first ``count`` in order of those that may be seen and match, opened.

        Only for candidates that nearly all match: the others are opened in vain. Raises
        BrokerUnavailable.
        """
        unknown, waiting = [], []
        for one in candidates:
            order = self._known.get(_tag(one))
            if order is None:
                unknown.append(one)
            else:
                waiting.append((order, one))
        waiting.sort(key=lambda pair: pair[0], reverse=True)
        some, waiting = waiting[:count], waiting[count:]
        opened = await opening.open([*unknown, *(one for _, one in some)])
        while True:
            found = self.newest(opened)
            if waiting:  # what comes after the first of these may not be among the first
                found = [one for one in found if one.order > waiting[0][0]]
            if len(found) >= count or not waiting:
                return found[:count]
            missing = count - len(found)
            some, waiting = waiting[:missing], waiting[missing:]
            opened += await opening.open([one for _, one in some])

    def _remember(self, opened: Iterable[Candidate]) -> None:
        for one in opened:
            self._known[_tag(one)] = one.order
        while len(self._known) > self._kept:
            del self._known[next(iter(self._known))]


def _tag(one: Candidate) -> bytes:
    """What the seal ends with: another for each time that a summary was sealed."""
    return bytes(one.sealed[-_TAG_BYTES:])
