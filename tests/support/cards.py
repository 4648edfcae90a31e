"""Cards made for tests: signers with certificates, HCERT messages piece by piece, health cards."""

import json
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier
from joserfc.jwk import ECKey

from segel.cards import Issuer, Signer, Trust, base45, base64url, signer_of
from segel.cards.inflating import deflate_raw

ISSUED = datetime(2026, 11, 28, 2, tzinfo=UTC)
NOW = ISSUED + timedelta(hours=1)
EXPIRES = ISSUED + timedelta(hours=72)
ES256, PS256 = -7, -37
ADDRESS = "https://cards.example/issuer"

TEST = {
    "ver": "1.3.0",
    "nam": {"fn": "Wulandari", "fnt": "WULANDARI", "gn": "Sri", "gnt": "SRI"},
    "dob": "1987-04-11",
    "t": [
        {
            "tg": "840539006", "tt": "LP6464-4", "nm": "PCR", "sc": "2026-11-28T08:30:00+07:00",
            "tr": "260415000", "tc": "RS Harapan", "co": "ID", "is": "Segel",
            "ci": "URN:UVCI:01:ID:97A1#0",
        }
    ],
}  # fmt: skip
VACCINATION_ENTRY = {
    "tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2,
    "sd": 2, "dt": "2026-02-18", "co": "ID", "is": "Segel", "ci": "URN:UVCI:01:ID:97B2#0",
}  # fmt: skip
RECOVERY_ENTRY = {
    "tg": "840539006", "fr": "2026-09-01", "co": "ID", "is": "Segel", "df": "2026-09-12",
    "du": "2027-02-28", "ci": "URN:UVCI:01:ID:97C3#0",
}  # fmt: skip


def with_entry(group: str, *entries: object, **changes: object) -> dict[str, Any]:
    """A certificate with that group alone."""
    base = {key: value for key, value in TEST.items() if key != "t"}
    return {**base, group: list(entries), **changes}


@dataclass
class Maker:
    """A document signer."""

    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    usages: tuple[str, ...] = ()
    not_before: datetime = ISSUED - timedelta(days=1)
    not_after: datetime = ISSUED + timedelta(days=365)

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "ID")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.not_before)
            .not_valid_after(self.not_after)
        )
        if self.usages:
            oids = [ObjectIdentifier(one) for one in self.usages]
            builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.der = self.certificate.public_bytes(Encoding.DER)
        self.pem = self.certificate.public_bytes(Encoding.PEM)
        self.signer: Signer = signer_of(self.der)
        self.trust = Trust((self.signer,))

    def sign(self, data: bytes) -> bytes:
        """As COSE has it."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            return self.key.sign(data, pss, hashes.SHA256())
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def cose(
        self,
        certificate: object = TEST,
        *,
        protected: dict[Any, Any] | bytes | None = None,
        unprotected: dict[Any, Any] | None = None,
        claims: object = None,
        changes: dict[Any, Any] | None = None,
        signature: bytes | None = None,
        tags: tuple[int, ...] = (18,),
    ) -> bytes:
        """A COSE_Sign1 message; whatever is given is not as it should be."""
        alg = PS256 if isinstance(self.key, rsa.RSAPrivateKey) else ES256
        if protected is None:
            protected = {1: alg, 4: self.signer.key_id}
        header = protected if isinstance(protected, bytes) else cbor2.dumps(protected)
        if claims is None:
            claims = {
                1: "ID",
                4: int(EXPIRES.timestamp()),
                6: int(ISSUED.timestamp()),
                -260: {1: certificate},
                **(changes or {}),
            }
        payload = claims if isinstance(claims, bytes) else cbor2.dumps(claims)
        signed = cbor2.dumps(["Signature1", header, b"", payload])
        item: Any = [header, unprotected or {}, payload, signature or self.sign(signed)]
        for tag in reversed(tags):
            item = cbor2.CBORTag(tag, item)
        return cbor2.dumps(item)

    def text(self, *given: Any, **changes: Any) -> str:
        """The text of a QR code."""
        return text_of(self.cose(*given, **changes))


def text_of(cose: bytes) -> str:
    """``HC1:`` and the rest."""
    return "HC1:" + base45.encode(zlib.compress(cose))


PATIENT = {
    "resourceType": "Patient",
    "name": [{"family": "Wulandari", "given": ["Sri"]}],
    "birthDate": "1987-04-11",
}
IMMUNIZATION = {
    "resourceType": "Immunization",
    "status": "completed",
    "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}]},
    "patient": {"reference": "resource:0"},
    "occurrenceDateTime": "2026-02-18",
}
TYPES = ["https://smarthealth.cards#health-card", "https://smarthealth.cards#immunization"]


def bundle(*resources: object) -> dict[str, Any]:
    """A bundle as a card has it."""
    entries = [
        {"fullUrl": f"resource:{number}", "resource": resource}
        for number, resource in enumerate(resources or (PATIENT, IMMUNIZATION))
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def payload(fhir: object = None, **changes: Any) -> dict[str, Any]:
    """A health card's payload; ``vc`` changes what is in it."""
    vc = {
        "type": TYPES,
        "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": fhir or bundle()},
        **changes.pop("vc", {}),
    }
    made = {"iss": ADDRESS, "nbf": ISSUED.timestamp(), "vc": vc, **changes}
    return {name: value for name, value in made.items() if value is not None}


@dataclass
class HealthCardMaker:
    """An issuer of SMART Health Cards."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        jwk = ECKey.import_key(self.key)
        self.key_id = jwk.thumbprint()
        self.jwk = {**jwk.as_dict(private=False), "use": "sig", "alg": "ES256", "kid": self.key_id}
        self.issuer = Issuer(ADDRESS, "", {self.key_id: self.key.public_key()})
        self.trust = Trust((), (self.issuer,))

    def sign(self, data: bytes) -> bytes:
        """As JOSE has it."""
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def jws(
        self,
        said: dict[str, Any] | bytes | None = None,
        *,
        header: dict[str, Any] | None = None,
        compressed: bytes | None = None,
        signature: bytes | None = None,
    ) -> str:
        """A compact JWS."""
        if header is None:
            header = {"zip": "DEF", "alg": "ES256", "kid": self.key_id}
        said = payload() if said is None else said
        raw = said if isinstance(said, bytes) else _minified(said)
        body = deflate_raw(raw) if compressed is None else compressed
        signed = f"{base64url.encode(_minified(header))}.{base64url.encode(body)}"
        if signature is None:
            signature = self.sign(signed.encode())
        return f"{signed}.{base64url.encode(signature)}"


def _minified(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
