"""Sessions in use: whose token this is, and how a new session begins and ends."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import psycopg

from segel.broker.audit import Kind
from segel.broker.directory import Directory, LiveSession
from segel.broker.dpop import Proofs
from segel.broker.ledger import Intent, Ledger
from segel.broker.messages import Requester, Token
from segel.broker.policy import Permission, authorise
from segel.broker.releases import event_of
from segel.broker.sessions import Claims, SessionRecord, TokenSigner, new_claims
from segel.domain.clock import Clock
from segel.domain.purpose import Purpose

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class Sessions:
    """Verifies tokens, and begins and ends sessions in the audit log's sight."""

    def __init__(
        self,
        signer: TokenSigner,
        directory: Directory,
        ledger: Ledger,
        proofs: Proofs,
        clock: Clock,
    ) -> None:
        self._signer = signer
        self._directory = directory
        self._ledger = ledger
        self._proofs = proofs
        self._clock = clock

    async def live(self, asked: Requester | str) -> LiveSession:
        """The session of a requester, or of a bare token. Raises TokenInvalid, ProofInvalid.

        A token that is bound to a key opens nothing without a proof of that key (RFC 9449 § 7).
        """
        token, proof = (asked, None) if isinstance(asked, str) else (asked.token, asked.proof)
        claims = self._signer.verify(token, self._clock())
        if claims.jkt or proof is not None:
            self._proofs.require(proof, token, claims.jkt)
        return await self._directory.live_session(claims)

    def session_id_of(self, token: str) -> UUID:
        """Which session a token names, whether or not it is over. Raises TokenInvalid."""
        return self._signer.verify(token, 0.0).session_id

    async def own(self, asked: Requester) -> LiveSession:
        """The session of somebody who asks about their own account. Raises Forbidden."""
        session = await self.live(asked)
        authorise(
            session.principal, Permission.ACCOUNT_OWN_READ, asked.purpose, session.hospital_id
        )
        return session

    async def begin(
        self,
        account_id: UUID,
        lifetime_s: int,
        method: str,
        route: str,
        *,
        via: str = "",
        idle_s: int = 0,
        scopes: str | None = None,
        jkt: str = "",
        plants: bool = False,
        apply: Apply | None = None,
    ) -> Token:
        """A new session's token. ``method``: how its holder was recognised; see SessionRecord.

        ``apply``: what becomes true together with the sign-in's log entry, or raises.
        """
        claims = new_claims(account_id, lifetime_s, now_s=self._clock(), jkt=jkt)
        record = SessionRecord(
            claims.expires_s,
            method,
            via=via,
            idle_s=idle_s,
            scopes=scopes,
            route=route,
            plants=plants,
        )
        return await self.begin_with(claims, record, apply=apply)

    async def begin_with(
        self, claims: Claims, record: SessionRecord, *, apply: Apply | None = None
    ) -> Token:
        """The token of a session whose claims are given. Raises TokenInvalid where it was used."""
        await self._directory.begin_session(claims, record)
        session = await self._directory.live_session(claims)
        event = event_of(
            session, Purpose.TREATMENT, record.route, Kind.SIGN_IN, detail=record.method
        )
        try:
            await self._ledger.commit(Intent(event, apply=apply))
        except BaseException:
            await self._directory.end_session(claims.session_id)
            raise
        return Token(self._signer.sign(claims), claims.expires_s)

    async def end(self, token: str) -> LiveSession:
        """Sign out; the session that was ended."""
        session = await self.live(token)
        await self._directory.end_session(session.claims.session_id)
        event = event_of(session, Purpose.TREATMENT, "console", Kind.SIGN_OUT)
        await self._ledger.commit(Intent(event))
        return session
