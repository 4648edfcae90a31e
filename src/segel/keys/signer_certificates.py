"""Certificates of signers whose key stays in its KMS: X.509 by asn1crypto, signed by a callable.

``cryptography`` builds certificates with a private key at hand only. A document signer's has what
the EU's certificate governance gives it: the usage ``digitalSignature``, critical, and the extended
usages for what it signs (eHN, Certificate Governance § 4 and Technical Specifications, volume 1).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto import csr, x509
from asn1crypto.core import OctetBitString
from asn1crypto.keys import ECPointBitString, PublicKeyInfo
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509 import load_der_x509_certificate

from segel.keys.signing import SIGNATURE_BYTES, encoded

Sign = Callable[[bytes], bytes]
"""*r* and *s* of ES256, as ``Kms.sign`` gives them."""

SIGNS_TESTS: Final = "1.3.6.1.4.1.1847.2021.1.1"
SIGNS_VACCINATIONS: Final = "1.3.6.1.4.1.1847.2021.1.2"
SIGNS_RECOVERIES: Final = "1.3.6.1.4.1.1847.2021.1.3"

SERIAL_BYTES: Final = 16
_ALGORITHM: Final = {"algorithm": "sha256_ecdsa"}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose certificate it is: ISO 3166-1 ``country``, and the ``organisation`` that issues."""

    country: str
    organisation: str
    name: str

    def dn(self) -> x509.Name:
        """As X.501 has it."""
        return x509.Name.build(
            {
                "country_name": self.country,
                "organization_name": self.organisation,
                "common_name": self.name,
            }
        )


def self_signed(
    point: bytes,
    subject: Subject,
    *,
    not_before: datetime,
    not_after: datetime,
    usages: tuple[str, ...],
    randomness: Callable[[int], bytes],
    sign: Sign,
) -> bytes:
    """A certificate (DER) of the key ``point``, signed by itself; times are aware."""
    name = subject.dn()
    serial = int.from_bytes(randomness(SERIAL_BYTES), "big") >> 1 | 1
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial,
            "signature": _ALGORITHM,
            "issuer": name,
            "validity": {"not_before": _time(not_before), "not_after": _time(not_after)},
            "subject": name,
            "subject_public_key_info": _key_info(point),
            "extensions": _extensions(point, usages, of_itself=True),
        }
    )
    signature = OctetBitString(_der(sign(body.dump())))
    made = x509.Certificate(
        {
            "tbs_certificate": body,
            "signature_algorithm": _ALGORITHM,
            "signature_value": signature,
        }
    )
    return bytes(made.dump())


def request(point: bytes, subject: Subject, usages: tuple[str, ...], sign: Sign) -> bytes:
    """A certification request (PKCS #10, DER) for an authority to sign (RFC 2986)."""
    body = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": subject.dn(),
            "subject_pk_info": _key_info(point),
            "attributes": [
                {
                    "type": "extension_request",
                    "values": [_extensions(point, usages, of_itself=False)],
                }
            ],
        }
    )
    made = csr.CertificationRequest(
        {
            "certification_request_info": body,
            "signature_algorithm": _ALGORITHM,
            "signature": OctetBitString(_der(sign(body.dump()))),
        }
    )
    return bytes(made.dump())


def is_of(certificate: bytes, point: bytes) -> bool:
    """Whether a certificate (DER) is of that key; what cannot be read is not."""
    try:
        key = load_der_x509_certificate(certificate).public_key()
        return encoded(key) == point  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        return False


def validity_of(certificate: bytes) -> tuple[datetime, datetime]:
    """Between which times a certificate (DER) is in force. Raises ValueError."""
    read = load_der_x509_certificate(certificate)
    return read.not_valid_before_utc, read.not_valid_after_utc


def _extensions(
    point: bytes, usages: tuple[str, ...], *, of_itself: bool
) -> list[dict[str, object]]:
    # RFC 5280 § 4.2.1.2, method 1
    key_id = hashlib.sha1(point).digest()  # noqa: S324
    found: list[dict[str, object]] = [
        {
            "extn_id": "key_usage",
            "critical": True,
            "extn_value": x509.KeyUsage({"digital_signature"}),
        },
        {"extn_id": "key_identifier", "extn_value": key_id},
    ]
    if of_itself:
        found.append(
            {
                "extn_id": "authority_key_identifier",
                "extn_value": x509.AuthorityKeyIdentifier({"key_identifier": key_id}),
            }
        )
    if usages:
        found.append({"extn_id": "extended_key_usage", "extn_value": list(usages)})
    return found


def _key_info(point: bytes) -> PublicKeyInfo:
    return PublicKeyInfo(
        {
            "algorithm": {"algorithm": "ec", "parameters": ("named", "secp256r1")},
            "public_key": ECPointBitString(point),
        }
    )


def _time(moment: datetime) -> x509.Time:
    """UTCTime until 2049, GeneralizedTime from then on (RFC 5280 § 4.1.2.5)."""
    whole = moment.replace(microsecond=0)
    return x509.Time("utc_time" if whole.year < 2050 else "general_time", whole)


def _der(signature: bytes) -> bytes:
    half = SIGNATURE_BYTES // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    return encode_dss_signature(r, s)
