"""What is asked of the broker to take in a hospital by a ticket."""

from typing import TYPE_CHECKING, TypeVar, cast, get_args
from uuid import UUID

from segel.broker import messages as m
from segel.broker.calls.oauth import OAuthCalls
from segel.broker.calls.register import RegisterCalls
from segel.broker.calls.senders import SenderCalls
from segel.broker.calls.ways_in import WaysInCalls

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient

R = TypeVar("R", bound=m.Message)


class OnboardingCalls:
    """``BrokerClient.onboarding``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def look(self, secret: str) -> m.TicketShown:
        """What a ticket is for. Raises SignInFailed, Forbidden."""
        return await self._client.call(m.LookTicket(secret), m.TicketShown)

    def by(self, secret: str) -> "Ticketed":
        """A client that does what a ticket is for."""
        return Ticketed(self._client, secret)

    # --- operator's socket only ---------------------------------------------------------------

    async def make(self, hospital_code: str, lifetime_s: int) -> m.Ticket:
        """A ticket for a hospital that has no patient yet. Raises Forbidden."""
        return await self._client.call(m.MakeTicket(hospital_code, lifetime_s), m.Ticket)


class Ticketed:
    """The operator's messages, each sent with a ticket: as far as it goes, a ``BrokerClient``."""

    def __init__(self, client: "BrokerClient", secret: str) -> None:
        self._client = client
        self._secret = secret
        whole = cast("BrokerClient", self)
        self.register = RegisterCalls(whole)
        self.senders = SenderCalls(whole)
        self.oauth = OAuthCalls(whole)
        self.access = WaysInCalls(whole)

    async def call(self, message: m.Request, reply_type: type[R]) -> R:
        assert isinstance(message, get_args(m.Act)), "tickets are for these alone"
        wrapped = m.ActByTicket(self._secret, cast("m.Act", message))
        return await self._client.call(wrapped, reply_type)

    async def enrol_hospital(self, code: str, name: str) -> UUID | None:
        """See ``BrokerClient``."""
        return (await self.call(m.EnrolHospital(code, name), m.Done)).identifier

    async def enrol_peer(
        self,
        ae_title: str,
        called_ae_title: str,
        hospital_code: str,
        *,
        host: str = "",
        port: int = 0,
        keys: tuple[str, ...] = (),
    ) -> None:
        """See ``BrokerClient``."""
        message = m.EnrolPeer(ae_title, called_ae_title, hospital_code, host, port, keys)
        await self.call(message, m.Done)

    async def known_people(self) -> frozenset[str]:
        """Who has an account at the ticket's hospital."""
        return frozenset((await self._client.onboarding.look(self._secret)).people)
