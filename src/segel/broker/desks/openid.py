"""Signing in through an OpenID provider: authorization code, PKCE, and everything verified here.

What is under way stands in a handle that the browser keeps: sealed, so that nothing in it can be
read or changed, and good for one use by any broker.
"""

import base64
import hashlib
import hmac
import secrets as random_source
from typing import Final
from uuid import UUID

import msgspec
import psycopg

from segel.broker import messages as m
from segel.broker.accounts import Accounts
from segel.broker.audit import Kind
from segel.broker.clients import use_once
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory, LiveSession
from segel.broker.enrolments import Failures, account_event
from segel.broker.errors import BrokerError, Forbidden, SignInFailed, TokenInvalid
from segel.broker.identities import Identities
from segel.broker.index import Index
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.providers import Provider
from segel.broker.releases import event_of
from segel.broker.secrets import NOBODY, BrokerSecrets
from segel.broker.sessions import PERSON_SESSION_S, Claims
from segel.domain.clock import Clock
from segel.domain.purpose import Purpose
from segel.sealing import ObjectContext, SealingError, seal, unseal

UNDER_WAY_S: Final = 600
"""How long somebody may take at the provider, with a second factor to look for."""

RANDOM_BYTES: Final = 32
PARAMETER_LENGTH_MAX: Final = 2_048
_HANDLE: Final = ObjectContext(NOBODY, UUID(int=3), 1)


class UnderWay(msgspec.Struct, frozen=True, array_like=True):
    """A sign-in at a provider, or a link (then with the session that asked for it)."""

    provider: str
    state: str
    nonce: str
    verifier: str
    until_s: int
    session_id: UUID | None = None
    account_id: UUID | None = None
    session_until_s: int = 0


class OpenIdDesk:
    """Answers the gateway about sign-ins by provider, and links identities to accounts."""

    def __init__(
        self,
        providers: dict[str, Provider],
        identities: Identities,
        accounts: Accounts,
        directory: Directory,
        sessions: Sessions,
        ledger: Ledger,
        failures: Failures,
        secrets: BrokerSecrets,
        index: Index,
        clock: Clock,
        *,
        idle_s: int,
        origin: str,
    ) -> None:
        self._providers = providers
        self._identities = identities
        self._accounts = accounts
        self._directory = directory
        self._sessions = sessions
        self._ledger = ledger
        self._failures = failures
        self._secrets = secrets
        self._index = index
        self._clock = clock
        self._idle_s = idle_s
        self._origin = origin

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.ListProviders, self._list),
            Offer(m.OpenIdBegin, self._begin),
            Offer(m.OpenIdFinish, self._finish),
            Offer(m.OpenIdLeave, self._leave),
            Offer(m.LinkIdentity, self._link_by_operator, OPERATOR_ONLY),
        ]

    async def _list(self, _: m.ListProviders) -> m.Reply:
        every = [provider.settings for provider in self._providers.values()]
        return m.ProviderNames([one.name for one in every], [one.label for one in every])

    async def _begin(self, asked: m.OpenIdBegin) -> m.Reply:
        provider = self._provider(asked.provider)
        session = await self._sessions.own(asked.requester) if asked.requester else None
        state, nonce, verifier = (random_source.token_urlsafe(RANDOM_BYTES) for _ in range(3))
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        address = await provider.authorization_address(state, nonce, challenge)
        under_way = UnderWay(
            provider.settings.name,
            state,
            nonce,
            verifier,
            int(self._clock()) + UNDER_WAY_S,
            *((session.claims.session_id, session.claims.account_id, session.claims.expires_s)
              if session else ()),
        )  # fmt: skip
        return m.OpenIdBegun(address, self._sealed(under_way))

    async def _finish(self, asked: m.OpenIdFinish) -> m.Reply:
        try:
            under_way = self._opened(asked)
            provider = self._provider(under_way.provider)
            settings = provider.settings
            subject = await provider.subject(
                asked.code, asked.issuer, under_way.nonce, under_way.verifier
            )
            identity = self._identities.token(settings.issuer, settings.claim, subject)
            if under_way.session_id is None:
                return m.OpenIdDone(await self._sign_in(provider, under_way, identity))
            await self._link(provider, under_way, identity)
        except BrokerError as refusal:
            self._failures.note("openid", refusal, "console")
            raise
        return m.OpenIdDone()

    async def _sign_in(self, provider: Provider, under_way: UnderWay, identity: bytes) -> m.Token:
        account_id, identity_id = await self._identities.use(identity)
        account, hospital_id = await self._directory.account(account_id)
        await self._require_hospital(provider, hospital_id)
        if account.closed_s:
            raise _unlinked()

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._require_first_use(cursor, under_way)

        return await self._sessions.begin(
            account_id,
            PERSON_SESSION_S,
            f"openid {provider.settings.name}",
            "console",
            via=str(identity_id),
            idle_s=self._idle_s,
            apply=apply,
        )

    async def _link(self, provider: Provider, under_way: UnderWay, identity: bytes) -> None:
        session = await self._asking(under_way)
        await self._require_hospital(provider, session.hospital_id)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._identities.insert(
                cursor, identity, session.claims.account_id, provider.settings.name
            )

        event = event_of(
            session, Purpose.TREATMENT, "console", Kind.ENROL, detail="identity linked"
        )
        await self._ledger.commit(Intent(event, apply=apply))

    async def _link_by_operator(self, asked: m.LinkIdentity) -> m.Reply:
        provider = self._provider(asked.provider)
        account = await self._accounts.named(asked.name)
        if account.record.closed_s:
            raise Forbidden("This account is closed.", field="name")
        await self._require_hospital(provider, account.hospital_id)
        settings = provider.settings
        identity = self._identities.token(settings.issuer, settings.claim, asked.subject)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._identities.insert(cursor, identity, account.account_id, settings.name)

        event = account_event("identity linked", account.hospital_id, account.account_id)
        await self._ledger.commit(Intent(event, apply=apply))
        return m.Done(account.account_id)

    async def _leave(self, asked: m.OpenIdLeave) -> m.Reply:
        provider = self._provider(asked.provider)
        address = await provider.leaving_address(f"{self._origin}/sign-in")
        return m.OpenIdAddress(address, provider.settings.label)

    # --- checks -------------------------------------------------------------------------------

    def _provider(self, name: str) -> Provider:
        provider = self._providers.get(name)
        if provider is None:
            raise SignInFailed(
                "No sign-in provider of this name is set up.",
                field="provider",
                remedy="The setting `openid` lists them.",
            )
        return provider

    async def _require_hospital(self, provider: Provider, hospital_id: UUID | None) -> None:
        """A hospital's own provider vouches for that hospital's accounts and no others."""
        code = provider.settings.hospital
        if code and hospital_id != await self._directory.hospital_by_code(code):
            raise _unlinked()

    async def _require_first_use(self, cursor: psycopg.AsyncCursor, under_way: UnderWay) -> None:
        if not await use_once(cursor, self._index.once("openid", under_way.nonce)):
            raise _over()

    async def _asking(self, under_way: UnderWay) -> LiveSession:
        """The session that asked to be linked, which must still be there."""
        assert under_way.session_id is not None
        assert under_way.account_id is not None
        if under_way.session_until_s <= self._clock():
            raise _over()
        claims = Claims(under_way.session_id, under_way.account_id, under_way.session_until_s)
        try:
            return await self._directory.live_session(claims)
        except TokenInvalid:
            raise _over() from None

    def _sealed(self, under_way: UnderWay) -> str:
        sealed = seal(self._secrets.system, _HANDLE, msgspec.msgpack.encode(under_way))
        return base64.urlsafe_b64encode(bytes(sealed)).decode()

    def _opened(self, asked: m.OpenIdFinish) -> UnderWay:
        """What this answer belongs to. Raises SignInFailed."""
        if max(map(len, (asked.handle, asked.state, asked.code, asked.issuer))) > (
            PARAMETER_LENGTH_MAX
        ):
            raise _over()
        try:
            sealed = base64.b64decode(asked.handle, altchars=b"-_", validate=True)
            plain = unseal(self._secrets.system, _HANDLE, sealed)
            under_way = msgspec.msgpack.decode(plain, type=UnderWay)
        except (ValueError, SealingError, msgspec.DecodeError):
            raise _over() from None
        if (
            under_way.until_s <= self._clock()
            or under_way.provider != asked.provider
            or not hmac.compare_digest(under_way.state.encode(), asked.state.encode())
        ):
            raise _over()
        return under_way


def _over() -> SignInFailed:
    return SignInFailed(
        "This sign-in is over, or was begun in another browser.", remedy="Begin it again."
    )


def _unlinked() -> SignInFailed:
    return SignInFailed(
        "This identity is linked to no account that this provider vouches for.",
        field="unlinked",
        remedy="Sign in with a passkey and link it on the account page.",
    )
