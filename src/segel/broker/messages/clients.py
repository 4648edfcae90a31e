"""Systems that come in by OAuth 2: enrolled by the operator, recognised by signed assertions."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Proof
from segel.domain.roles import Role


class AddClient(Message, frozen=True):
    """Operator's socket only. ``keys``: a JWK Set of public keys; ``scopes``: all it may ask for.

    ``bound``: its tokens are bound to a key, always (DPoP).
    """

    name: str
    hospital_code: str
    role: Role
    keys: bytes
    scopes: str
    bound: bool = False
    token_s: int = 300


class ChangeClientKeys(Message, frozen=True):
    """Operator's socket only: these keys from now on, and no others."""

    name: str
    keys: bytes


class ListClients(Message, frozen=True):
    """Operator's socket only."""


class ClientLine(msgspec.Struct, frozen=True):
    """A system in a list. ``client_id`` is what it calls itself at the token endpoint."""

    client_id: UUID
    name: str
    role: Role
    hospital: str
    scopes: str
    bound: bool
    closed: bool
    token_s: int
    key_ids: list[str]


class ClientList(Message, frozen=True):
    clients: list[ClientLine]


class AskToken(Message, frozen=True):
    """Client credentials by ``private_key_jwt`` (RFC 7523 § 2.2, SMART Backend Services)."""

    assertion: str
    scope: str = ""
    proof: Proof | None = None


class ClientToken(Message, frozen=True):
    """What the token endpoint answers (RFC 6749 § 5.1); ``kind`` is Bearer or DPoP."""

    token: str
    kind: str
    lifetime_s: int
    scope: str

    def __repr__(self) -> str:
        return "ClientToken(...)"


Request = AddClient | ChangeClientKeys | ListClients | AskToken
Reply = ClientList | ClientToken
