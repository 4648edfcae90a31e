"""Sessions in use: whose token this is, and how a new session begins and ends."""

import time
from uuid import UUID

from segel.broker.audit import Kind
from segel.broker.directory import Directory, LiveSession
from segel.broker.ledger import Intent, Ledger
from segel.broker.messages import Requester, Token
from segel.broker.policy import Permission, authorise
from segel.broker.releases import event_of
from segel.broker.sessions import Claims, SessionRecord, TokenSigner, new_claims
from segel.domain.purpose import Purpose


class Sessions:
    """Verifies tokens, and begins and ends sessions in the audit log's sight."""

    def __init__(self, signer: TokenSigner, directory: Directory, ledger: Ledger) -> None:
        self._signer = signer
        self._directory = directory
        self._ledger = ledger

    async def live(self, token: str) -> LiveSession:
        """The session of a token. Raises TokenInvalid."""
        claims = self._signer.verify(token, time.time())
        return await self._directory.live_session(claims)

    def session_id_of(self, token: str) -> UUID:
        """Which session a token names, whether or not it is over. Raises TokenInvalid."""
        return self._signer.verify(token, 0.0).session_id

    async def own(self, asked: Requester) -> LiveSession:
        """The session of somebody who asks about their own account. Raises Forbidden."""
        session = await self.live(asked.token)
        authorise(
            session.principal, Permission.ACCOUNT_OWN_READ, asked.purpose, session.hospital_id
        )
        return session

    async def begin(self, account_id: UUID, lifetime_s: int, method: str, route: str) -> Token:
        """A new session's token. ``method``: how its holder was recognised."""
        return await self.begin_with(new_claims(account_id, lifetime_s), method, route, "")

    async def begin_with(
        self,
        claims: Claims,
        method: str,
        route: str,
        study_uid: str,
        purpose: Purpose | None = None,
    ) -> Token:
        """The token of a session whose claims are given. Raises TokenInvalid where it was used."""
        record = SessionRecord(claims.expires_s, method, study_uid, purpose)
        return await self.begin_recorded(claims, record, route)

    async def begin_recorded(self, claims: Claims, record: SessionRecord, route: str) -> Token:
        """The token of a session whose record is given. Raises TokenInvalid where it was used."""
        await self._directory.begin_session(claims, record)
        session = await self._directory.live_session(claims)
        event = event_of(session, Purpose.TREATMENT, route, Kind.SIGN_IN, detail=record.method)
        await self._ledger.commit(Intent(event))
        return Token(self._signer.sign(claims), claims.expires_s)

    async def end(self, token: str) -> None:
        """Sign out."""
        session = await self.live(token)
        await self._directory.end_session(session.claims.session_id)
        event = event_of(session, Purpose.TREATMENT, "console", Kind.SIGN_OUT)
        await self._ledger.commit(Intent(event))
