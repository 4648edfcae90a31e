"""Venue passes: that somebody is fit, and a key that only they can use. No name, no number.

    HC1: ─ Base45 ─ zlib ─ COSE_Sign1 ─ {1: country, 4: exp, -260: {2: {"f": true, "k": point}}}
    SP1: ─ Base45 ─ CBOR [the pass (zlib'd COSE), the holder's signature over the gate's nonce]

A pass on paper is the first, and whoever copies it has it. An app shows the second: the gate shows
a nonce, the holder signs it with the key that the pass names. A gate demands that a pass says
nothing else and ends at a full hour of the next day: what says more could tell its holder apart.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from segel.cards import base45, base64url, cbor
from segel.cards.errors import CardRefused
from segel.cards.hcert import ES256, EU_DCC_V1, EXP, HCERT, ISS, PREFIX, Envelope, open_envelope
from segel.cards.inflating import inflate_zlib
from segel.cards.judging import signer_that_signed
from segel.cards.reasons import Reason, Remark
from segel.cards.revoking import MarkKind, Revoked, mark_of
from segel.cards.signatures import ES256_BYTES, InvalidSignature, verify_es256
from segel.cards.signers import Trust

VENUE_PASS_V1: Final = 2
"""The key of a pass within claim -260; 1 is the certificate's."""
FIT: Final = "f"
HOLDER_KEY: Final = "k"
POINT_BYTES: Final = 33
"""A point of P-256, compressed (SEC 1 § 2.3.3)."""

ANSWER_PREFIX: Final = "SP1:"
GATE_PREFIX: Final = "segel-gate:"
NONCE_BYTES: Final = 16
TEXT_CHARACTERS_MAX: Final = 2_048
"""A pass and its answer are 340 characters."""

HOUR_S: Final = 3_600
LIFETIME_MAX_S: Final = 24 * HOUR_S
_SIGNED_BY_HOLDER: Final = b"segel-venue-pass-v1"


class VenuePass(msgspec.Struct, frozen=True, gc=False):
    """An opened pass. Nothing of it is verified; ``point`` is the holder's key. ``message``: the
    bytes that its holder signs the digest of."""

    algorithm: int
    key_id: bytes
    signed: bytes
    signature: bytes
    country: str
    ends_at: int
    fit: bool
    point: bytes
    message: bytes


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A pass with its holder's signature."""

    shown: VenuePass
    signature: bytes


class PassJudgement(msgspec.Struct, frozen=True, gc=False):
    """What became of a pass: ``reason`` is the first thing against it. ``ends_at`` (Unix time)
    where the signature held."""

    reason: Reason
    place: str = ""
    remarks: tuple[Remark, ...] = ()
    ends_at: int = 0

    @property
    def valid(self) -> bool:
        """Whether its holder is let in by it."""
        return self.reason is Reason.VALID


def new_nonce(randomness: Callable[[int], bytes] = os.urandom) -> bytes:
    """A gate's nonce: shown to one holder, and to no other."""
    return randomness(NONCE_BYTES)


def gate_text(nonce: bytes) -> str:
    """What a gate's QR code says."""
    assert len(nonce) == NONCE_BYTES
    return GATE_PREFIX + base64url.encode(nonce)


def signed_by_holder(nonce: bytes, message: bytes) -> bytes:
    """What a holder signs: this nonce, with this pass."""
    return _SIGNED_BY_HOLDER + nonce + hashlib.sha256(message).digest()


def open_pass(text: str) -> VenuePass | Answer:
    """The pass, or a pass with its answer, that a QR code's text is. Raises CardRefused."""
    if not text.strip():
        raise CardRefused(Reason.TEXT_EMPTY)
    if len(text) > TEXT_CHARACTERS_MAX:
        raise CardRefused(Reason.TEXT_TOO_LONG)
    if text.startswith(PREFIX):
        return _opened(base45.decode(text.removeprefix(PREFIX)))
    if not text.startswith(ANSWER_PREFIX):
        surrounded = text.strip().startswith((PREFIX, ANSWER_PREFIX))
        raise CardRefused(Reason.TEXT_SURROUNDED if surrounded else Reason.PREFIX_MISSING)
    item = cbor.read(base45.decode(text.removeprefix(ANSWER_PREFIX)))
    if not isinstance(item, list | tuple) or len(item) != 2:
        raise CardRefused(Reason.ANSWER_STRUCTURE)
    message, signature = item
    if not isinstance(message, bytes) or not isinstance(signature, bytes):
        raise CardRefused(Reason.ANSWER_STRUCTURE)
    if len(signature) != ES256_BYTES:
        raise CardRefused(Reason.ANSWER_STRUCTURE, "signature")
    return Answer(_opened(message), signature)


def judge_pass(
    text: str,
    trust: Trust,
    at: datetime,
    nonce: bytes | None = None,
    revoked: Revoked | None = None,
    *,
    paper: bool = False,
) -> PassJudgement:
    """The judgement of what a gate scanned. ``nonce``: the one that this gate showed, once;
    ``paper``: whether a pass that nobody answers for is let in."""
    assert at.tzinfo is not None
    try:
        opened = open_pass(text)
        shown = opened.shown if isinstance(opened, Answer) else opened
        signer = signer_that_signed(shown, trust.signers_of(shown.key_id))
        if isinstance(opened, Answer):
            _demand_answered(opened, nonce)
        elif not paper:
            raise CardRefused(Reason.ANSWER_MISSING)
    except CardRefused as error:
        return PassJudgement(error.reason, error.place)
    against = _against(shown, at)
    if against is None and at < signer.not_before:
        against = Reason.SIGNER_NOT_YET_VALID
    elif against is None and at > signer.not_after:
        against = Reason.SIGNER_EXPIRED
    if against is None and revoked is not None and revoked.has_any((_mark_of(shown),)):
        against = Reason.REVOKED
    remarks = () if isinstance(opened, Answer) else (Remark.VENUE_COPYABLE,)
    return PassJudgement(against or Reason.VALID, remarks=remarks, ends_at=shown.ends_at)


def _against(shown: VenuePass, at: datetime) -> Reason | None:
    now = at.timestamp()
    if not shown.fit:
        return Reason.VENUE_NOT_FIT
    if now > shown.ends_at:
        return Reason.EXPIRED
    # An issuer whose clock is an hour ahead is not refused for it.
    too_long = shown.ends_at - now > LIFETIME_MAX_S + HOUR_S
    return Reason.VENUE_TOO_LONG if too_long or shown.ends_at % HOUR_S else None


def _mark_of(shown: VenuePass) -> bytes:
    """By what a pass is revoked: as a certificate's signature is."""
    half = shown.signature[: ES256_BYTES // 2]
    return mark_of(MarkKind.SIGNATURE, hashlib.sha256(half).digest())


def _demand_answered(answer: Answer, nonce: bytes | None) -> None:
    if nonce is None:
        raise CardRefused(Reason.ANSWER_WRONG)
    key = _key_of(answer.shown.point)
    try:
        verify_es256(key, answer.signature, signed_by_holder(nonce, answer.shown.message))
    except InvalidSignature:
        raise CardRefused(Reason.ANSWER_WRONG) from None


def _opened(message: bytes) -> VenuePass:
    envelope = open_envelope(inflate_zlib(message))
    inner = _inner(envelope)
    if envelope.algorithm != ES256:
        raise CardRefused(Reason.ALGORITHM_UNSUPPORTED)
    claims = envelope.claims
    country, ends_at = claims.get(ISS), claims.get(EXP)
    fit, point = inner.get(FIT), inner.get(HOLDER_KEY)
    if envelope.headers != (2, 0) or not envelope.key_id_protected or len(claims) != 3:
        raise CardRefused(Reason.VENUE_STRUCTURE)
    if not isinstance(country, str) or len(country) != 2 or len(inner) != 2:
        raise CardRefused(Reason.VENUE_STRUCTURE)
    if type(ends_at) is not int or type(fit) is not bool or type(point) is not bytes:
        raise CardRefused(Reason.VENUE_STRUCTURE)
    _key_of(point)
    return VenuePass(
        algorithm=envelope.algorithm,
        key_id=envelope.key_id,
        signed=envelope.signed,
        signature=envelope.signature,
        country=country,
        ends_at=ends_at,
        fit=fit,
        point=point,
        message=message,
    )


def _inner(envelope: Envelope) -> dict[Any, Any]:
    holder = envelope.claims.get(HCERT)
    if not isinstance(holder, dict):
        raise CardRefused(Reason.VENUE_STRUCTURE, "hcert")
    if EU_DCC_V1 in holder and VENUE_PASS_V1 not in holder:
        raise CardRefused(Reason.VENUE_MISSING)
    inner = holder.get(VENUE_PASS_V1)
    if not isinstance(inner, dict) or len(holder) != 1:
        raise CardRefused(Reason.VENUE_STRUCTURE, "hcert")
    return inner


def _key_of(point: bytes) -> EllipticCurvePublicKey:
    if len(point) != POINT_BYTES:
        raise CardRefused(Reason.VENUE_KEY)
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        raise CardRefused(Reason.VENUE_KEY) from None


def answer_text(message: bytes, signature: bytes) -> str:
    """What a holder's QR code says: the pass, and the signature over the gate's nonce."""
    assert len(signature) == ES256_BYTES
    return ANSWER_PREFIX + base45.encode(cbor2.dumps([message, signature]))


def paper_text(message: bytes) -> str:
    """What the QR code of a pass on paper says."""
    return PREFIX + base45.encode(message)
