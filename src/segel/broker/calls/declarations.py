"""What is asked of the broker about travellers' health declarations."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m
from segel.domain.declarations import Declaration

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class DeclarationCalls:
    """``BrokerClient.declarations``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def ports(self) -> list[m.PortLine]:
        """The ports that take declarations, by name."""
        return (await self._client.call(m.ListPorts(), m.PortList)).ports

    async def declare(self, code: str, declaration: Declaration) -> m.Declared:
        """Send one, or correct the one of this code. Raises DeclarationUnclear, DeclarationOver,
        PortFull."""
        return await self._client.call(m.Declare(code, declaration), m.Declared)

    async def own(self, code: str) -> m.DeclarationView:
        """What was sent with this code. Raises DeclarationUnclear, DeclarationUnknown."""
        return await self._client.call(m.ReadOwnDeclaration(code), m.DeclarationView)

    async def withdraw(self, code: str) -> None:
        """Take it back. Raises DeclarationUnclear, DeclarationUnknown, DeclarationOver."""
        await self._client.call(m.WithdrawDeclaration(code), m.Done)

    async def arrivals(self, requester: m.Requester) -> list[m.VesselLine]:
        """The vessels whose travellers an officer may see now. Raises Forbidden."""
        return (await self._client.call(m.ListArrivals(requester), m.ArrivalList)).vessels

    async def travellers(
        self, requester: m.Requester, day_id: UUID, vessel_id: UUID, page: int = 0
    ) -> m.TravellerList:
        """Who declared of a vessel. Raises Forbidden, DeclarationUnknown, BudgetExhausted."""
        message = m.ListTravellers(requester, day_id, vessel_id, page)
        return await self._client.call(message, m.TravellerList)

    async def read(self, requester: m.Requester, declaration_id: UUID) -> m.DeclarationView:
        """One declaration; it is logged. Raises Forbidden, DeclarationUnknown, BudgetExhausted."""
        message = m.ReadDeclaration(requester, declaration_id)
        return await self._client.call(message, m.DeclarationView)

    async def find(self, requester: m.Requester, receipt: str) -> m.DeclarationView:
        """The declaration of a receipt. Raises as ``read``, and DeclarationUnclear."""
        return await self._client.call(m.FindDeclaration(requester, receipt), m.DeclarationView)

    async def days(self, requester: m.Requester) -> list[m.ArrivalDayLine]:
        """What became of a port's declarations, the newest first. Raises Forbidden."""
        return (await self._client.call(m.ListArrivalDays(requester), m.ArrivalDayList)).days

    # --- operator's socket only ---------------------------------------------------------------

    async def open_port(self, hospital_code: str, *, taking: bool = True) -> None:
        """Have a health office take declarations, or not any more. Raises Forbidden."""
        await self._client.call(m.OpenPort(hospital_code, taking), m.Done)
