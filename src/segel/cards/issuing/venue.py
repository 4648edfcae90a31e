"""Venue passes in batches: one pass for each of the holder's keys, and nothing in it but the key.

All passes of a batch, and of everybody else's batch of the same hour, are of one length and say the
same but for the holder's key and the signature (decision 052).
"""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from segel.cards.cbor import SIGN1_TAG
from segel.cards.hcert import ALG, ES256, EXP, HCERT, ISS, KID, sig_structure
from segel.cards.issuing.errors import CardFault, CardNotMade
from segel.cards.passes import (
    FIT,
    HOLDER_KEY,
    HOUR_S,
    LIFETIME_MAX_S,
    POINT_BYTES,
    VENUE_PASS_V1,
)
from segel.cards.signatures import ES256_BYTES, Sign

BATCH_MAX: Final = 16
"""A day has not more doors for one person; each takes a signature of the KMS."""


def pass_ends_at(at: datetime, fit_until: datetime) -> int:
    """Until when passes made at ``at`` hold (Unix time): a full hour, at most a day ahead, and not
    past the hour in which their reason ends. Raises CardNotMade where that is over."""
    assert at.tzinfo is not None
    assert fit_until.tzinfo is not None
    now = int(at.timestamp())
    day = (now + LIFETIME_MAX_S) // HOUR_S * HOUR_S
    ends_at = min(day, int(fit_until.timestamp()) // HOUR_S * HOUR_S)
    if ends_at <= now:
        raise CardNotMade(
            CardFault.TOO_OLD,
            "What the passes would be made of ends within the hour.",
            remedy="A pass needs a newer test.",
        )
    return ends_at


def make_passes(
    points: Sequence[bytes], country: str, *, key_id: bytes, ends_at: int, sign: Sign
) -> list[bytes]:
    """A pass (zlib'd COSE) for each of a holder's compressed points, in their order.

    Raises CardNotMade before anything is signed, and what ``sign`` raises.
    """
    assert ends_at % HOUR_S == 0
    _demand_points(points)
    protected = cbor2.dumps({ALG: ES256, KID: key_id})
    return [_pass(protected, _payload(country, ends_at, one), sign) for one in points]


def _payload(country: str, ends_at: int, point: bytes) -> bytes:
    claims: dict[int, Any] = {
        ISS: country,
        EXP: ends_at,
        HCERT: {VENUE_PASS_V1: {FIT: True, HOLDER_KEY: point}},
    }
    return cbor2.dumps(claims)


def _pass(protected: bytes, payload: bytes, sign: Sign) -> bytes:
    signature = sign(sig_structure(protected, payload))
    assert len(signature) == ES256_BYTES
    message = cbor2.dumps(cbor2.CBORTag(SIGN1_TAG, [protected, {}, payload, signature]))
    # Stored, not squeezed: how well it is squeezed would differ from pass to pass.
    stream = zlib.compressobj(level=0)
    return stream.compress(message) + stream.flush()


def _demand_points(points: Sequence[bytes]) -> None:
    """Raises CardNotMade: what is no key, and a key twice, which would link two passes."""
    if not 1 <= len(points) <= BATCH_MAX or len(set(points)) != len(points):
        raise _no_keys(f"Send 1 to {BATCH_MAX} keys, each once.")
    for point in points:
        try:
            if len(point) != POINT_BYTES:
                raise ValueError
            EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
        except ValueError:
            raise _no_keys("Send compressed points of P-256.") from None


def _no_keys(remedy: str) -> CardNotMade:
    return CardNotMade(
        CardFault.HOLDER_KEYS, "These are no keys for passes.", remedy=remedy, field="keys"
    )
