"""Key-encryption keys, behind one port: ``Kms``.

Only the broker holds a KMS. ``FileKms`` is the adapter for development; ``MemoryKms`` the fake for
tests. Errors are the tree under ``KmsError``; on any of them nothing is released.
"""

from segel.keys.errors import (
    KekDestroyed,
    KekIdMalformed,
    KekUnknown,
    KeyMalformed,
    KmsAnswerBroken,
    KmsBusy,
    KmsDamaged,
    KmsDenied,
    KmsError,
    KmsExists,
    KmsMissing,
    KmsSealed,
    KmsUnavailable,
    NotForProduction,
    PermissionsTooWide,
    WrapBroken,
)
from segel.keys.file import FileKms
from segel.keys.memory import MemoryKms
from segel.keys.openbao import OpenBaoKms
from segel.keys.pkcs11 import Pkcs11Kms
from segel.keys.port import KekVersions, Kms, KmsStatus, PlainKey, WrappedKey

__all__ = [
    "FileKms",
    "KekDestroyed",
    "KekIdMalformed",
    "KekUnknown",
    "KekVersions",
    "KeyMalformed",
    "Kms",
    "KmsAnswerBroken",
    "KmsBusy",
    "KmsDamaged",
    "KmsDenied",
    "KmsError",
    "KmsExists",
    "KmsMissing",
    "KmsSealed",
    "KmsStatus",
    "KmsUnavailable",
    "MemoryKms",
    "NotForProduction",
    "OpenBaoKms",
    "PermissionsTooWide",
    "Pkcs11Kms",
    "PlainKey",
    "WrapBroken",
    "WrappedKey",
]
