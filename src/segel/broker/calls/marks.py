"""What is asked of the broker about marks in what leaked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class MarkCalls:
    """``BrokerClient.marks``. Each raises Forbidden, CaseUnknown, CaseOver, CaseUnclear."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def carrier(self, requester: m.Requester, case_id: UUID) -> bytes:
        """What reads marks, for the pictures of a case."""
        asked = m.OpenMarkReading(requester, case_id)
        return (await self._client.call(asked, m.MarkCarrier)).carrier

    async def pictures(
        self, requester: m.Requester, case_id: UUID, readings: Sequence[Sequence[bytes]]
    ) -> m.MarksNamed:
        """Whose marks pictures bear. ``readings``: of each picture, float32, best first."""
        asked = m.NameMarks(requester, case_id, tuple(tuple(one) for one in readings))
        return await self._client.call(asked, m.MarksNamed)

    async def rows(
        self,
        requester: m.Requester,
        case_id: UUID,
        ids: Sequence[UUID],
        rows: Sequence[m.RowText],
    ) -> m.RowsNamed:
        """To whom rows were exported."""
        return await self._client.call(
            m.NameRows(requester, case_id, tuple(ids), tuple(rows)), m.RowsNamed
        )
