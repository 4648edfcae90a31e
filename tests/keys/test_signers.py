"""What every KMS adapter promises of signers; ``conftest.ADAPTERS`` says which are held to it."""

from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from segel.keys import KekIdMalformed, Kms, SignerUnknown

ONE, OTHER = "card-1f0c", "card-77aa"


def verify(point: bytes, signature: bytes, message: bytes) -> None:
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))


def test_a_signers_signature_verifies_and_no_others_does(kms: Kms) -> None:
    for name in (ONE, OTHER, ONE):  # made again, it is the same
        kms.create_signer(name)
    points = {name: kms.public_key(name) for name in (ONE, OTHER)}
    assert points[ONE] != points[OTHER]
    assert all(len(point) == 65 and point[0] == 4 for point in points.values())
    signature = kms.sign(ONE, b"a card")
    assert len(signature) == 64
    verify(points[ONE], signature, b"a card")
    for point, message in ((points[OTHER], b"a card"), (points[ONE], b"another")):
        with pytest.raises(InvalidSignature):
            verify(point, signature, message)
    for size in (0, 1, 70_000):
        verify(points[ONE], kms.sign(ONE, b"x" * size), b"x" * size)


def test_a_signer_is_no_kek_and_a_kek_no_signer(kms: Kms) -> None:
    kms.create_kek(ONE)
    assert kms.status().keks == 1
    with pytest.raises(SignerUnknown):
        kms.sign(ONE, b"a card")
    kms.create_signer(ONE)
    assert kms.status().keks == 1
    assert kms.unwrap(ONE, kms.wrap(ONE, bytes(32), b""), b"") == bytes(32)


def test_a_destroyed_signer_signs_no_more(kms: Kms) -> None:
    kms.create_signer(ONE)
    kms.create_signer(OTHER)
    for _ in range(2):
        kms.destroy_signer(ONE)
    attempts: list[Callable[[], object]] = [
        lambda: kms.sign(ONE, b"a card"),
        lambda: kms.public_key(ONE),
    ]
    for attempt in attempts:
        with pytest.raises(SignerUnknown):
            attempt()
    verify(kms.public_key(OTHER), kms.sign(OTHER, b"a card"), b"a card")


def test_malformed_names_name_no_signer(kms: Kms) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: kms.create_signer("../x"),
        lambda: kms.public_key("A"),
        lambda: kms.sign("", b""),
        lambda: kms.destroy_signer("a/b"),
    ]
    for attempt in attempts:
        with pytest.raises(KekIdMalformed):
            attempt()
