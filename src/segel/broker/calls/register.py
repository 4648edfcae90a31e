"""What is asked of the broker about hospitals and the people who work there."""

from typing import TYPE_CHECKING

from segel.broker import messages as m
from segel.domain.records import Interaction

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class RegisterCalls:
    """``BrokerClient.register``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def hospitals(
        self, requester: m.Requester, interaction: Interaction
    ) -> list[m.HospitalLine]:
        """The hospitals of the estate. Raises Forbidden."""
        asked = m.ReadHospitals(requester, interaction)
        return (await self._client.call(asked, m.HospitalList)).hospitals

    async def staff(
        self, requester: m.Requester, resource_type: str, interaction: Interaction
    ) -> m.StaffList:
        """Who works in the requester's hospital. Raises Forbidden."""
        asked = m.ReadStaff(requester, resource_type, interaction)
        return await self._client.call(asked, m.StaffList)

    # --- operator's socket only ---------------------------------------------------------------

    async def every_hospital(self) -> list[m.HospitalLine]:
        """The hospitals of the estate, for its operator."""
        return (await self._client.call(m.ListHospitals(), m.HospitalList)).hospitals

    async def describe_hospital(self, hospital_code: str, national_code: str) -> None:
        """Note a hospital's national code. Raises Forbidden, ReasonUnclear."""
        await self._client.call(m.DescribeHospital(hospital_code, national_code), m.Done)

    async def add_department(self, hospital_code: str, name: str, code: str = "") -> None:
        """Add a department, or change its code. Raises Forbidden, ReasonUnclear."""
        await self._client.call(m.AddDepartment(hospital_code, name, code), m.Done)

    async def remove_department(self, hospital_code: str, name: str) -> None:
        """Remove a department. Raises Forbidden, ReasonUnclear."""
        await self._client.call(m.RemoveDepartment(hospital_code, name), m.Done)

    async def number_account(self, name: str, national_number: str) -> None:
        """Note somebody's national number. Raises AccountUnknown, ReasonUnclear."""
        await self._client.call(m.NumberAccount(name, national_number), m.Done)
