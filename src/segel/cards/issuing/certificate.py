"""An EU Digital COVID Certificate of a test (eHN DCC schema 1.3.0), as an HCERT.

What stands in it is what the schema demands, and no more: no number of the holder's, no address,
no sex. ``alg`` and ``kid`` are in the protected header; ``exp`` is 72 hours after the sampling.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import cbor2

from segel.cards import base45
from segel.cards.cbor import SIGN1_TAG
from segel.cards.hcert import (
    ALG,
    ES256,
    EU_DCC_V1,
    EXP,
    HCERT,
    IAT,
    ISS,
    KID,
    PREFIX,
    sig_structure,
)
from segel.cards.issuing.drawing import HCERT_CHARACTERS_MAX
from segel.cards.issuing.errors import CardFault, CardNotMade
from segel.cards.issuing.icao import LENGTH_MAX, icao_name, no_such_letters
from segel.cards.issuing.terms import Authority, demand_makeable
from segel.cards.signatures import ES256_BYTES, Sign
from segel.cards.value_sets import COVID_19, NAAT, NOT_DETECTED, RAPID
from segel.domain.card_facts import CardHolder, NegativeTest, TestMethod

SCHEMA: Final = "1.3.0"
TEXT_CHARACTERS_MAX: Final = 50
"""Of a centre's or a test's name, which may have 80: the QR code has its size from them."""
_TYPES: Final = {TestMethod.RAPID: RAPID, TestMethod.NAAT: NAAT}
_STAND_IN: Final = hashlib.sha512(SCHEMA.encode()).digest()
"""As little compressible as a signature, to know the size before there is one."""


@dataclass(frozen=True, slots=True)
class MadeCertificate:
    """A signed certificate: ``text`` is what its QR code says."""

    text: str = field(repr=False)
    signature: bytes = field(repr=False)
    identifier: str = field(repr=False)
    expires_at: datetime = field(repr=False)


def make_certificate(
    holder: CardHolder,
    test: NegativeTest,
    authority: Authority,
    *,
    key_id: bytes,
    identifier: str,
    at: datetime,
    sign: Sign,
) -> MadeCertificate:
    """The certificate, made at ``at``. Raises CardNotMade before anything is signed, and what
    ``sign`` raises."""
    demand_makeable(holder, test, at)
    protected = cbor2.dumps({ALG: ES256, KID: key_id})
    for certificate in _forms(holder, test, authority, identifier):
        claims: dict[int, Any] = {
            ISS: authority.country,
            IAT: int(at.timestamp()),
            EXP: int(test.ends_at.timestamp()),
            HCERT: {EU_DCC_V1: certificate},
        }
        payload = cbor2.dumps(claims)
        if len(_text(protected, payload, _STAND_IN)) <= HCERT_CHARACTERS_MAX:
            break
    else:
        raise CardNotMade(
            CardFault.TOO_LARGE,
            "The card would be too large for a QR code that phones read well.",
            remedy="The issuer's name or the name on record is too long for a card.",
        )
    signature = sign(sig_structure(protected, payload))
    assert len(signature) == ES256_BYTES
    text = _text(protected, payload, signature)
    return MadeCertificate(text, signature, identifier, datetime.fromtimestamp(claims[EXP], UTC))


def _forms(
    holder: CardHolder, test: NegativeTest, authority: Authority, identifier: str
) -> Iterator[dict[str, Any]]:
    """The certificate, and the same with less of what may be left out, should it be too large."""
    entry = {
        "tg": COVID_19,
        "tt": _TYPES[test.method],
        "nm": test.name[:TEXT_CHARACTERS_MAX],
        "ma": test.device,
        "sc": f"{test.sampled_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "tr": NOT_DETECTED,
        "tc": test.centre[:TEXT_CHARACTERS_MAX],
        "co": authority.country,
        "is": authority.name,
        "ci": identifier,
    }
    icao = {"fnt": icao_name(holder.family), "gnt": icao_name(holder.given)}
    if not any(icao.values()):
        raise no_such_letters()
    whole = {"fn": holder.family[:LENGTH_MAX], "gn": holder.given[:LENGTH_MAX], **icao}
    unnamed = {name: value for name, value in entry.items() if name != "nm"}
    for names, one in ((whole, entry), (whole, unnamed), (icao, unnamed)):
        yield {
            "ver": SCHEMA,
            "nam": _said(names),
            "dob": holder.birth_date,
            "t": [_said(one)],
        }


def _said(members: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in members.items() if value}


def _text(protected: bytes, payload: bytes, signature: bytes) -> str:
    message = cbor2.dumps(cbor2.CBORTag(SIGN1_TAG, [protected, {}, payload, signature]))
    return PREFIX + base45.encode(zlib.compress(message, 9))
