"""Who opened a patient's record, for the patient: opened, named, and with a proof each."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import SealedEvent
from segel.broker.directory import Directory
from segel.broker.index import Index
from segel.broker.ledger import event_context
from segel.broker.listings import listed_before
from segel.broker.messages import (
    FILE_LINES_MAX,
    RecordDocument,
    RecordLine,
    RecordTrail,
    SignedRecord,
)
from segel.broker.patient_keys import AUDIT_SCOPE, PatientKeys
from segel.broker.proofs import LogProofs
from segel.broker.record_document import record_text
from segel.broker.registry import Registry, open_identity
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock
from segel.sealing import unseal

BODY_BYTES_MAX: Final = 8 * 1024 * 1024
"""Events in one document: a search that listed 200 patients is 60 kB, a message holds 16 MiB."""

_NEWEST: Final = 2**62


@dataclass(frozen=True, slots=True)
class _Entry:
    leaf: int
    account_id: UUID | None
    sealed: bytes
    listed: bool = False


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A patient as the table holds them; no key where they were erased."""

    patient_id: UUID
    kek_id: str
    wrapped: bytes | None
    kept: bytes | None
    sealed: bytes


class Records:
    """Reads a patient's entries back. ``names``: whether patients see the names of staff."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        registry: Registry,
        directory: Directory,
        proofs: LogProofs,
        clock: Clock,
        *,
        names: bool,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._registry = registry
        self._directory = directory
        self._proofs = proofs
        self._clock = clock
        self._names = names

    async def page(self, patient_id: UUID, before: int, limit: int) -> RecordTrail:
        """The newest entries below leaf ``before`` (0: of all) about a patient."""
        limit = max(1, min(limit, FILE_LINES_MAX))
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            patient = await self._patient(cursor, patient_id)
            entries = await self._entries(cursor, patient_id, before or _NEWEST, limit + 1)
        more = len(entries) > limit
        entries = entries[:limit]
        erased = patient.wrapped is None
        if erased:
            entries = [entry for entry in entries if entry.listed]
        size_min = entries[0].leaf + 1 if entries else 0
        checkpoint, note = await self._proofs.checkpoint(size_min)
        proofs = await self._proofs.of([entry.leaf for entry in entries], checkpoint.size)
        shown = await self._shown({entry.account_id for entry in entries if entry.account_id})
        keys = None
        if patient.wrapped is not None:
            keys = await self._registry.open_patient(
                patient.kek_id, patient_id, patient.wrapped, patient.kept
            )
        lines, name = await asyncio.to_thread(self._opened, patient, keys, entries, proofs, shown)
        document = RecordDocument(
            patient=patient_id,
            made_s=self._clock(),
            log=self._proofs.vkey,
            witnesses=self._proofs.witnesses,
            quorum=self._proofs.quorum,
            checkpoint=note,
            lines=tuple(lines),
        )
        body = msgspec.json.encode(document).decode()
        record = SignedRecord(body, self._proofs.sign(record_text(body)))
        is_cut = len(lines) < len(entries)
        older = lines[-1].leaf if lines and (more or is_cut) else 0
        return RecordTrail(record, older, name, erased)

    async def _patient(self, cursor: psycopg.AsyncCursor, patient_id: UUID) -> PatientRow:
        await cursor.execute(
            "SELECT hospital_id, wrapped_key, kept_keys, sealed FROM patients"
            " WHERE patient_id = %s",
            (patient_id,),
        )
        row = await cursor.fetchone()
        assert row is not None, "a patient's account is made for a patient; a tombstone stays"
        hospital = await self._directory.hospital(row[0])
        return PatientRow(patient_id, hospital.kek_id, row[1], row[2], row[3])

    async def _entries(
        self, cursor: psycopg.AsyncCursor, patient_id: UUID, before: int, limit: int
    ) -> list[_Entry]:
        await cursor.execute(
            "SELECT leaf_index, account_id, sealed FROM audit_entries"
            " WHERE patient_id = %s AND leaf_index < %s ORDER BY leaf_index DESC LIMIT %s",
            (patient_id, before, limit),
        )
        found = [_Entry(*row) for row in await cursor.fetchall()]
        await cursor.execute("SELECT size FROM log_head WHERE head_id = 1")
        row = await cursor.fetchone()
        newest = min(before, row[0]) if row else 0
        leaves = await listed_before(cursor, self._index, patient_id, newest, limit)
        await cursor.execute(
            "SELECT leaf_index, account_id, sealed FROM audit_entries WHERE leaf_index = ANY(%s)",
            (leaves,),
        )
        found += [
            _Entry(leaf, account_id, sealed, listed=True)
            for leaf, account_id, sealed in await cursor.fetchall()
        ]
        return sorted(found, key=lambda entry: entry.leaf, reverse=True)[:limit]

    async def _shown(self, account_ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
        people = await self._directory.people(list(account_ids))
        return {
            account_id: (account.name if self._names else "", hospital.name if hospital else "")
            for account_id, (account, hospital) in people.items()
        }

    def _opened(
        self,
        patient: PatientRow,
        keys: PatientKeys | None,
        entries: list[_Entry],
        proofs: list[tuple[bytes, ...]],
        shown: dict[UUID, tuple[str, str]],
    ) -> tuple[list[RecordLine], str]:
        audit_key, name = b"", ""
        if keys is not None:
            audit_key = keys.scope(AUDIT_SCOPE)
            name = open_identity(keys, patient.patient_id, patient.sealed).name
        lines: list[RecordLine] = []
        room = BODY_BYTES_MAX
        for entry, proof in zip(entries, proofs, strict=True):
            opened = self._open(entry, patient.patient_id, audit_key)
            room -= len(opened.event)
            if room < 0 and lines:
                break
            who, where = shown.get(entry.account_id, ("", "")) if entry.account_id else ("", "")
            lines.append(
                RecordLine(
                    leaf=entry.leaf,
                    salt=opened.salt,
                    event=opened.event.decode(),
                    proof=proof,
                    nonce=opened.nonce(patient.patient_id) if opened.listing_key else b"",
                    name=who,
                    hospital=where,
                )
            )
        return lines, name

    def _open(self, entry: _Entry, patient_id: UUID, audit_key: bytes) -> SealedEvent:
        key, owner = (self._secrets.system, None) if entry.listed else (audit_key, patient_id)
        plain = unseal(key, event_context(owner, entry.leaf), entry.sealed)
        return msgspec.msgpack.decode(plain, type=SealedEvent)
