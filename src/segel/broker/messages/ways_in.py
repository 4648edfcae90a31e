"""An account's passkeys, identities and sessions: seen and taken away by their owner."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.roles import Role


class PasskeyLine(msgspec.Struct, frozen=True):
    """A passkey of the asking account. Times are Unix seconds."""

    passkey_id: UUID
    name: str
    added_s: int
    used_s: int


class IdentityLine(msgspec.Struct, frozen=True):
    """Who the asking account is at an OpenID provider; ``provider`` is its setting's name."""

    identity_id: UUID
    provider: str
    added_s: int
    used_s: int


class WaysIn(Message, frozen=True):
    """How the asking account can be come into."""

    passkeys: list[PasskeyLine]
    identities: list[IdentityLine]


class SessionLine(msgspec.Struct, frozen=True):
    """An open session. ``method``: how its holder was recognised; ``route``: by which door.

    ``used_s`` is coarse. ``here``: it is the one that asks.
    """

    session_id: UUID
    account_name: str
    role: Role
    method: str
    route: str
    began_s: int
    used_s: int
    expires_s: int
    here: bool


class SessionList(Message, frozen=True):
    sessions: list[SessionLine]


class OwnWaysIn(Message, frozen=True):
    requester: Requester


class NamePasskey(Message, frozen=True):
    requester: Requester
    passkey_id: UUID
    name: str


class RemovePasskey(Message, frozen=True):
    """Also ends the sessions that it began, but for the asking one."""

    requester: Requester
    passkey_id: UUID


class OwnSessions(Message, frozen=True):
    requester: Requester


class EndOwnSessions(Message, frozen=True):
    """End these sessions of the asking account; None: all but the asking one."""

    requester: Requester
    session_ids: list[UUID] | None = None


class HospitalSessions(Message, frozen=True):
    """The open sessions of the asker's hospital."""

    requester: Requester


class EndHospitalSessions(Message, frozen=True):
    """End these sessions of the asker's hospital."""

    requester: Requester
    session_ids: list[UUID]


class SessionsOf(Message, frozen=True):
    """Operator's socket only: an account's open sessions."""

    name: str


class EndSessionsOf(Message, frozen=True):
    """Operator's socket only: end these sessions of an account; None: all."""

    name: str
    session_ids: list[UUID] | None = None


Request = (
    OwnWaysIn
    | NamePasskey
    | RemovePasskey
    | OwnSessions
    | EndOwnSessions
    | HospitalSessions
    | EndHospitalSessions
    | SessionsOf
    | EndSessionsOf
)
Reply = WaysIn | SessionList
