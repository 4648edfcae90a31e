"""What the operator, and the process that speaks with the national platform, ask of the broker."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class NationalCalls:
    """``BrokerClient.national``; the operator's socket, and for some the process' own."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    # --- the operator -------------------------------------------------------------------------

    async def set_up(self, message: m.SetUpNational) -> None:
        """Say how a hospital is known at the platform. Raises Forbidden for an unknown one."""
        await self._client.call(message, m.Done)

    async def switch(self, hospital_code: str, *, on: bool) -> None:
        """Whether a hospital tells the platform. Raises NationalUnknown where it is not set up."""
        await self._client.call(m.SwitchNational(hospital_code, on), m.Done)

    async def report(self) -> m.NationalReport:
        """How it stands with every hospital that was set up."""
        return await self._client.call(m.ReportNational(), m.NationalReport)

    async def letters(self, hospital_code: str = "", limit: int = 100) -> list[m.LetterLine]:
        """What was set aside, and why."""
        asked = m.ListLetters(hospital_code, limit)
        return (await self._client.call(asked, m.LetterList)).letters

    async def retry(self, hospital_code: str, letter_id: UUID | None = None) -> int:
        """Try letters again; how many. Raises NationalUnknown."""
        asked = m.RetryNational(hospital_code, letter_id)
        return (await self._client.call(asked, m.NationalCount)).count

    async def drop(self, hospital_code: str, letter_id: UUID | None = None) -> int:
        """Let letters be; how many. Raises NationalUnknown."""
        asked = m.DropLetters(hospital_code, letter_id)
        return (await self._client.call(asked, m.NationalCount)).count

    # --- the process --------------------------------------------------------------------------

    async def organisations(self) -> dict[UUID, UUID]:
        """Which hospitals tell the platform; the revisions of their set-up."""
        return (await self._client.call(m.ListOrganisations(), m.OrganisationList)).organisations

    async def open(self, hospital_id: UUID) -> m.OpenedOrganisation:
        """A hospital's credentials and session. Raises NationalUnknown."""
        return await self._client.call(m.OpenOrganisation(hospital_id), m.OpenedOrganisation)

    async def take(self, requester: m.Requester) -> m.NationalGrant | None:
        """The chart of a patient who is due. Raises BudgetExhausted, Frozen."""
        return (await self._client.call(m.TakeNational(requester), m.NationalWork)).grant

    async def disclose(self, requester: m.Requester, entry_id: UUID, resource_type: str) -> None:
        """Log that a record leaves. Raises NationalUnknown where the patient is not being told."""
        await self._client.call(m.DiscloseRecord(requester, entry_id, resource_type), m.Done)

    async def add_number(self, requester: m.Requester, entry_id: UUID, number: str) -> None:
        """Add a patient's national number. Raises AlreadyExists where it is somebody else's."""
        await self._client.call(m.AddHealthNumber(requester, entry_id, number), m.Done)

    async def settle(self, message: m.SettleNational) -> None:
        """End a round."""
        await self._client.call(message, m.Done)

    async def tell(self, requester: m.Requester, trouble: str, *, sent: bool = False) -> None:
        """How the platform is."""
        await self._client.call(m.TellPlatform(requester, trouble, sent), m.Done)
