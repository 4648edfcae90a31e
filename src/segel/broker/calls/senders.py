"""What is asked of the broker about senders of HL7 messages."""

from typing import TYPE_CHECKING

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class SenderCalls:
    """``BrokerClient.senders``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def enrol(
        self,
        application: str,
        facility: str,
        hospital_code: str,
        *,
        authorities: tuple[str, ...] = (),
        keys: tuple[str, ...] = (),
    ) -> None:
        """Enrol a sender, or say anew what it is. Raises AlreadyExists, Forbidden."""
        message = m.EnrolSender(application, facility, hospital_code, authorities, keys)
        await self._client.call(message, m.Done)

    async def remove(self, application: str, facility: str) -> None:
        """Take nothing more from a sender. Raises SenderUnknown."""
        await self._client.call(m.RemoveSender(application, facility), m.Done)

    async def listed(self) -> list[m.SenderLine]:
        """Every sender."""
        return (await self._client.call(m.ListSenders(), m.SenderList)).senders

    async def open(
        self, application: str, facility: str, address: str, key: str = ""
    ) -> m.OpenedSender:
        """A token of the system account behind a sender. Raises SenderUnknown."""
        message = m.OpenSender(application, facility, address, key)
        return await self._client.call(message, m.OpenedSender)
