"""What is asked of the broker about accounts, their ways in and their sessions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m
from segel.domain.roles import Role

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class WaysInCalls:
    """``BrokerClient.access``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    # --- by invitation ------------------------------------------------------------------------

    async def look_invitation(self, secret: str) -> m.InvitedAs:
        """Whose account it leads into. Raises SignInFailed, its field says why."""
        return await self._client.call(m.LookInvitation(secret), m.InvitedAs)

    async def begin_invitation(self, secret: str, relying_party: str, origin: str) -> m.Ceremony:
        """Options for ``navigator.credentials.create``. Raises SignInFailed."""
        asked = m.BeginInvitation(secret, relying_party, origin)
        return await self._client.call(asked, m.Ceremony)

    async def finish_invitation(
        self, secret: str, handle: str, credential: str, name: str = ""
    ) -> m.Token:
        """The first passkey, and a session by it. Raises SignInFailed, AlreadyExists."""
        asked = m.FinishInvitation(secret, handle, credential, name)
        return await self._client.call(asked, m.Token)

    # --- the owner ----------------------------------------------------------------------------

    async def ways_in(self, requester: m.Requester) -> m.WaysIn:
        """The asking account's passkeys and identities."""
        return await self._client.call(m.OwnWaysIn(requester), m.WaysIn)

    async def name_passkey(self, requester: m.Requester, passkey_id: UUID, name: str) -> None:
        """Another name for a passkey."""
        await self._client.call(m.NamePasskey(requester, passkey_id, name), m.Done)

    async def remove_passkey(self, requester: m.Requester, passkey_id: UUID) -> None:
        """Forget a passkey, and end what it began. Raises Forbidden for the last way in."""
        await self._client.call(m.RemovePasskey(requester, passkey_id), m.Done)

    async def unlink(self, requester: m.Requester, identity_id: UUID) -> None:
        """Forget an identity, and end what it began. Raises Forbidden for the last way in."""
        await self._client.call(m.Unlink(requester, identity_id), m.Done)

    async def sessions(self, requester: m.Requester) -> list[m.SessionLine]:
        """The asking account's open sessions."""
        return (await self._client.call(m.OwnSessions(requester), m.SessionList)).sessions

    async def end_sessions(
        self, requester: m.Requester, session_ids: Sequence[UUID] | None
    ) -> None:
        """End these own sessions; None: all others."""
        chosen = None if session_ids is None else list(session_ids)
        await self._client.call(m.EndOwnSessions(requester, chosen), m.Done)

    # --- who oversees a hospital --------------------------------------------------------------

    async def hospital_sessions(self, requester: m.Requester) -> list[m.SessionLine]:
        """The open sessions of the asker's hospital. Raises Forbidden."""
        return (await self._client.call(m.HospitalSessions(requester), m.SessionList)).sessions

    async def end_hospital_sessions(
        self, requester: m.Requester, session_ids: Sequence[UUID]
    ) -> None:
        """End these sessions of the asker's hospital. Raises Forbidden."""
        await self._client.call(m.EndHospitalSessions(requester, list(session_ids)), m.Done)

    # --- operator's socket only ---------------------------------------------------------------

    async def add_account(
        self, name: str, role: Role, hospital_code: str, lifetime_s: int
    ) -> m.Invitation:
        """Enrol a person and invite them. Raises Forbidden, AlreadyExists."""
        asked = m.AddAccount(name, role, hospital_code, lifetime_s)
        return await self._client.call(asked, m.Invitation)

    async def invite_patient(
        self, account_id: UUID, lifetime_s: int, *, again: bool = False, lost: bool = False
    ) -> m.Invitation:
        """A link into a patient's account. Raises AlreadyExists, Forbidden."""
        asked = m.InvitePatient(account_id, lifetime_s, again, lost)
        return await self._client.call(asked, m.Invitation)

    async def invite_again(
        self, name: str, lifetime_s: int, *, lost: bool, reopen: bool
    ) -> m.Invitation:
        """Another link into an account. Raises AccountUnknown, Forbidden."""
        asked = m.InviteAgain(name, lifetime_s, lost, reopen)
        return await self._client.call(asked, m.Invitation)

    async def close_account(self, name: str) -> None:
        """Nobody comes in by it any more. Raises AccountUnknown."""
        await self._client.call(m.CloseAccount(name), m.Done)

    async def accounts(self) -> list[m.AccountLine]:
        """Every account."""
        return (await self._client.call(m.ListAccounts(), m.AccountsReport)).accounts

    async def account(self, name: str) -> m.AccountLine:
        """One account. Raises AccountUnknown."""
        return (await self._client.call(m.ShowAccount(name), m.AccountsReport)).accounts[0]

    async def sessions_of(self, name: str) -> list[m.SessionLine]:
        """An account's open sessions. Raises AccountUnknown."""
        return (await self._client.call(m.SessionsOf(name), m.SessionList)).sessions

    async def end_sessions_of(self, name: str, session_ids: Sequence[UUID] | None) -> None:
        """End these sessions of an account; None: all. Raises AccountUnknown."""
        chosen = None if session_ids is None else list(session_ids)
        await self._client.call(m.EndSessionsOf(name, chosen), m.SessionList)
