"""Certificates and requests of keys that never left their KMS, read by another implementation."""

import os
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.x509.oid import ExtensionOID, NameOID

from segel.keys import MemoryKms
from segel.keys.signer_certificates import (
    SIGNS_TESTS,
    SIGNS_VACCINATIONS,
    Subject,
    is_of,
    request,
    self_signed,
)
from segel.keys.signing import encoded

SUBJECT = Subject("ID", "Otoritas Kartu Rekaan", "Segel 1")
START = datetime(2026, 11, 28, 2, tzinfo=UTC)


def test_a_certificate_is_of_its_key_and_signed_by_it() -> None:
    kms = MemoryKms()
    kms.create_signer("card-1")
    point = kms.public_key("card-1")
    made = self_signed(
        point,
        SUBJECT,
        not_before=START,
        not_after=datetime(2051, 1, 1, tzinfo=UTC),
        usages=(SIGNS_TESTS, SIGNS_VACCINATIONS),
        randomness=os.urandom,
        sign=lambda data: kms.sign("card-1", data),
    )
    read = x509.load_der_x509_certificate(made)
    read.verify_directly_issued_by(read)
    key = read.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    assert encoded(key) == point
    assert (read.not_valid_before_utc, read.not_valid_after_utc.year) == (START, 2051)
    assert [one.value for one in read.subject] == ["ID", "Otoritas Kartu Rekaan", "Segel 1"]
    usage = read.extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE)
    assert usage.critical
    assert usage.value.digital_signature  # type: ignore[attr-defined]
    assert not usage.value.key_cert_sign  # type: ignore[attr-defined]
    extended = read.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [one.dotted_string for one in extended] == [SIGNS_TESTS, SIGNS_VACCINATIONS]
    assert is_of(made, point)
    kms.create_signer("card-2")
    assert not is_of(made, kms.public_key("card-2"))
    assert not is_of(b"nonsense", point)


def test_a_request_proves_that_the_key_is_there() -> None:
    kms = MemoryKms()
    kms.create_signer("card-1")
    made = request(
        kms.public_key("card-1"),
        SUBJECT,
        (SIGNS_TESTS,),
        lambda data: kms.sign("card-1", data),
    )
    read = x509.load_der_x509_csr(made)
    assert read.is_signature_valid
    (country,) = read.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    assert country.value == "ID"
    extended = read.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [one.dotted_string for one in extended] == [SIGNS_TESTS]


def test_two_certificates_have_different_serials() -> None:
    kms = MemoryKms()
    kms.create_signer("card-1")
    serials = {
        x509.load_der_x509_certificate(
            self_signed(
                kms.public_key("card-1"),
                SUBJECT,
                not_before=START,
                not_after=START + timedelta(days=1),
                usages=(),
                randomness=os.urandom,
                sign=lambda data: kms.sign("card-1", data),
            )
        ).serial_number
        for _ in range(2)
    }
    assert len(serials) == 2
