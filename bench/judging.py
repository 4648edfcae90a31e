"""Judging cards: decode and verify on one core, in this process, beside the bare verification.

The raw limit is ``cryptography``'s verification of the same signature over the same bytes, and
nothing else: no text, no inflating, no CBOR, no look at content or times. Every card is another, of
one signer, and each is judged anew: nothing is remembered but the parsed certificate.
"""

import time
import zlib
from datetime import UTC, datetime, timedelta
from typing import Final

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bench.archives import RAW, SEGEL
from bench.keeping import Alone
from bench.results import Against, Line, Target
from bench.rounds import Turn, in_turn
from segel.cards import HealthCertificate, Signer, Trust, base45, decode, judge, signer_of

CARDS: Final = 2_000
QUICK_CARDS: Final = 100
ISSUED: Final = datetime(2026, 11, 28, tzinfo=UTC)
JUDGED: Final = (Target(Against.RATE, 5_000.0),)


def cards(alone: Alone) -> Line:
    """HCERT test certificates of ES256 a second, on one core."""
    count = QUICK_CARDS if alone.quick else CARDS
    key = ec.generate_private_key(ec.SECP256R1())
    signer = _signer(key)
    texts = [_text(key, signer, number) for number in range(count)]
    trust, at = Trust((signer,)), ISSUED + timedelta(hours=1)

    def segel(_: int) -> float:
        began = time.process_time()
        valid = sum(judge(decode(text), trust, at).valid for text in texts)
        took = time.process_time() - began
        assert valid == count
        return count / took

    opened = [decode(text) for text in texts]
    signatures = [
        (card.signed, _der(key, card.signed))
        for card in opened
        if isinstance(card, HealthCertificate)
    ]
    public, algorithm = key.public_key(), ec.ECDSA(hashes.SHA256())

    def raw(_: int) -> float:
        began = time.process_time()
        for signed, signature in signatures:
            public.verify(signature, signed, algorithm)
        return count / (time.process_time() - began)

    turns: dict[str, Turn] = {SEGEL: segel, RAW: raw}
    return Line(
        "cards",
        "cards decoded and judged on one core, ES256",
        "cards/s",
        in_turn(alone.rounds, turns, lambda _: None),
        JUDGED,
        notes=f"{count:,} certificates of {len(texts[0])} characters a round, each another;"
        " processor time; raw: the bare verification of the same signatures",
    )


def _der(key: ec.EllipticCurvePrivateKey, signed: bytes) -> bytes:
    return key.sign(signed, ec.ECDSA(hashes.SHA256()))


def _text(key: ec.EllipticCurvePrivateKey, signer: Signer, number: int) -> str:
    entry = {
        "tg": "840539006", "tt": "LP6464-4", "nm": "PCR", "sc": "2026-11-28T06:30:00+07:00",
        "tr": "260415000", "tc": "RS Harapan Kita", "co": "ID", "is": "Kementerian Kesehatan",
        "ci": f"URN:UVCI:01:ID:97{number:030X}#0",
    }  # fmt: skip
    name = {"fn": "Wulandari", "fnt": "WULANDARI", "gn": "Sri", "gnt": "SRI"}
    certificate = {"ver": "1.3.0", "nam": name, "dob": "1987-04-11", "t": [entry]}
    issued = int(ISSUED.timestamp())
    claims = {1: "ID", 4: issued + 72 * 3600, 6: issued, -260: {1: certificate}}
    protected, payload = cbor2.dumps({1: -7, 4: signer.key_id}), cbor2.dumps(claims)
    der = _der(key, cbor2.dumps(["Signature1", protected, b"", payload]))
    r, s = decode_dss_signature(der)
    signature = r.to_bytes(32) + s.to_bytes(32)
    message = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))
    return "HC1:" + base45.encode(zlib.compress(message, 9))


def _signer(key: ec.EllipticCurvePrivateKey) -> Signer:
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "ID")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ISSUED - timedelta(days=1))
        .not_valid_after(ISSUED + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return signer_of(certificate.public_bytes(Encoding.DER))
