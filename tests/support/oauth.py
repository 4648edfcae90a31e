"""A system's side of OAuth 2: assertions, DPoP proofs."""

import base64
import hashlib
import json
import secrets
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

Key = ECKey | OKPKey | RSAKey
ALGORITHM = {"P-384": "ES384", "P-256": "ES256", "Ed25519": "EdDSA"}


def algorithm_of(key: Key) -> str:
    return "RS384" if isinstance(key, RSAKey) else ALGORITHM[key.curve_name]


def key_set(*keys: Key) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def assertion(
    key: Key, client_id: str, audience: str, now_s: float, *, alg: str = "", **changes: Any
) -> str:
    """A signed assertion (RFC 7523); ``changes``: other claims, None leaves one out."""
    claims = {
        "iss": client_id, "sub": client_id, "aud": audience, "jti": secrets.token_hex(8),
        "iat": int(now_s), "exp": int(now_s) + 300, **changes,
    }  # fmt: skip
    told = {name: value for name, value in claims.items() if value is not None}
    chosen = alg or algorithm_of(key)
    header: dict[str, Any] = {"alg": chosen}
    if key.kid:
        header["kid"] = key.kid
    return jwt.encode(header, told, key, algorithms=[chosen])


def proof(
    key: Key,
    method: str,
    address: str,
    now_s: float,
    *,
    nonce: str = "",
    token: str = "",
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """A DPoP proof (RFC 9449 § 4.2); ``changes``: other claims, None leaves one out."""
    claims: dict[str, Any] = {
        "jti": secrets.token_hex(8), "htm": method, "htu": address, "iat": int(now_s),
    }  # fmt: skip
    if nonce:
        claims["nonce"] = nonce
    if token:
        digest = hashlib.sha256(token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    claims |= changes
    told = {name: value for name, value in claims.items() if value is not None}
    alg = algorithm_of(key)
    full = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False), **(header or {})}
    return jwt.encode(full, told, key, algorithms=[alg])
