"""Signed JSON from outside, verified in one place, strictly (RFC 7515, 7517, 7519, 8725).

Id tokens, client assertions and DPoP proofs all come through here. What leaves is verified; the
only error is JwtBroken, whatever the bytes are.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

from segel.domain.errors import SegelError

JWT_LENGTH_MAX: Final = 16_384
"""An id token with many claims has about 4,000 characters."""

KEYS_MAX: Final = 32
KEY_SET_BYTES_MAX: Final = 128 * 1024
RSA_BITS_MIN: Final = 2_048
RSA_BITS_MAX: Final = 8_192
"""Checking a longer one costs more than it is worth to whoever did not pay for it."""

KEY_TYPES: Final = {
    "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"), "Ed25519": ("OKP", "Ed25519"),
    "PS256": ("RSA", ""), "PS384": ("RSA", ""), "RS256": ("RSA", ""), "RS384": ("RSA", ""),
}  # fmt: skip
"""Every algorithm that is ever accepted, and the only keys it is used with. No none, no HMAC."""

_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_BROKEN: Final = (
    JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError,
)  # fmt: skip

PublicKey = ECKey | OKPKey | RSAKey
_KINDS: Final[dict[str, type[ECKey] | type[OKPKey] | type[RSAKey]]] = {
    "EC": ECKey,
    "OKP": OKPKey,
    "RSA": RSAKey,
}


class JwtBroken(SegelError):
    """Not a signed token that holds. The texts say which part, never what it said."""

    code = "jwt-broken"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key, and what its owner says it is for: ``kid`` and ``alg`` may be ''."""

    key: PublicKey
    kid: str
    alg: str


def read_key(members: object) -> KnownKey:
    """A public JWK. Raises JwtBroken for a private, symmetric, weak or unknown one."""
    if not isinstance(members, dict):
        raise JwtBroken("A key is not a JSON object.", field="jwk")
    if _PRIVATE & members.keys():
        raise JwtBroken(
            "A key holds private members.",
            field="jwk",
            remedy="Give the public key only, and replace this one: it was shown.",
        )
    kind, curve = members.get("kty"), members.get("crv", "")
    if (kind, "" if kind == "RSA" else curve) not in KEY_TYPES.values():
        raise JwtBroken(
            "A key is of a kind that is not taken.",
            field="kty",
            remedy="Use EC P-256, P-384 or P-521, OKP Ed25519, or RSA of 2048 bits or more.",
        )
    try:
        key = _KINDS[str(kind)].import_key(members)
        bits = key.public_key.key_size if isinstance(key, RSAKey) else RSA_BITS_MIN
    except _BROKEN:
        raise JwtBroken("A key cannot be read.", field="jwk") from None
    if not RSA_BITS_MIN <= bits <= RSA_BITS_MAX:
        raise JwtBroken("An RSA key is too short or too long.", field="n")
    kid, alg = members.get("kid", ""), members.get("alg", "")
    return KnownKey(key, kid if isinstance(kid, str) else "", alg if isinstance(alg, str) else "")


def read_key_set(document: bytes, *, strict: bool = True) -> tuple[KnownKey, ...]:
    """The keys of a JWK Set. ``strict``: any that cannot be used is an error, not passed over.

    Raises JwtBroken.
    """
    if len(document) > KEY_SET_BYTES_MAX:
        raise JwtBroken("The key set is too large.", field="keys")
    listed = read_object(document).get("keys")
    if not isinstance(listed, list) or not 1 <= len(listed) <= KEYS_MAX:
        raise JwtBroken(f"A key set has 1 to {KEYS_MAX} keys.", field="keys")
    keys = []
    for members in listed:
        if isinstance(members, dict) and members.get("use", "sig") != "sig":
            continue
        try:
            keys.append(read_key(members))
        except JwtBroken:
            if strict:
                raise
    if not keys:
        raise JwtBroken("The key set has no key to verify with.", field="keys")
    return tuple(keys)


def read_header(token: str) -> dict[str, Any]:
    """The header of a compact JWS, not yet verified. Raises JwtBroken."""
    if len(token) > JWT_LENGTH_MAX or token.count(".") != 2 or not token.isascii():
        raise JwtBroken("This is not a signed token.")
    try:
        header = read_object(urlsafe_b64decode(token.partition(".")[0].encode()))
    except _BROKEN:
        raise JwtBroken("The token's header cannot be read.", field="header") from None
    if "crit" in header or "b64" in header:
        raise JwtBroken("The token wants an extension that is not there.", field="crit")
    return header


def unverified(token: str) -> dict[str, Any]:
    """The claims of a token that nobody has verified: only to learn whose keys to try.

    Raises JwtBroken.
    """
    read_header(token)
    try:
        return read_object(urlsafe_b64decode(token.split(".")[1].encode()))
    except _BROKEN:
        raise JwtBroken("The token's claims cannot be read.") from None


def verify(
    token: str, keys: Iterable[KnownKey], algorithms: frozenset[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token that one of ``keys`` signed by one of ``algorithms``.

    Where the header names a key, only keys of that name are tried. Raises JwtBroken.
    """
    header = read_header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms & KEY_TYPES.keys():
        raise JwtBroken("The token is signed by an algorithm that is not taken.", field="alg")
    kid = header.get("kid")
    for known in keys:
        if (kid is not None and known.kid and known.kid != kid) or (
            known.alg and known.alg != algorithm
        ):
            continue
        if (payload := _payload(token, known.key, algorithm)) is not None:
            return header, read_object(payload)
    raise JwtBroken("No known key signed the token.", field="signature")


def _payload(token: str, key: PublicKey, algorithm: str) -> bytes | None:
    kind, curve = KEY_TYPES[algorithm]
    if key.key_type != kind or (curve and key.curve_name != curve):  # type: ignore[union-attr]
        return None
    try:
        return bytes(jws.deserialize_compact(token, key, algorithms=[algorithm]).payload)
    except _BROKEN:
        return None


def read_object(text: bytes) -> dict[str, Any]:
    """A JSON object in which no name stands twice. Raises JwtBroken."""
    try:
        value = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except _BROKEN:
        raise JwtBroken("This is not JSON, or a name stands in it twice.") from None
    if not isinstance(value, dict):
        raise JwtBroken("This is not a JSON object.")
    return value


def text_of(claims: dict[str, Any], name: str, length_max: int = 1_024) -> str:
    """A claim that is a text, not empty. Raises JwtBroken, naming it."""
    value = claims.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= length_max:
        raise JwtBroken("A claim is missing or not a text.", field=name)
    return value


def time_of(claims: dict[str, Any], name: str) -> float:
    """A claim that is a time, in Unix seconds. Raises JwtBroken, naming it."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < TIME_MAX_S:
        raise JwtBroken("A claim is missing or not a time.", field=name)
    return float(value)


TIME_MAX_S: Final = 1 << 40


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(_: str) -> Any:
    raise ValueError("not a JSON number")
