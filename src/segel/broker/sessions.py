"""Sessions and their bearer tokens.

A token is a JWT (RFC 7519) signed with EdDSA by the broker; it names a session and an account by
random ids and nothing else. What the session is, and whether it still is, stands in the database.
"""

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
PERSON_IDLE_S: Final = 30 * 60
"""A console that nobody has touched for so long is let go of: somebody left the desk."""
PEER_SESSION_S: Final = 3_600
"""Longer than associations last; a new association gets a new one."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. ``jkt``: thumbprint of the key it is bound to, or ''."""

    session_id: UUID
    account_id: UUID
    expires_s: int
    jkt: str = ""


class SessionRecord(msgspec.Struct, frozen=True):
    """A session as it is sealed in its row.

    ``method`` and ``via``: how its holder was recognised, and by which passkey or identity (an
    id of ours). ``study_uid``: the only study it may open, or ''. ``purpose``: the only purpose
    that it reads for, or None for the one that each request names. ``scopes``: what it is narrowed
    to (SMART), None: to nothing. ``idle_s``: it ends when it was not used for so long; 0: never.
    ``plants``: new patients that arrive in it are decoys, and it may read those that are there.
    """

    expires_s: int
    method: str
    study_uid: str = ""
    purpose: Purpose | None = None
    plants: bool = False
    began_s: int = 0
    route: str = ""
    via: str = ""
    scopes: str | None = None
    idle_s: int = 0


class SessionUse(msgspec.Struct, frozen=True):
    """When a session was last used, sealed apart: it is written again and again."""

    used_s: int


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
                **({"cnf": {"jkt": claims.jkt}} if claims.jkt else {}),
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
                jkt=str(payload["cnf"]["jkt"]) if "cnf" in payload else "",
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


def new_claims(account_id: UUID, lifetime_s: int, *, now_s: float, jkt: str = "") -> Claims:
    """Claims of a session that begins now."""
    return Claims(uuid4(), account_id, int(now_s) + lifetime_s, jkt)
