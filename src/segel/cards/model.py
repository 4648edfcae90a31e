"""What a card is: the envelope as it was opened, and the content that its signature covers.

None of these can be part of a circle, so that the collector of circles need not look at them
(``gc=False``): a verifier makes a dozen of them for each card.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec


class Kind(StrEnum):
    """What an EU Digital COVID Certificate is about: the key of its group is the value's first."""

    TEST = "test"
    VACCINATION = "vaccination"
    RECOVERY = "recovery"


class HealthCertificate(msgspec.Struct, frozen=True, gc=False):
    """An opened HCERT (``HC1:``). Nothing of it is verified; ``certificate`` is not even checked.

    ``algorithm`` is COSE's number (RFC 9053); ``signed`` is the Sig_structure of RFC 9052 § 4.4;
    times are seconds since 1970.
    """

    algorithm: int
    key_id: bytes
    key_id_protected: bool
    signed: bytes
    signature: bytes
    issuer: str | None
    issued_at: float | None
    expires_at: float | None
    certificate: dict[Any, Any]


class SmartHealthCard(msgspec.Struct, frozen=True, gc=False):
    """An opened SMART Health Card (``shc:/``). Nothing of it is verified.

    ``signed`` is what the JWS's signature covers; ``payload`` the JSON object in it.
    """

    key_id: str
    signed: bytes
    signature: bytes
    payload: dict[str, Any]
    chunked: bool = False


Card = HealthCertificate | SmartHealthCard


class Holder(msgspec.Struct, frozen=True, gc=False):
    """Whose card it is. ``birth`` is as precise as it is known: year, month, day, or empty."""

    family: str
    given: str
    family_icao: str
    given_icao: str
    birth: str


class TestResult(msgspec.Struct, frozen=True, gc=False, tag="test"):
    """One test. Codes as the value sets have them; ``device`` is a rapid test's."""

    __test__ = False

    disease: str
    test_type: str
    name: str
    device: str
    sampled_at: datetime
    result: str
    centre: str


class Vaccination(msgspec.Struct, frozen=True, gc=False, tag="vaccination"):
    """One dose."""

    disease: str
    vaccine: str
    product: str
    manufacturer: str
    dose: int
    doses: int
    given_on: date


class Recovery(msgspec.Struct, frozen=True, gc=False, tag="recovery"):
    """One past infection, and the days between which a certificate of it is meant to be used."""

    disease: str
    first_positive_on: date
    valid_from: date
    valid_until: date


class CertificateContent(msgspec.Struct, frozen=True, gc=False):
    """The checked content of an EU Digital COVID Certificate, schema 1.x."""

    schema: str
    holder: Holder
    kind: Kind
    entry: TestResult | Vaccination | Recovery
    country: str
    issuer: str
    identifier: str
    """The UVCI."""


class BundleContent(msgspec.Struct, frozen=True, gc=False):
    """The checked content of a SMART Health Card."""

    issuer: str
    starts_at: float
    expires_at: float | None
    types: tuple[str, ...]
    rid: str | None
    fhir_version: str
    bundle: dict[str, Any]
    holder: Holder | None
    """Of the bundle's only Patient; None where there are several or none."""


Content = CertificateContent | BundleContent
