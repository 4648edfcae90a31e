"""How a session begins: demo, passkey, AE title, viewer."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.roles import Role


class DemoAccount(msgspec.Struct, frozen=True):
    """A person one may choose to be in demo mode."""

    account_id: UUID
    display_name: str
    role: Role
    hospital_name: str


class AccountList(Message, frozen=True):
    accounts: list[DemoAccount]


class Token(Message, frozen=True):
    """A bearer token of a new session. ``expires_s`` is Unix time in seconds."""

    token: str
    expires_s: int

    def __repr__(self) -> str:
        return "Token(...)"


class Ceremony(Message, frozen=True):
    """A WebAuthn ceremony under way: options for the browser (JSON) and a handle to finish with."""

    options: str
    handle: str


class OpenPeer(Message, frozen=True):
    """Ask for a token of the system account of a DIMSE peer.

    ``key``: SHA-256 in hex of the public key in the certificate that it showed; "" without TLS.
    """

    calling_ae: str
    called_ae: str
    address: str
    key: str = ""


class ListDemoAccounts(Message, frozen=True):
    """Demo mode only."""


class DemoSignIn(Message, frozen=True):
    """Demo mode only: become one of the demo people."""

    account_id: UUID


class PasskeyRegisterBegin(Message, frozen=True):
    requester: Requester
    relying_party: str
    origin: str


class PasskeyRegisterFinish(Message, frozen=True):
    requester: Requester
    handle: str
    credential: str
    name: str = ""


class PasskeySignInBegin(Message, frozen=True):
    relying_party: str
    origin: str


class PasskeySignInFinish(Message, frozen=True):
    handle: str
    credential: str


class ViewerCode(Message, frozen=True):
    """Ask for a one-time code that lets a viewer on another origin in, for one study."""

    requester: Requester
    study_uid: str


class ViewerSignIn(Message, frozen=True):
    """Exchange the one-time code for a short token that opens only that study."""

    code: str


Request = (
    OpenPeer
    | ListDemoAccounts
    | DemoSignIn
    | PasskeyRegisterBegin
    | PasskeyRegisterFinish
    | PasskeySignInBegin
    | PasskeySignInFinish
    | ViewerCode
    | ViewerSignIn
)
Reply = AccountList | Token | Ceremony
