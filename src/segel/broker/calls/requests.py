"""What is asked of the broker about people's requests about their own data."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m
from segel.domain.subject_requests import Reply

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class RequestCalls:
    """``BrokerClient.requests``. Each raises Forbidden; those of one request RequestUnknown."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def ask(self, requester: m.Requester, nonce: UUID, asked: m.RequestText) -> UUID | None:
        """A patient's own request; its id. Raises RequestUnclear."""
        done = await self._client.call(m.AskAboutSelf(requester, nonce, asked), m.Done)
        return done.identifier

    async def own(self, requester: m.Requester) -> list[m.RequestView]:
        """What a patient asked, the newest first."""
        return (await self._client.call(m.ListOwnRequests(requester), m.OwnRequests)).requests

    async def file(
        self,
        requester: m.Requester,
        nonce: UUID,
        patient_number: str,
        received_s: float,
        asked: m.RequestText,
        form: str = "",
    ) -> UUID | None:
        """A paper form, entered by an officer; its id. Raises PatientUnknown, RequestUnclear,
        BudgetExhausted."""
        message = m.FileRequest(requester, nonce, patient_number, received_s, asked, form)
        return (await self._client.call(message, m.Done)).identifier

    async def add(self, requester: m.Requester, request_id: UUID, text: str) -> None:
        """What the asker adds. Raises RequestOver, RequestUnclear."""
        await self._client.call(m.AddToRequest(requester, request_id, text), m.Done)

    async def withdraw(self, requester: m.Requester, request_id: UUID) -> None:
        """The asker takes it back. Raises RequestOver."""
        await self._client.call(m.WithdrawRequest(requester, request_id), m.Done)

    async def listed(self, requester: m.Requester) -> m.RequestList:
        """A hospital's requests, what is due first."""
        return await self._client.call(m.ListRequests(requester), m.RequestList)

    async def read(self, requester: m.Requester, request_id: UUID) -> m.RequestView:
        """One request with its words; it is logged. Raises BudgetExhausted."""
        return await self._client.call(m.ReadRequest(requester, request_id), m.RequestView)

    async def answer(
        self,
        requester: m.Requester,
        request_id: UUID,
        reply: Reply,
        text: str = "",
        article: str = "",
        changed: str = "",
    ) -> None:
        """Answer one. Raises RequestOver, RequestUnclear, ErasureRefused."""
        message = m.AnswerRequest(requester, request_id, reply, text, article, changed)
        await self._client.call(message, m.Done)
