"""The key hierarchy below a patient: patient key → scope key → object key, token key.

HKDF-SHA256 (RFC 5869) throughout, without salt, since every input is a uniformly random key. Each
``info`` starts with a label of its own that ends in a zero byte, followed by at most one field of
variable length: no two derivations can meet. Nothing leads upwards or sideways: who is given one
object key opens that object (all its seals under that version) and nothing else.
"""

import os
from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from segel.sealing.context import VERSION_MAX
from segel.sealing.errors import KeyMalformed, LabelMalformed

KEY_BYTES = 32
SCOPE_BYTES_MAX = 200  # "study/" and a UUID need 42; longer is a mistake

Randomness: TypeAlias = Callable[[int], bytes]
"""Gives that many unpredictable bytes; injected so that a run can be replayed from a seed."""

_SHA256 = SHA256()


def new_patient_key(randomness: Randomness = os.urandom) -> bytes:
    """A fresh patient key; the caller wraps it under the hospital's KEK before it is stored."""
    return require_key(randomness(KEY_BYTES))


def study_scope(study_id: UUID) -> str:
    """The scope's name of one study, in the one spelling that everybody must use."""
    return f"study/{study_id}"


def derive_scope_key(patient_key: bytes, scope: str) -> bytes:
    """The key of one part of a patient's record: "study/<uuid>", "records", "photo", "audit"."""
    name = scope.encode()
    if not 1 <= len(name) <= SCOPE_BYTES_MAX:
        raise LabelMalformed("scope")
    return _derive(patient_key, b"segel/scope/v1\0" + name)


def derive_object_key(scope_key: bytes, object_id: UUID, version: int) -> bytes:
    """The key that one version of one object is sealed under."""
    if not 0 <= version <= VERSION_MAX:
        raise LabelMalformed("version")
    return _derive(
        scope_key, b"segel/object-key/v1\0" + object_id.bytes + version.to_bytes(8, "big")
    )


def derive_token_key(scope_key: bytes) -> bytes:
    """The key of the scope's tokens (series and instance UIDs under a study's key)."""
    return _derive(scope_key, b"segel/token-key/v1\0")


def require_key(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise KeyMalformed
    return key


def _derive(key: bytes, info: bytes) -> bytes:
    return HKDF(_SHA256, KEY_BYTES, salt=None, info=info).derive(require_key(key))
