"""Entries of the log, opened for those who take them elsewhere: exports and the syslog forwarder.

An entry of a search names the patients it listed by their own random ids here, as the receiver's
other entries do. What an erased patient's key sealed is left out: nobody can open it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import psycopg

from segel.broker.audit import SealedEvent, listed_token
from segel.broker.audit_codes import LISTED_SYSTEM, OWN_WORDS, URI_SYSTEM
from segel.broker.directory import Directory
from segel.broker.fhir_event import Json
from segel.broker.ledger import event_context
from segel.broker.patient_keys import AUDIT_SCOPE, PatientKeys
from segel.broker.registry import Registry
from segel.broker.secrets import BrokerSecrets
from segel.broker.stored_event import read_event
from segel.sealing import unseal

ENTRIES_MAX: Final = 500
"""Entries opened in one go: each may need a patient's key unwrapped."""

SLICE_BYTES_MAX: Final = 8 * 1024 * 1024
"""Events of one slice: a search that listed 200 patients is 60 kB, and a message holds 16 MiB."""

_ENTRIES: Final = (
    "SELECT e.leaf_index, e.sealed, e.patient_id, p.wrapped_key, p.hospital_id, p.kept_keys"
    " FROM audit_entries e LEFT JOIN patients p ON p.patient_id = e.patient_id"
    " WHERE e.leaf_index >= %(first)s{more} ORDER BY e.leaf_index LIMIT %(limit)s"
)
OF_ACCOUNT: Final = " AND e.leaf_index < %(until)s AND e.account_id = %(account)s"
OF_HOSPITAL: Final = (
    " AND e.leaf_index < %(until)s"
    " AND e.account_id IN (SELECT account_id FROM accounts WHERE hospital_id = %(hospital)s)"
)

BY_AGENT: Final = " AND e.account_id = %(agent)s"

LOOKED_AT_MAX: Final = 32
"""Entries in a row that are looked through for one that can still be opened."""


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry's AuditEvent as JSON, and the patients it is about or lists."""

    leaf: int
    event: bytes
    patients: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """What was read: the entries that could be opened, and the leaf to go on from."""

    entries: tuple[OpenedEntry, ...]
    next_leaf: int
    seen: int


class OpenedEvents:
    """Reads entries in the order of the log."""

    def __init__(self, secrets: BrokerSecrets, registry: Registry, directory: Directory) -> None:
        self._secrets = secrets
        self._registry = registry
        self._directory = directory

    async def read(
        self,
        cursor: psycopg.AsyncCursor,
        first: int,
        limit: int,
        more: str = "",
        **values: UUID | int,
    ) -> Slice:
        """At most ``limit`` entries from leaf ``first`` on.

        ``more``: OF_ACCOUNT or OF_HOSPITAL, and its values; ``until``: a leaf to stop before.
        Raises BrokerUnavailable where the KMS opens nothing now.
        """
        limit = max(1, min(limit, ENTRIES_MAX))
        await cursor.execute(_ENTRIES.format(more=more), {"first": first, "limit": limit, **values})
        rows = await cursor.fetchall()
        if not rows:
            return Slice((), first, 0)
        keys: dict[UUID, PatientKeys] = {}
        for hospital_id in {row[4] for row in rows if row[4]}:
            hospital = await self._directory.hospital(hospital_id)
            of_hospital = {row[2]: (row[3], row[5]) for row in rows if row[4] == hospital_id}
            wrapped = {patient: row for patient, row in of_hospital.items() if row[0]}
            keys |= await self._registry.open_patients(hospital.kek_id, wrapped)
        return await asyncio.to_thread(self._opened, rows, keys)

    async def leaf_at(self, cursor: psycopg.AsyncCursor, at_s: float, size: int) -> int:
        """The first leaf below ``size`` that was recorded at a Unix time or later, else ``size``;
        rather a few too early than too late, where nearby entries can be opened no more. Nothing of
        the entries that are opened on the way is told.

        Raises BrokerUnavailable where the KMS opens nothing now.
        """
        low, high = 0, size
        while low < high:
            middle = (low + high) // 2
            for limit in (1, LOOKED_AT_MAX):
                found = await self.read(
                    cursor, middle, limit, " AND e.leaf_index < %(until)s", until=high
                )
                if found.entries:
                    break
            if found.entries and _recorded_s(found.entries[0]) < at_s:
                low = found.entries[0].leaf + 1
            else:
                high = middle
        return low

    def _opened(
        self,
        rows: Sequence[tuple[int, bytes, UUID | None, bytes | None, UUID, bytes | None]],
        keys: dict[UUID, PatientKeys],
    ) -> Slice:
        entries: list[OpenedEntry] = []
        seen, next_leaf, room = 0, rows[0][0], SLICE_BYTES_MAX
        for leaf, sealed, patient, *_ in rows:
            if patient is None:
                key = self._secrets.system
            elif patient not in keys:
                seen, next_leaf = seen + 1, leaf + 1
                continue
            else:
                key = keys[patient].scope(AUDIT_SCOPE)
            plain = unseal(key, event_context(patient, leaf), sealed)
            entry = msgspec.msgpack.decode(plain, type=SealedEvent)
            about = (patient,) if patient else entry.listed
            room -= len(entry.event)
            if room < 0 and entries:
                break
            entries.append(OpenedEntry(leaf, for_others(entry), about))
            seen, next_leaf = seen + 1, leaf + 1
        return Slice(tuple(entries), next_leaf, seen)


def _recorded_s(entry: OpenedEntry) -> float:
    recorded = msgspec.json.decode(entry.event, type=Json)["recorded"]
    return datetime.fromisoformat(recorded).timestamp()


def for_others(entry: SealedEvent) -> bytes:
    """The event as it leaves: listed patients by their own ids, and no text that somebody wrote."""
    event = msgspec.json.decode(entry.event, type=Json)
    if "outcomeDesc" in event and read_event(entry.event).kind not in OWN_WORDS:
        del event["outcomeDesc"]
    known = {listed_token(entry.nonce(patient), patient): patient for patient in entry.listed}
    for entity in event.get("entity", []):
        identifier = entity.get("what", {}).get("identifier", {})
        if identifier.get("system") == LISTED_SYSTEM:
            identifier |= {"system": URI_SYSTEM, "value": known[identifier["value"]].urn}
    return msgspec.json.encode(event)
