"""An OpenID provider as the broker sees it: its metadata, its keys, its token endpoint.

The broker itself asks the provider, over TLS that it verifies itself: what the gateway could bring
of metadata or keys, a gateway that was taken over could forge. It asks nobody but the issuers of
the operator's settings and the addresses that these publish, follows no redirect, and reads no
answer longer than a limit.
"""

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from segel.broker.errors import BrokerUnavailable, SignInFailed
from segel.broker.id_tokens import Expected, require_id_token
from segel.broker.jose import JwtBroken, KnownKey, read_key_set, read_object
from segel.broker.settings import OpenIdProvider
from segel.domain.clock import Clock

ANSWER_BYTES_MAX: Final = 256 * 1024
TIMEOUT_S: Final = 5.0
KEPT_S: Final = 3_600.0
"""How long metadata and keys are taken for true; a key that is not known is looked for at once."""

REFETCH_PAUSE_S: Final = 30.0
"""Between two looks for an unknown key: forged tokens do not turn into a flood at the provider."""

ASSERTION_S: Final = 60
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Metadata:
    """What of the provider's metadata is used (OpenID Connect Discovery 1.0 § 3)."""

    authorization: str
    token: str
    jwks: str
    end_session: str
    says_issuer: bool


@dataclass(slots=True)
class _Kept:
    metadata: Metadata
    keys: tuple[KnownKey, ...] = field(repr=False)
    since_s: float


class Provider:
    """One provider. ``redirect``: our address that it sends browsers back to."""

    def __init__(self, settings: OpenIdProvider, redirect: str, clock: Clock) -> None:
        self.settings = settings
        self._redirect = redirect
        self._clock = clock
        self._kept: _Kept | None = None
        self._looking = asyncio.Lock()
        self._looked_s = 0.0
        self._web = httpx.AsyncClient(
            timeout=TIMEOUT_S,
            follow_redirects=False,
            trust_env=False,
            verify=ssl.create_default_context(),
        )

    async def close(self) -> None:
        """Hang up."""
        await self._web.aclose()

    async def authorization_address(self, state: str, nonce: str, challenge: str) -> str:
        """Where to send the browser. Raises BrokerUnavailable."""
        metadata = (await self._known()).metadata
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._redirect,
            "scope": self.settings.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with_query(metadata.authorization, query)

    async def leaving_address(self, back: str) -> str:
        """Where a browser signs out there (RP-Initiated Logout 1.0), or ''.

        No id token is sent as a hint: it would be personal data in an address, and is not kept.
        """
        metadata = (await self._known()).metadata
        if not metadata.end_session:
            return ""
        query = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return _with_query(metadata.end_session, query)

    async def subject(self, code: str, issuer: str, nonce: str, verifier: str) -> str:
        """Who signed in there. Raises SignInFailed, BrokerUnavailable."""
        known = await self._known()
        if (issuer or known.metadata.says_issuer) and issuer != self.settings.issuer:
            raise _failed("iss")  # RFC 9207 § 2.4: somebody else's answer
        answer = await self._exchange(known.metadata, code, verifier)
        id_token, access_token = answer.get("id_token"), answer.get("access_token", "")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise _failed("id_token")
        expected = Expected(
            self.settings.issuer, self.settings.client_id, self.settings.claim, nonce
        )
        try:
            try:
                return require_id_token(id_token, known.keys, expected, access_token, self._clock())
            except JwtBroken as broken:
                if broken.field != "signature":
                    raise
            renewed = await self._look_again()  # the provider may have changed its keys
            return require_id_token(id_token, renewed.keys, expected, access_token, self._clock())
        except JwtBroken as broken:
            raise _failed(broken.field or "id_token") from None

    async def _exchange(self, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": verifier,
        }
        auth: httpx.BasicAuth | None = None
        if self.settings.key_pem:
            form |= {
                "client_id": self.settings.client_id,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": self._assertion(),
            }
        elif self.settings.secret:
            auth = httpx.BasicAuth(
                _form_encoded(self.settings.client_id), _form_encoded(self.settings.secret)
            )
        else:
            form["client_id"] = self.settings.client_id
        request = self._web.build_request("POST", metadata.token, data=form)
        return await self._ask(request, auth)

    def _assertion(self) -> str:
        now_s = int(self._clock())
        try:
            key = ECKey.import_key(self.settings.key_pem)
            algorithm = {"P-256": "ES256", "P-384": "ES384"}[key.curve_name]
        except (JoseError, ValueError, KeyError):
            raise BrokerUnavailable("The client key of the provider cannot be used.") from None
        claims = {
            "iss": self.settings.client_id,
            "sub": self.settings.client_id,
            "aud": self.settings.issuer,
            "jti": uuid4().hex,
            "iat": now_s,
            "exp": now_s + ASSERTION_S,
        }
        return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])

    # --- what it publishes --------------------------------------------------------------------

    async def _known(self) -> _Kept:
        kept = self._kept
        if kept is not None and time.monotonic() - kept.since_s < KEPT_S:
            return kept
        async with self._looking:
            if self._kept is not kept and self._kept is not None:
                return self._kept
            return await self._look()

    async def _look_again(self) -> _Kept:
        async with self._looking:
            if time.monotonic() - self._looked_s < REFETCH_PAUSE_S:
                raise _failed("signature")
            self._looked_s = time.monotonic()
            return await self._look()

    async def _look(self) -> _Kept:
        issuer = self.settings.issuer
        address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        document = await self._ask(self._web.build_request("GET", address))
        try:
            metadata = read_metadata(document, issuer)
            answer = await self._read(self._web.build_request("GET", metadata.jwks))
            keys = read_key_set(answer, strict=False)
        except JwtBroken:
            raise _away() from None
        self._kept = _Kept(metadata, keys, time.monotonic())
        return self._kept

    async def _ask(
        self, request: httpx.Request, auth: httpx.BasicAuth | None = None
    ) -> dict[str, Any]:
        try:
            return read_object(await self._read(request, auth))
        except JwtBroken:
            raise _away() from None

    async def _read(self, request: httpx.Request, auth: httpx.BasicAuth | None = None) -> bytes:
        """The body of a 200. Raises SignInFailed where it refuses, BrokerUnavailable else."""
        try:
            async with asyncio.timeout(TIMEOUT_S * 2):
                answer = await self._web.send(request, auth=auth, stream=True)
                try:
                    if answer.status_code in (400, 401):
                        raise _failed("code")
                    if answer.status_code != 200:
                        raise _away()
                    body = bytearray()
                    async for piece in answer.aiter_bytes():
                        body += piece
                        if len(body) > ANSWER_BYTES_MAX:
                            raise _away()
                    return bytes(body)
                finally:
                    await answer.aclose()
        except (httpx.HTTPError, TimeoutError, OSError):
            raise _away() from None


def read_metadata(document: dict[str, Any], issuer: str) -> Metadata:
    """The metadata that an issuer publishes about itself. Raises JwtBroken."""
    if document.get("issuer") != issuer:
        raise JwtBroken("The metadata is of another issuer.", field="issuer")
    return Metadata(
        authorization=_address(document, "authorization_endpoint", issuer),
        token=_address(document, "token_endpoint", issuer),
        jwks=_address(document, "jwks_uri", issuer),
        end_session=_address(document, "end_session_endpoint", issuer)
        if "end_session_endpoint" in document
        else "",
        says_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: dict[str, Any], name: str, issuer: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not is_safe(value, beside=issuer):
        raise JwtBroken("An address of the provider cannot be used.", field=name)
    return value


def is_safe(address: str, *, beside: str) -> bool:
    """Whether an address is reached over TLS, or is on this machine as its issuer ``beside`` is."""
    try:
        parts, issuer = urlsplit(address), urlsplit(beside)
        if parts.username is not None or parts.fragment or not parts.hostname:
            return False
        here = {parts.hostname, issuer.hostname or ""} <= LOOPBACK
        return parts.scheme == "https" or (here and parts.scheme == issuer.scheme == "http")
    except ValueError:
        return False


def _with_query(address: str, query: dict[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"


def _form_encoded(text: str) -> str:
    """As RFC 6749 § 2.3.1 wants name and secret before they become Basic's."""
    return urlencode({"": text})[1:]


def _failed(field: str) -> SignInFailed:
    return SignInFailed(
        "The provider's answer does not hold.", field=field, remedy="Begin the sign-in again."
    )


def _away() -> BrokerUnavailable:
    return BrokerUnavailable(
        "The sign-in provider does not answer as it should.",
        remedy="Try again later, or sign in with a passkey.",
    )
