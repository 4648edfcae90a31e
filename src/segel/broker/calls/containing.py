"""Containing a leak, as officers ask for it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class ContainingCalls:
    """``BrokerClient.containing``. Each raises Forbidden, CaseUnknown."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def foresee(
        self, requester: m.Requester, case_id: UUID, measures: Sequence[m.Measure]
    ) -> list[m.Effect]:
        """What measures would stop. Raises CaseUnclear, TargetUnknown."""
        asked = m.Foresee(requester, case_id, tuple(measures))
        return (await self._client.call(asked, m.Effects)).effects

    async def contain(
        self,
        requester: m.Requester,
        case_id: UUID,
        measures: Sequence[m.Measure],
        reason: str,
        *,
        until_s: float = 0.0,
        rehearse: bool = False,
    ) -> m.Effects:
        """Do it. Raises CaseUnclear, TargetUnknown, ReasonMissing, CaseOver."""
        asked = m.Contain(requester, case_id, tuple(measures), reason, until_s, rehearse)
        return await self._client.call(asked, m.Effects)

    async def listed(self, requester: m.Requester, case_id: UUID) -> list[m.FreezeLine]:
        """What the case has frozen and is not lifted, the newest first."""
        return (await self._client.call(m.ListContained(requester, case_id), m.Contained)).freezes

    # --- operator's socket only ---------------------------------------------------------------

    async def set_answering(self, hospital_code: str, *, answers: bool = True) -> None:
        """Whether an organisation answers for the archive's leaks. Raises Forbidden."""
        await self._client.call(m.SetAnswering(hospital_code, answers), m.Done)
