"""What the log says an account did, for the account itself."""

import asyncio
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import SealedEvent
from segel.broker.directory import LiveSession
from segel.broker.index import Index
from segel.broker.ledger import event_context
from segel.broker.messages import AuditLine, AuditTrail
from segel.broker.patient_keys import AUDIT_SCOPE, PatientKeys
from segel.broker.registry import Registry
from segel.broker.secrets import BrokerSecrets
from segel.sealing import unseal

LINES_MAX: Final = 500


class Trail:
    """Reads back, for its own account, what the ledger wrote."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        registry: Registry,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._registry = registry

    async def of_account(self, session: LiveSession, limit: int) -> AuditTrail:
        """The account's newest events; those of erased patients cannot be opened and are left."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT e.leaf_index, e.sealed, e.patient_id, p.wrapped_key, p.kept_keys"
                    " FROM audit_entries e LEFT JOIN patients p ON p.patient_id = e.patient_id"
                    " WHERE e.account_id = %s ORDER BY e.leaf_index DESC LIMIT %s",
                    (session.claims.account_id, min(limit, LINES_MAX)),
                )
            ).fetchall()
        keys: dict[UUID, PatientKeys] = {}
        if session.hospital is not None:
            wrapped = {patient: (key, kept) for _, _, patient, key, kept in rows if patient and key}
            keys = await self._registry.open_patients(session.hospital.kek_id, wrapped)
        return AuditTrail(
            await asyncio.to_thread(
                lambda: [
                    line
                    for leaf_index, sealed, patient_id, *_ in rows
                    if (line := self._open(leaf_index, sealed, patient_id, keys))
                ]
            )
        )

    def _open(
        self,
        leaf_index: int,
        sealed: bytes,
        patient_id: UUID | None,
        keys: Mapping[UUID, PatientKeys],
    ) -> AuditLine | None:
        if patient_id is None:
            key = self._secrets.system
        elif patient_id not in keys:
            return None
        else:
            key = keys[patient_id].scope(AUDIT_SCOPE)
        plain = unseal(key, event_context(patient_id, leaf_index), sealed)
        entry = msgspec.msgpack.decode(plain, type=SealedEvent)
        return AuditLine(leaf_index, entry.event.decode())
