"""What is asked of the broker about retention: runs, and holds."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class RetentionCalls:
    """``BrokerClient.retention``. Each raises Forbidden; those of a run RunRefused."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def plan(self, requester: m.Requester) -> m.RunReport:
        """Begin to count what is past its retention."""
        return await self._client.call(m.PlanDestruction(requester), m.RunReport)

    async def runs(self, requester: m.Requester) -> m.RunList:
        """The hospital's runs, the newest first."""
        return await self._client.call(m.ListRuns(requester), m.RunList)

    async def everywhere(self) -> m.RunList:
        """Each hospital's newest run: for the operator."""
        return await self._client.call(m.ReportRetention(), m.RunList)

    async def show(self, requester: m.Requester, run_id: UUID) -> m.RunReport:
        """How far a run is."""
        return await self._client.call(m.ShowRun(requester, run_id), m.RunReport)

    async def ask(self, requester: m.Requester, run_id: UUID, reason: str) -> m.RunReport:
        """Ask for the approval of a plan. Raises ReasonMissing."""
        return await self._client.call(m.AskDestruction(requester, run_id, reason), m.RunReport)

    async def begin(self, requester: m.Requester, run_id: UUID) -> m.RunReport:
        """Destroy what was approved. Raises ApprovalNotGiven."""
        return await self._client.call(m.BeginDestruction(requester, run_id), m.RunReport)

    async def give_up(self, requester: m.Requester, run_id: UUID) -> m.RunReport:
        """Drop a plan."""
        return await self._client.call(m.GiveUpRun(requester, run_id), m.RunReport)

    async def certificate(self, requester: m.Requester, run_id: UUID) -> str:
        """The certificate of a complete run."""
        return (await self._client.call(m.CertifyRun(requester, run_id), m.RunCertificate)).text

    async def hold(
        self, requester: m.Requester, reference: str, reason: str, patient_number: str = ""
    ) -> UUID | None:
        """Place a hold; its id. Raises HeldBack, PatientUnknown."""
        message = m.PlaceHold(requester, reference, reason, patient_number)
        return (await self._client.call(message, m.Done)).identifier

    async def end_hold(self, requester: m.Requester, hold_id: UUID, reason: str) -> None:
        """End a hold. Raises HeldBack."""
        await self._client.call(m.EndHold(requester, hold_id, reason), m.Done)

    async def holds(self, requester: m.Requester) -> list[m.HoldLine]:
        """The hospital's holds, those that stand first."""
        return (await self._client.call(m.ListHolds(requester), m.HoldList)).holds
