"""What an id token must say before anybody is signed in by it (OpenID Connect Core 1.0 § 3.1.3.7).

Pure: keys, expectations and the time come in, the claims go out.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from segel.broker.jose import JwtBroken, KnownKey, text_of, time_of, verify

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "PS256", "PS384", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
SKEW_S: Final = 60
"""How far the provider's clock may be off."""

AGE_MAX_S: Final = 600
"""An id token is made when the code is exchanged, a moment before it is read."""

_HASHES: Final = {"256": "sha256", "384": "sha384", "512": "sha512"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What was asked for, of whom. ``claim`` names the account at the provider."""

    issuer: str
    client_id: str
    claim: str
    nonce: str = field(repr=False)


def require_id_token(
    token: str,
    keys: Sequence[KnownKey],
    expected: Expected,
    access_token: str,
    now_s: float,
) -> str:
    """Who it is, by the expected claim. Raises JwtBroken, naming the claim that does not hold."""
    header, claims = verify(token, keys, ALGORITHMS)
    if text_of(claims, "iss") != expected.issuer:
        raise JwtBroken("The id token is of another issuer.", field="iss")
    _require_audience(claims, expected.client_id)
    until_s, made_s = time_of(claims, "exp"), time_of(claims, "iat")
    if until_s <= now_s - SKEW_S:
        raise JwtBroken("The id token has run out.", field="exp")
    if not now_s - AGE_MAX_S < made_s < now_s + SKEW_S:
        raise JwtBroken("The id token was made at another time than now.", field="iat")
    if "nbf" in claims and time_of(claims, "nbf") > now_s + SKEW_S:
        raise JwtBroken("The id token is not yet good.", field="nbf")
    if not hmac.compare_digest(text_of(claims, "nonce").encode(), expected.nonce.encode()):
        raise JwtBroken("The id token is for another sign-in.", field="nonce")
    if "at_hash" in claims:
        _require_at_hash(claims, header["alg"], access_token)
    text_of(claims, "sub", 255)
    return text_of(claims, expected.claim, 255)


def _require_audience(claims: dict[str, Any], client_id: str) -> None:
    """Ours and nobody else's: no other audience is trusted here."""
    audience = claims.get("aud")
    if audience != client_id and audience != [client_id]:
        raise JwtBroken("The id token is for another client.", field="aud")
    if claims.get("azp", client_id) != client_id:
        raise JwtBroken("The id token was given to another client.", field="azp")


def _require_at_hash(claims: dict[str, Any], algorithm: str, access_token: str) -> None:
    digest = hashlib.new(_HASHES.get(algorithm[-3:], "sha512"), access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
    if not hmac.compare_digest(text_of(claims, "at_hash").encode(), half.encode()):
        raise JwtBroken("The access token is not the id token's.", field="at_hash")
