"""What is asked of the broker about erasures."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class ErasingCalls:
    """``BrokerClient.erasing``. Each raises Forbidden, ErasureRefused."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def describe(
        self, requester: m.Requester, patient_number: str, study_uid: str
    ) -> m.ErasureSubject:
        """How much a number or UID stands for."""
        message = m.DescribeErasure(requester, patient_number, study_uid)
        return await self._client.call(message, m.ErasureSubject)

    async def order(
        self,
        requester: m.Requester,
        ground: str,
        reference: str,
        *,
        patient_number: str = "",
        study_uid: str = "",
        reason: str = "",
    ) -> m.ErasureReport:
        """Order an erasure. Raises HeldBack; ReasonMissing where a medical record ends early."""
        message = m.OrderErasure(requester, ground, reference, patient_number, study_uid, reason)
        return await self._client.call(message, m.ErasureReport)

    async def carry_out(self, requester: m.Requester, erasure_id: UUID) -> m.ErasureReport:
        """Erase, once approved."""
        return await self._client.call(m.CarryOutErasure(requester, erasure_id), m.ErasureReport)

    async def show(self, requester: m.Requester, erasure_id: UUID) -> m.ErasureReport:
        """How far it is."""
        return await self._client.call(m.ShowErasure(requester, erasure_id), m.ErasureReport)

    async def list(self, requester: m.Requester) -> list[m.ErasureReport]:
        """The hospital's erasures."""
        return (await self._client.call(m.ListErasures(requester), m.ErasureList)).erasures

    async def certificate(self, requester: m.Requester, erasure_id: UUID) -> str:
        """The certificate of a complete one."""
        message = m.CertifyErasure(requester, erasure_id)
        return (await self._client.call(message, m.ErasureCertificate)).text
