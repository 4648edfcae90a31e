"""How an account is come into, and by which sessions it is in use: seen and taken away."""

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

import psycopg

from segel.broker import messages as m
from segel.broker.accounts import Accounts
from segel.broker.audit import Kind
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import LiveSession
from segel.broker.enrolments import account_event
from segel.broker.errors import AccountUnknown, Forbidden
from segel.broker.identities import Identities
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.messages import Requester
from segel.broker.passkeys import Passkeys
from segel.broker.policy import Permission, authorise
from segel.broker.releases import event_of
from segel.broker.session_rows import OpenSession, SessionRows

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class WaysInDesk:
    """Answers owners about their own passkeys and sessions, and who oversees a hospital's."""

    def __init__(
        self,
        sessions: Sessions,
        rows: SessionRows,
        passkeys: Passkeys,
        identities: Identities,
        accounts: Accounts,
        ledger: Ledger,
    ) -> None:
        self._sessions = sessions
        self._rows = rows
        self._passkeys = passkeys
        self._identities = identities
        self._accounts = accounts
        self._ledger = ledger

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.PasskeyRegisterBegin, self._register_begin),
            Offer(m.PasskeyRegisterFinish, self._register_finish),
            Offer(m.OwnWaysIn, self._own_ways_in),
            Offer(m.NamePasskey, self._name_passkey),
            Offer(m.RemovePasskey, self._remove_passkey),
            Offer(m.Unlink, self._unlink),
            Offer(m.OwnSessions, self._own_sessions),
            Offer(m.EndOwnSessions, self._end_own),
            Offer(m.HospitalSessions, self._hospital_sessions),
            Offer(m.EndHospitalSessions, self._end_of_hospital),
            Offer(m.SessionsOf, self._sessions_of, OPERATOR_ONLY),
            Offer(m.EndSessionsOf, self._end_sessions_of, OPERATOR_ONLY),
        ]

    # --- ways in ------------------------------------------------------------------------------

    async def _register_begin(self, asked: m.PasskeyRegisterBegin) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        return await self._passkeys.begin_registration(
            session.claims.account_id, session.account.name, asked.relying_party, asked.origin
        )

    async def _register_finish(self, asked: m.PasskeyRegisterFinish) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        new = self._passkeys.verify_registration(
            session.claims.account_id, asked.handle, asked.credential, asked.name
        )

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._passkeys.insert(cursor, new)

        await self._commit(session, asked.requester, "passkey registered", apply)
        return m.Done()

    async def _own_ways_in(self, asked: m.OwnWaysIn) -> m.Reply:
        account_id = (await self._sessions.own(asked.requester)).claims.account_id
        passkeys = await self._passkeys.of_account(account_id)
        identities = await self._identities.of_account(account_id)
        return m.WaysIn(
            [
                m.PasskeyLine(passkey_id, one.name, one.added_s, one.used_s)
                for passkey_id, one in passkeys.items()
            ],
            [
                m.IdentityLine(identity_id, one.provider, one.added_s, one.used_s)
                for identity_id, one in identities.items()
            ],
        )

    async def _name_passkey(self, asked: m.NamePasskey) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        await self._passkeys.rename(session.claims.account_id, asked.passkey_id, asked.name)
        return m.Done()

    async def _remove_passkey(self, asked: m.RemovePasskey) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        account_id = session.claims.account_id
        begun = await self._begun_by(session, asked.passkey_id)
        others = bool(await self._identities.of_account(account_id))

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._passkeys.remove(cursor, account_id, asked.passkey_id, last=others)
            await self._rows.end(cursor, begun)

        await self._commit(session, asked.requester, "passkey removed", apply)
        self._rows.have_ended(begun)
        return m.Done()

    async def _unlink(self, asked: m.Unlink) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        account_id = session.claims.account_id
        begun = await self._begun_by(session, asked.identity_id)
        others = bool(await self._passkeys.of_account(account_id))

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._identities.remove(cursor, account_id, asked.identity_id, last=others)
            await self._rows.end(cursor, begun)

        await self._commit(session, asked.requester, "identity unlinked", apply)
        self._rows.have_ended(begun)
        return m.Done()

    async def _begun_by(self, session: LiveSession, via: UUID) -> list[UUID]:
        """The account's other sessions that began by this passkey or identity."""
        return [
            one.session_id
            for one in await self._rows.of_account(session.claims.account_id)
            if one.record.via == str(via) and one.session_id != session.claims.session_id
        ]

    # --- sessions -----------------------------------------------------------------------------

    async def _own_sessions(self, asked: m.OwnSessions) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        return _listed(await self._rows.of_account(session.claims.account_id), session)

    async def _end_own(self, asked: m.EndOwnSessions) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        found = await self._rows.of_account(session.claims.account_id)
        here = session.claims.session_id
        chosen = _chosen(found, asked.session_ids, but=here if asked.session_ids is None else None)
        await self._end(session, asked.requester, chosen)
        return m.Done()

    async def _hospital_sessions(self, asked: m.HospitalSessions) -> m.Reply:
        session, hospital_id = await self._overseer(asked.requester)
        return _listed(await self._rows.of_hospital(hospital_id), session)

    async def _end_of_hospital(self, asked: m.EndHospitalSessions) -> m.Reply:
        session, hospital_id = await self._overseer(asked.requester)
        found = await self._rows.of_hospital(hospital_id)
        await self._end(session, asked.requester, _chosen(found, asked.session_ids))
        return m.Done()

    async def _overseer(self, asked: Requester) -> tuple[LiveSession, UUID]:
        session = await self._sessions.live(asked)
        authorise(
            session.principal, Permission.SESSIONS_OVERSEE, asked.purpose, session.hospital_id
        )
        if session.hospital_id is None:
            raise Forbidden("This account belongs to no hospital.")
        return session, session.hospital_id

    async def _end(self, session: LiveSession, asked: Requester, chosen: list[UUID]) -> None:
        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.end(cursor, chosen)

        if chosen:
            await self._commit(session, asked, f"{len(chosen)} sessions ended", apply)
            self._rows.have_ended(chosen)

    async def _commit(
        self, session: LiveSession, asked: Requester, what: str, apply: Apply
    ) -> None:
        event = event_of(session, asked.purpose, asked.route, Kind.ENROL, detail=what)
        await self._ledger.commit(Intent(event, apply=apply))

    # --- the operator -------------------------------------------------------------------------

    async def _sessions_of(self, asked: m.SessionsOf) -> m.Reply:
        account = await self._accounts.named(asked.name)
        return _listed(await self._rows.of_account(account.account_id), None)

    async def _end_sessions_of(self, asked: m.EndSessionsOf) -> m.Reply:
        account = await self._accounts.named(asked.name)
        chosen = _chosen(await self._rows.of_account(account.account_id), asked.session_ids)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.end(cursor, chosen)

        if chosen:
            what = f"{len(chosen)} sessions ended"
            event = account_event(what, account.hospital_id, account.account_id)
            await self._ledger.commit(Intent(event, apply=apply))
            self._rows.have_ended(chosen)
        return m.SessionList([])


def _chosen(
    found: Iterable[OpenSession], wanted: list[UUID] | None, *, but: UUID | None = None
) -> list[UUID]:
    """Of the sessions found, those wanted. Raises AccountUnknown for one that is not there."""
    known = [one.session_id for one in found if one.session_id != but]
    if wanted is None:
        return known
    if not set(wanted) <= set(known):
        raise AccountUnknown(
            "There is no such open session.", field="session", remedy="Load the list again."
        )
    return wanted


def _listed(found: Iterable[OpenSession], asking: LiveSession | None) -> m.SessionList:
    here = asking.claims.session_id if asking else None
    return m.SessionList(
        [
            m.SessionLine(
                one.session_id,
                one.account.name,
                one.account.role,
                one.record.method,
                one.record.route,
                one.record.began_s,
                one.used_s,
                one.record.expires_s,
                one.session_id == here,
            )
            for one in found
        ]
    )
