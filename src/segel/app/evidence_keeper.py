"""The console's ``Evidence`` over the files of cases."""

from collections.abc import AsyncIterator
from uuid import UUID

from segel.broker import BrokerClient, Requester
from segel.domain.cases import ObjectKind
from segel.leaks.cases import CaseStore
from segel.store.objects import ObjectStore


class EvidenceKeeper:
    """Seals what comes as evidence of a case."""

    def __init__(self, broker: BrokerClient, objects: ObjectStore) -> None:
        self._store = CaseStore(broker.cases, objects)

    async def add(
        self,
        requester: Requester,
        case_id: UUID,
        name: str,
        source: str,
        stream: AsyncIterator[bytes],
    ) -> UUID:
        """Seal a stream as evidence; its id."""
        return await self._store.put(
            requester, case_id, ObjectKind.EVIDENCE, name, stream, source=source
        )
