"""DPoP proofs (RFC 9449): a token that is bound to a key opens nothing without the key.

Every HTTP request carries a proof of its own: a signed statement of method, address, token and a
nonce of this broker. A proof is good for one request. The doors send it along with each message of
that request under one number; the same proof under another number is a replay. Nonces are of this
process: a proof made for one broker's nonce is nothing to another, nor to this one's next life, so
that what was used can be remembered in memory alone.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from segel.broker.errors import BrokerUnavailable, NonceNeeded, ProofInvalid, TokenInvalid
from segel.broker.jose import JwtBroken, read_header, read_key, text_of, time_of, verify
from segel.broker.messages import Proof
from segel.domain.clock import Clock

ALGORITHMS: Final = frozenset({"ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256"})
TYPE: Final = "dpop+jwt"
NONCE_S: Final = 30
"""A nonce is taken in its own half-minute and the next: a proof serves for a minute at most."""

SKEW_S: Final = 60
"""How far a client's clock may be off; the nonce is what bounds a proof's age."""

REQUEST_S: Final = 300
"""How long one HTTP request may go on asking under its proof: as long as a key may be kept."""

PROOFS_MAX: Final = 200_000
"""Proofs remembered at once, about 40 MB; more than a broker's releases in five minutes."""

DEFAULT_PORT: Final = {"http": ":80", "https": ":443"}
_MAC_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class _Seen:
    request_id: str
    said: bytes
    until_s: float


class Proofs:
    """Verifies proofs and remembers which were used. ``origins``: how clients name this server."""

    def __init__(
        self,
        origins: tuple[str, ...],
        clock: Clock,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._origins = origins
        self._clock = clock
        self._key = randomness(32)
        self._seen: dict[bytes, _Seen] = {}
        self._sweep_s = 0.0

    def nonce(self) -> str:
        """The nonce that the next proofs have to carry."""
        return self._nonce(int(self._clock()) // NONCE_S)

    def require(self, proof: Proof | None, token: str, jkt: str) -> None:
        """Return where the proof binds this request to the token's key.

        Raises ProofInvalid, NonceNeeded, TokenInvalid.
        """
        if proof is None or not jkt:
            raise TokenInvalid(
                "The token is not valid: it is bound to a key and came without a proof of it, or"
                " it came with a proof and is bound to none.",
                remedy="Send a bound token as DPoP with a proof, any other as Bearer.",
            )
        if not hmac.compare_digest(self._holder(proof, token), jkt):
            raise _invalid("The proof is by another key than the token is bound to.", "jwk")

    def holder(self, proof: Proof) -> str:
        """Thumbprint (RFC 7638) of the key that asks for a token. Raises as ``require``."""
        return self._holder(proof, "")

    def _holder(self, proof: Proof, token: str) -> str:
        try:
            return self._verified(proof, token)
        except JwtBroken as broken:
            raise _invalid(broken.what, broken.field or "dpop") from None

    def _verified(self, proof: Proof, token: str) -> str:
        header = read_header(proof.jwt)
        if header.get("typ") != TYPE:
            raise _invalid("The proof is of another type.", "typ")
        key = read_key(header.get("jwk"))
        _, claims = verify(proof.jwt, [key], ALGORITHMS)
        jkt = str(key.key.thumbprint())
        if text_of(claims, "htm", 16) != proof.method:
            raise _invalid("The proof is for another method.", "htm")
        if not self._names(text_of(claims, "htu", 2_048), proof.path):
            raise _invalid("The proof is for another address.", "htu")
        if token and not hmac.compare_digest(text_of(claims, "ath", 64), _digest(token)):
            raise _invalid("The proof is for another token.", "ath")
        place = hashlib.sha256(f"{jkt} {text_of(claims, 'jti', 256)}".encode()).digest()
        said = hashlib.sha256(proof.jwt.encode()).digest()
        now_s = self._clock()
        seen = self._seen.get(place)
        if seen is not None and seen.until_s > now_s:
            if (seen.request_id, seen.said) != (proof.request_id, said):
                raise _invalid("The proof was used before.", "jti")
            return jkt
        if abs(time_of(claims, "iat") - now_s) > SKEW_S:
            raise _invalid("The proof was made at another time than now.", "iat")
        if not self._current(claims.get("nonce")):
            raise NonceNeeded(
                "The proof has to carry the server's nonce.",
                remedy="Make a proof with the nonce of the header DPoP-Nonce.",
                field="nonce",
                nonce=self.nonce(),
            )
        self._remember(place, _Seen(proof.request_id, said, now_s + REQUEST_S))
        return jkt

    def _names(self, htu: str, path: str) -> bool:
        """Whether an address without its query is ``path`` on this server (RFC 9449 § 4.3)."""
        try:
            parts = urlsplit(htu)
            host = parts.netloc.lower().removesuffix(DEFAULT_PORT.get(parts.scheme, ""))
            origin = f"{parts.scheme}://{host}"
        except ValueError:
            return False
        return origin in self._origins and (parts.path or "/") == path

    def _current(self, nonce: object) -> bool:
        bucket = int(self._clock()) // NONCE_S
        return isinstance(nonce, str) and any(
            hmac.compare_digest(nonce.encode(), self._nonce(at).encode())
            for at in (bucket, bucket - 1)
        )

    def _nonce(self, bucket: int) -> str:
        mac = hmac.digest(self._key, bucket.to_bytes(8, "big"), "sha256")[:_MAC_BYTES]
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")

    def _remember(self, place: bytes, seen: _Seen) -> None:
        now_s = self._clock()
        if now_s >= self._sweep_s or len(self._seen) >= PROOFS_MAX:
            self._seen = {at: one for at, one in self._seen.items() if one.until_s > now_s}
            self._sweep_s = now_s + REQUEST_S
        if len(self._seen) >= PROOFS_MAX:
            raise BrokerUnavailable("Too many proofs are in use.", remedy="Try again in a moment.")
        self._seen[place] = seen


def require_named(proof: Proof | None, study_uid: str) -> None:
    """Return where the client itself named the study in the address that it signed.

    A gateway that was taken over cannot turn a proof for one study into a key of another. Raises
    ProofInvalid.
    """
    if proof is not None and study_uid not in proof.path.split("/"):
        raise _invalid("The proof is for another study.", "htu")


def _digest(token: str) -> str:
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _invalid(what: str, field: str) -> ProofInvalid:
    return ProofInvalid(what, field=field, remedy="Make a new proof for this request.")
