"""People outside the demo: enrolled by the operator, let in by an invitation."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message
from segel.domain.roles import Role


class AddAccount(Message, frozen=True):
    """Operator's socket only. The reply is the invitation's secret, which is kept nowhere."""

    name: str
    role: Role
    hospital_code: str
    lifetime_s: int


class InviteAgain(Message, frozen=True):
    """Operator's socket only. ``lost``: the ways in so far are gone or in wrong hands, take them
    away and end the sessions. ``reopen``: the account may be a closed one."""

    name: str
    lifetime_s: int
    lost: bool = False
    reopen: bool = False


class InvitePatient(Message, frozen=True):
    """Operator's socket only: into an account that ``EnrolPatient`` made. ``again``: it may have
    been entered before; ``lost``: as above. The reply is an invitation; earlier ones are over."""

    account_id: UUID
    lifetime_s: int
    again: bool = False
    lost: bool = False


class CloseAccount(Message, frozen=True):
    """Operator's socket only: nobody comes in by it any more."""

    name: str


class ListAccounts(Message, frozen=True):
    """Operator's socket only."""


class ShowAccount(Message, frozen=True):
    """Operator's socket only."""

    name: str


class LookInvitation(Message, frozen=True):
    """What an invitation is for, so that its holder sees whose account it is."""

    secret: str


class BeginInvitation(Message, frozen=True):
    secret: str
    relying_party: str
    origin: str


class FinishInvitation(Message, frozen=True):
    """Register the first passkey and sign in with it. ``name``: the passkey's."""

    secret: str
    handle: str
    credential: str
    name: str = ""


class Invitation(Message, frozen=True):
    """A new invitation. ``secret`` goes into the link; ``until_s`` is Unix time."""

    account_id: UUID
    secret: str
    until_s: int

    def __repr__(self) -> str:
        return "Invitation(...)"


class InvitedAs(Message, frozen=True):
    """Whose account an invitation leads into."""

    name: str
    role: Role
    hospital_name: str
    until_s: int


class AccountLine(msgspec.Struct, frozen=True):
    """An account in a list. Times are Unix seconds, 0: not so. ``kind``: person, demo, system."""

    account_id: UUID
    name: str
    role: Role
    hospital: str
    kind: str
    closed_s: int
    passkeys: int
    identities: int
    invited_until_s: int


class AccountsReport(Message, frozen=True):
    accounts: list[AccountLine]


Request = (
    AddAccount
    | InviteAgain
    | InvitePatient
    | CloseAccount
    | ListAccounts
    | ShowAccount
    | LookInvitation
    | BeginInvitation
    | FinishInvitation
)
Reply = Invitation | InvitedAs | AccountsReport
