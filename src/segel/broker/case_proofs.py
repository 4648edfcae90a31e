"""A case's branch of the log: its entries, each with what proves it."""

from typing import Final
from uuid import UUID

import msgspec
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import SealedEvent
from segel.broker.case_rules import number_of
from segel.broker.errors import BrokerError
from segel.broker.index import Index
from segel.broker.ledger import event_context
from segel.broker.listings import listed_before
from segel.broker.messages.cases import CASE_FORMAT, CaseDocument, CaseEntry
from segel.broker.proofs import LogProofs
from segel.broker.proved_entries import checkpoint_of, proved_event
from segel.broker.secrets import BrokerSecrets
from segel.broker.stored_event import StoredEvent
from segel.domain.clock import Clock
from segel.sealing import unseal
from segel.tlog import NoteVerifier, TlogError

ENTRIES_MAX: Final = 4_000
"""Of one document: with their proofs about half of what one message holds."""


class CaseProofsBroken(BrokerError):
    """A case's entries that were altered, or are of another log or case."""

    code = "case-proofs-broken"


class CaseLog:
    """Reads a case's entries back."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        proofs: LogProofs,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._proofs = proofs
        self._clock = clock

    async def of(self, case_id: UUID) -> CaseDocument:
        """The newest entries of a case, oldest first. Raises BrokerUnavailable."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute("SELECT size FROM log_head WHERE head_id = 1")
            row = await cursor.fetchone()
            size = row[0] if row else 0
            leaves = await listed_before(cursor, self._index, case_id, size, ENTRIES_MAX)
            await cursor.execute(
                "SELECT leaf_index, sealed FROM audit_entries WHERE leaf_index = ANY(%s)"
                " ORDER BY leaf_index",
                (leaves,),
            )
            rows = await cursor.fetchall()
        checkpoint, note = await self._proofs.checkpoint(max(leaves, default=-1) + 1)
        proofs = await self._proofs.of([leaf for leaf, _ in rows], checkpoint.size)
        return CaseDocument(
            case_id=case_id,
            number=number_of(case_id),
            made_s=self._clock(),
            log=self._proofs.vkey,
            witnesses=self._proofs.witnesses,
            quorum=self._proofs.quorum,
            checkpoint=note,
            entries=tuple(
                self._entry(leaf, sealed, proof)
                for (leaf, sealed), proof in zip(rows, proofs, strict=True)
            ),
        )

    def _entry(self, leaf: int, sealed: bytes, proof: tuple[bytes, ...]) -> CaseEntry:
        plain = unseal(self._secrets.system, event_context(None, leaf), sealed)
        entry = msgspec.msgpack.decode(plain, type=SealedEvent)
        return CaseEntry(leaf, entry.salt, entry.event.decode(), proof)


def verify_case(document: CaseDocument, log_vkey: str) -> list[StoredEvent]:
    """Its entries, each in the log whose key is ``log_vkey`` and about this case.

    The key comes from elsewhere than the document. Raises CaseProofsBroken.
    """
    if document.format != CASE_FORMAT:
        raise CaseProofsBroken("This version does not know this format.", field="format")
    try:
        checkpoint = checkpoint_of(
            document.checkpoint, NoteVerifier.parse(log_vkey), document.witnesses, document.quorum
        )
    except TlogError as broken:
        raise CaseProofsBroken(f"The log's signature does not hold. {broken}") from None
    events = []
    for one in document.entries:
        try:
            event = proved_event(one.leaf, one.salt, one.event, one.proof, checkpoint)
        except (TlogError, msgspec.DecodeError):
            raise CaseProofsBroken(
                "The entry is not what the log holds: it, or its proof, was altered.",
                field=f"leaf {one.leaf}",
            ) from None
        if not event.detail.startswith(f"case {document.case_id} "):
            raise CaseProofsBroken("The entry is about something else.", field=f"leaf {one.leaf}")
        events.append(event)
    return events
