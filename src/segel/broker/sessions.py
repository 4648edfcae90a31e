"""Sessions and their bearer tokens.

A token is a JWT (RFC 7519) signed with EdDSA by the broker; it names a session and an account by
random ids and nothing else. What the session is, and whether it still is, stands in the database.
"""

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import msgspec
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from segel.broker.errors import TokenInvalid
from segel.broker.secrets import BrokerSecrets
from segel.domain.purpose import Purpose

AUDIENCE: Final = "segel"
ALGORITHM: Final = "Ed25519"
TOKEN_LENGTH_MAX: Final = 2_048
PERSON_SESSION_S: Final = 8 * 3_600
"""A shift."""
VIEWER_SESSION_S: Final = 1_800
"""As long as a study is read; the console opens another when it is over."""
PEER_SESSION_S: Final = 3_600
"""Longer than associations last; a new association gets a new one."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    session_id: UUID
    account_id: UUID
    expires_s: int


class SessionRecord(msgspec.Struct, frozen=True):
    """A session as it is sealed in its row. ``study_uid``: the only study it may open, or ''.

    ``purpose``: the only purpose that it reads for, or None for the one that each request names.
    ``plants``: new patients that arrive in it are decoys, and it may read those that are there.
    """

    expires_s: int
    method: str
    study_uid: str = ""
    purpose: Purpose | None = None
    plants: bool = False


class TokenSigner:
    """Signs and verifies tokens with the broker's key."""

    def __init__(self, secrets: BrokerSecrets) -> None:
        pem = secrets.token_signing.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._key = OKPKey.import_key(pem)
        self._claims: dict[str, Claims] = {}

    def sign(self, claims: Claims) -> str:
        """The token of a session."""
        return jwt.encode(
            {"alg": ALGORITHM},
            {
                "aud": AUDIENCE,
                "sid": claims.session_id.hex,
                "sub": claims.account_id.hex,
                "exp": claims.expires_s,
            },
            self._key,
            algorithms=[ALGORITHM],
        )

    def verify(self, token: str, now_s: float) -> Claims:
        """The claims of a token. Raises TokenInvalid, always with the same words."""
        claims = self._claims.get(token)
        if claims is None:
            claims = self._decode(token)
            if len(self._claims) >= VERIFIED_MAX:
                self._claims.clear()
            self._claims[token] = claims
        if claims.expires_s <= now_s:
            raise token_invalid()
        return claims

    def _decode(self, token: str) -> Claims:
        if len(token) > TOKEN_LENGTH_MAX:
            raise token_invalid()
        try:
            payload = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
            if payload["aud"] != AUDIENCE:
                raise token_invalid()
            return Claims(
                session_id=UUID(hex=payload["sid"]),
                account_id=UUID(hex=payload["sub"]),
                expires_s=int(payload["exp"]),
            )
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise token_invalid() from None


VERIFIED_MAX: Final = 10_000
"""Tokens whose signature need not be checked again; more than one broker has live sessions."""


def token_invalid() -> TokenInvalid:
    """The one answer to every token that does not hold."""
    return TokenInvalid(
        "The token is not valid: it is missing, altered, expired, or its session has ended.",
        remedy="Sign in again.",
    )


def new_claims(account_id: UUID, lifetime_s: int, *, now_s: float | None = None) -> Claims:
    """Claims of a session that begins now."""
    start_s = time.time() if now_s is None else now_s
    return Claims(uuid4(), account_id, int(start_s) + lifetime_s)
