"""The primitives of ``cryptography``, as Segel calls them, against Project Wycheproof's vectors."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.serialization import load_der_public_key

Vector = dict[str, Any]
Counts = Counter[str]


def vectors(folder: Path, name: str) -> Iterator[tuple[Vector, Vector]]:
    file = json.loads((folder / f"{name}_test.json").read_text())
    read = 0
    for group in file["testGroups"]:
        for vector in group["tests"]:
            read += 1
            yield group, vector
    assert read == file["numberOfTests"]


def raw(vector: Vector, field: str) -> bytes:
    return bytes.fromhex(vector[field])


def holds(vector: Vector, accepted: bool) -> str:
    assert accepted == (vector["result"] == "valid"), f"vector {vector['tcId']}"
    return str(vector["result"])


def test_aes_gcm(wycheproof: Path) -> None:
    """Nonces are 12 bytes here; shorter than 8 the library refuses, others must still be right."""
    seen: Counts = Counter()
    for group, vector in vectors(wycheproof, "aes_gcm"):
        nonce, aad, content = (raw(vector, field) for field in ("iv", "aad", "msg"))
        sealed = raw(vector, "ct") + raw(vector, "tag")
        if len(nonce) < 8 or len(nonce) > 128:
            seen["refused"] += 1
            with pytest.raises(ValueError, match=r"[Nn]once"):
                AESGCM(raw(vector, "key")).encrypt(nonce, content, aad)
            continue
        cipher = AESGCM(raw(vector, "key"))
        opened = bytearray(len(content))
        try:
            accepted = cipher.decrypt_into(nonce, sealed, aad, opened) == len(content)
        except InvalidTag:
            accepted = False
        seen[holds(vector, accepted)] += 1
        if accepted:
            resealed = bytearray(len(sealed))
            cipher.encrypt_into(nonce, content, aad, resealed)
            assert opened == content
            assert resealed == sealed
            assert cipher.decrypt(nonce, sealed, aad) == content
        assert group["tagSize"] == 128
    assert seen == {"valid": 202, "invalid": 81, "refused": 33}


def test_hkdf_sha256_in_one_step_and_in_two(wycheproof: Path) -> None:
    seen: Counts = Counter()
    for _, vector in vectors(wycheproof, "hkdf_sha256"):
        key, salt, info = (raw(vector, field) for field in ("ikm", "salt", "info"))
        size: int = vector["size"]
        try:
            derived = HKDF(SHA256(), size, salt=salt, info=info).derive(key)
        except ValueError:
            seen[holds(vector, accepted=False)] += 1
            continue
        pseudorandom_key = HKDF.extract(SHA256(), salt, key)
        assert derived == HKDFExpand(SHA256(), size, info).derive(pseudorandom_key)
        seen[holds(vector, derived == raw(vector, "okm"))] += 1
    assert seen == {"valid": 83, "invalid": 3}


def test_hmac_sha256(wycheproof: Path) -> None:
    seen: Counts = Counter()
    for group, vector in vectors(wycheproof, "hmac_sha256"):
        mac = HMAC(raw(vector, "key"), SHA256())
        mac.update(raw(vector, "msg"))
        computed = mac.finalize()[: group["tagSize"] // 8]
        seen[holds(vector, bytes_eq(computed, raw(vector, "tag")))] += 1
    assert seen == {"valid": 66, "invalid": 108}


def test_ed25519(wycheproof: Path) -> None:
    seen: Counts = Counter()
    for group, vector in vectors(wycheproof, "ed25519"):
        key = Ed25519PublicKey.from_public_bytes(raw(group["publicKey"], "pk"))
        try:
            key.verify(raw(vector, "sig"), raw(vector, "msg"))
            accepted = True
        except InvalidSignature:
            accepted = False
        seen[holds(vector, accepted)] += 1
    assert seen == {"valid": 88, "invalid": 63}


def verifies(group: Vector, signature: bytes, message: bytes) -> bool:
    key = load_der_public_key(raw(group, "publicKeyDer"))
    assert isinstance(key, EllipticCurvePublicKey)
    try:
        key.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def test_ecdsa_p256_der(wycheproof: Path) -> None:
    seen: Counts = Counter()
    for group, vector in vectors(wycheproof, "ecdsa_secp256r1_sha256"):
        accepted = verifies(group, raw(vector, "sig"), raw(vector, "msg"))
        seen[holds(vector, accepted)] += 1
    assert seen == {"valid": 174, "invalid": 310}


def test_ecdsa_p256_fixed_width(wycheproof: Path) -> None:
    """COSE and JOSE carry r ‖ s of 32 bytes each; another width is refused before verification."""
    seen: Counts = Counter()
    for group, vector in vectors(wycheproof, "ecdsa_secp256r1_sha256_p1363"):
        signature = raw(vector, "sig")
        accepted = False
        if len(signature) == 64:
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            accepted = verifies(group, encode_dss_signature(r, s), raw(vector, "msg"))
        seen[holds(vector, accepted)] += 1
    assert seen == {"valid": 173, "invalid": 89}


def test_a_wrong_vector_would_be_noticed() -> None:
    vector = {"tcId": 0, "result": "valid", "sig": hashlib.sha256(b"").hexdigest()}
    with pytest.raises(AssertionError):
        holds(vector, accepted=False)
