"""What the log says of a sample's patients: who was shown them, and when they and their studies
came. And of those who were shown any of them, how many others.

A patient's own entries are opened with the patient's key, searches with the broker's. What an
account was shown in all is counted without opening anything of anybody else.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec
import numpy as np
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import Kind, Outcome, SealedEvent
from segel.broker.index import Index
from segel.broker.ledger import event_context
from segel.broker.listings import listed_before
from segel.broker.patients import PatientRow
from segel.broker.secrets import BrokerSecrets
from segel.broker.stored_event import StoredEvent, read_event
from segel.domain.leak_history import Shown, Way
from segel.domain.leak_rows import ColumnKind
from segel.domain.roles import Role
from segel.sealing import unseal

PLATFORM: Final = UUID("00000000-0000-4000-8000-0000000000a1")
"""Stands for the national platform among candidates; no account has it."""

LISTED: Final = (
    ColumnKind.NAME, ColumnKind.BIRTH_DATE, ColumnKind.SEX, ColumnKind.MEDICAL_RECORD,
    ColumnKind.ACCESSION, ColumnKind.MODALITY, ColumnKind.EVENT_TIME, ColumnKind.HOSPITAL,
)  # fmt: skip
"""What a search's list shows of a patient whom nobody opens."""

LISTED_MAX: Final = 10_000
"""Searches that listed one patient, the newest of them."""

ENTRIES_AT_ONCE: Final = 5_000

_SHOWING: Final = {
    one.label
    for one in (
        Kind.READ, Kind.STORE, Kind.CHART_READ, Kind.CHART_CREATE, Kind.CHART_UPDATE,
        Kind.STUDY_COPY, Kind.CHART_COPY, Kind.DISCLOSURE, Kind.RECORDS_EXPORT, Kind.REQUEST_READ,
        Kind.CARD_ISSUE, Kind.PICTURE_EXPORT,
    )
}  # fmt: skip
"""Kinds of entries by which somebody held a patient's data in their hands."""


@dataclass(frozen=True, slots=True)
class Seen:
    """When somebody first stands in the log (infinite for never), at which entry, and when each of
    their studies does."""

    arrived_s: float = float("inf")
    leaf: int = -1
    studies: Mapping[UUID, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """That a patient was shown to somebody; ``listed``: in a list, and not opened. ``account``:
    whose entry it is, where ``who`` is an export or a partner."""

    leaf: int
    at_s: float
    way: Way
    who: UUID
    session: UUID
    patient: UUID
    listed: bool
    account: UUID


@dataclass(frozen=True, slots=True)
class _Entry:
    leaf: int
    account_id: UUID | None
    patient_id: UUID | None
    sealed: bytes


class LeakAccesses:
    """Reads the log of one broker's database."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index

    async def own(self, opened: Mapping[UUID, PatientRow]) -> tuple[list[Look], dict[UUID, Seen]]:
        """The patients' own entries: who opened, stored, exported them, and when they came."""
        audit_keys = {one: row.audit_key for one, row in opened.items()}
        looks: list[Look] = []
        seen: dict[UUID, Seen] = {}
        async for rows in self._batches(
            "SELECT leaf_index, account_id, patient_id, sealed FROM audit_entries"
            " WHERE patient_id = ANY(%b::uuid[]) ORDER BY leaf_index",
            (list(opened),),
        ):
            entries = [_Entry(*row) for row in rows]
            await asyncio.to_thread(self._read, entries, audit_keys, looks, seen)
        return looks, seen

    def _read(
        self,
        entries: Sequence[_Entry],
        audit_keys: Mapping[UUID, bytes],
        looks: list[Look],
        seen: dict[UUID, Seen],
    ) -> None:
        for one in entries:
            assert one.patient_id is not None, "they are looked for by patient"
            said = read_event(self._opened(one, audit_keys[one.patient_id]).event)
            if said.outcome != Outcome.SUCCESS.value:
                continue
            at_s = said.recorded_s
            before = seen.get(one.patient_id, Seen(at_s, one.leaf))
            studies = dict(before.studies)
            if said.study:
                studies.setdefault(UUID(said.study), at_s)
            seen[one.patient_id] = Seen(before.arrived_s, before.leaf, studies)
            if look := _look(said, one, at_s):
                looks.append(look)

    async def listings(self, patients: Iterable[UUID], size: int) -> list[Look]:
        """The searches that listed patients. ``size``: of the log."""
        leaves: dict[int, list[UUID]] = defaultdict(list)
        looks: list[Look] = []
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            for patient in patients:
                for leaf in await listed_before(cursor, self._index, patient, size, LISTED_MAX):
                    leaves[leaf].append(patient)
            wanted = sorted(leaves)
            for at in range(0, len(wanted), ENTRIES_AT_ONCE):
                await cursor.execute(
                    "SELECT leaf_index, account_id, patient_id, sealed FROM audit_entries"
                    " WHERE leaf_index = ANY(%b::bigint[]) AND patient_id IS NULL",
                    (wanted[at : at + ENTRIES_AT_ONCE],),
                )
                entries = [_Entry(*row) for row in await cursor.fetchall()]
                looks += await asyncio.to_thread(self._listing, entries, leaves)
        return looks

    def _listing(
        self, entries: Sequence[_Entry], leaves: Mapping[int, Sequence[UUID]]
    ) -> list[Look]:
        looks = []
        for one in entries:
            said = read_event(self._opened(one, self._secrets.system).event)
            if said.outcome == Outcome.SUCCESS.value and one.account_id is not None:
                session = _uuid(said.session)
                looks += [
                    Look(
                        one.leaf,
                        said.recorded_s,
                        Way.ACCOUNT,
                        one.account_id,
                        session,
                        patient,
                        True,
                        one.account_id,
                    )
                    for patient in leaves[one.leaf]
                ]
        return looks

    async def shown(self, account_ids: Iterable[UUID], edges: Sequence[int]) -> list[Shown]:
        """How many distinct patients each account opened, and how many it only saw in lists: in
        all and by period. ``edges``: first entries of the periods, and the end of the last."""
        made: list[Shown] = []
        for account_id in account_ids:
            opened = await self._opened_by(account_id, edges)
            whom = set[UUID]().union(*opened)
            listed = await self._listed_by(account_id, edges, whom)
            for by, kinds in ((opened, ()), (listed, LISTED)):
                if count := len(set[UUID]().union(*by)):
                    made.append(Shown(Way.ACCOUNT, account_id, count, tuple(map(len, by)), kinds))
        return made

    async def told(self, account_ids: Iterable[UUID], edges: Sequence[int]) -> list[Shown]:
        """Of how many patients the national platform had been told by each period's end."""
        by: list[set[UUID]] = [set() for _ in edges[1:]]
        for account_id in account_ids:
            for all_of, those in zip(by, await self._opened_by(account_id, edges), strict=True):
                all_of |= those
        whole: set[UUID] = set()
        counts = []
        for those in by:
            whole |= those
            counts.append(len(whole))
        return [Shown(Way.PARTNER, PLATFORM, len(whole), tuple(counts))] if whole else []

    async def _opened_by(self, account_id: UUID, edges: Sequence[int]) -> list[set[UUID]]:
        by: list[set[UUID]] = [set() for _ in edges[1:]]
        async for rows in self._batches(
            "SELECT DISTINCT width_bucket(leaf_index, %b::bigint[]), patient_id"
            " FROM audit_entries WHERE account_id = %b AND leaf_index < %b"
            " AND patient_id IS NOT NULL",
            (list(edges[:-1]), account_id, edges[-1]),
        ):
            for period, patient in rows:
                by[max(0, period - 1)].add(patient)
        return by

    async def _listed_by(
        self, account_id: UUID, edges: Sequence[int], opened: set[UUID]
    ) -> list[set[UUID]]:
        by: list[set[UUID]] = [set() for _ in edges[1:]]
        starts = np.array(edges[:-1], np.int64)
        async for rows in self._batches(
            "SELECT leaf_index, account_id, patient_id, sealed FROM audit_entries"
            " WHERE account_id = %b AND leaf_index < %b AND patient_id IS NULL",
            (account_id, edges[-1]),
        ):
            entries = [_Entry(*row) for row in rows]
            for leaf, listed in await asyncio.to_thread(self._lists, entries):
                period = int(np.searchsorted(starts, leaf, "right")) - 1
                by[max(0, period)] |= listed - opened
        return by

    async def _batches(
        self, sql: str, parameters: Sequence[object]
    ) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Rows as they come: an account may have millions."""
        batch: list[tuple[Any, ...]] = []
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            async for row in cursor.stream(sql.encode(), parameters, size=ENTRIES_AT_ONCE):
                batch.append(row)
                if len(batch) == ENTRIES_AT_ONCE:
                    yield batch
                    batch = []
        yield batch

    def _lists(self, entries: Sequence[_Entry]) -> list[tuple[int, set[UUID]]]:
        return [
            (one.leaf, set(listed))
            for one in entries
            if (listed := self._opened(one, self._secrets.system).listed)
        ]

    def _opened(self, one: _Entry, key: bytes) -> SealedEvent:
        plain = unseal(key, event_context(one.patient_id, one.leaf), one.sealed)
        return msgspec.msgpack.decode(plain, type=SealedEvent)


def _look(said: StoredEvent, one: _Entry, at_s: float) -> Look | None:
    """Whom an entry shows the patient to; None where nobody was shown anything, or they themselves
    were."""
    assert one.patient_id is not None
    if said.kind not in _SHOWING or said.role == Role.PATIENT or one.account_id is None:
        return None
    way, who = Way.ACCOUNT, one.account_id
    if said.kind == Kind.RECORDS_EXPORT.label:
        way, who = Way.EXPORT, _uuid(said.detail.partition(" ")[0])
    elif said.kind == Kind.DISCLOSURE.label:
        way, who = Way.PARTNER, PLATFORM
    return Look(
        one.leaf, at_s, way, who, _uuid(said.session), one.patient_id, False, one.account_id
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


async def first_leaves(cursor: psycopg.AsyncCursor, patients: Sequence[UUID]) -> dict[UUID, int]:
    """Each patient's first entry in the log."""
    await cursor.execute(
        "SELECT w.patient_id, e.leaf_index FROM unnest(%b::uuid[]) AS w (patient_id), LATERAL"
        " (SELECT leaf_index FROM audit_entries WHERE audit_entries.patient_id = w.patient_id"
        " ORDER BY leaf_index LIMIT 1) e",
        (list(patients),),
    )
    rows: list[tuple[Any, ...]] = await cursor.fetchall()
    return dict(rows)
