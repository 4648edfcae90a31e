"""One association being served: who is at the other end, what it may use, and how to answer."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from segel.broker.errors import TokenInvalid
from segel.broker.messages import Requester, Token
from segel.domain.purpose import Purpose
from segel.imaging.dimse.association import Association
from segel.imaging.dimse.bytestream import Buffer
from segel.imaging.dimse.command import RESPONSE_BIT, Command, Element
from segel.imaging.dimse.intake import Inflight, Message
from segel.imaging.dimse.limits import Limits
from segel.imaging.dimse.ports import Archive, Peers, Worklist
from segel.imaging.dimse.tls import TlsContexts

T = TypeVar("T")

ROUTE: Final = "dimse"

TOKEN_MARGIN_S: Final = 60
"""A token that ends sooner is renewed first: an operation is rarely longer under way."""


class Peer:
    """The system account behind an AE title, for as long as its association lasts."""

    def __init__(
        self, peers: Peers, calling_ae: str, called_ae: str, address: str, key: str
    ) -> None:
        self._peers = peers
        self._names = (calling_ae, called_ae, address, key)
        self._token: Token | None = None

    @property
    def calling_ae(self) -> str:
        """The title that it goes by."""
        return self._names[0].strip()

    def forget(self) -> None:
        """The token is good no longer."""
        self._token = None

    async def requester(self) -> Requester:
        """Who asks, with a token that is still good. Raises AeTitleUnknown, BrokerUnavailable."""
        if self._token is None or self._token.expires_s - time.time() < TOKEN_MARGIN_S:
            self._token = await self._peers.open_peer(*self._names)
        return Requester(token=self._token.token, purpose=Purpose.TREATMENT, route=ROUTE)


@dataclass(frozen=True, slots=True)
class Serving:
    """What the operations of one association work with."""

    association: Association
    peer: Peer
    peers: Peers
    archive: Archive
    worklist: Worklist
    limits: Limits
    inflight: Inflight
    tls: TlsContexts | None = None

    async def ask(self, call: Callable[[Requester], Awaitable[T]]) -> T:
        """What ``call`` answers to our requester; once more where the session was ended."""
        try:
            return await call(await self.peer.requester())
        except TokenInvalid:
            self.peer.forget()
            return await call(await self.peer.requester())

    async def respond(self, message: Message, status: Command, content: Buffer = b"") -> None:
        """Answer ``message``; ``status`` is its Status and what else belongs to it."""
        await self.association.send(message.context, response_to(message) | status, content)


def response_to(message: Message) -> Command:
    """The elements that every response repeats from its request (PS3.7 § 9.3)."""
    response: Command = {
        Element.COMMAND_FIELD: message.field | RESPONSE_BIT,
        Element.MESSAGE_ID_RESPONDED_TO: message.message_id,
    }
    for repeated in (Element.AFFECTED_SOP_CLASS_UID, Element.AFFECTED_SOP_INSTANCE_UID):
        if repeated in message.command:
            response[repeated] = message.command[repeated]
    return response
