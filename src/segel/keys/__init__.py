"""Key-encryption keys, behind one port: ``Kms``.

Only the broker holds a KMS. ``OpenBaoKms`` and ``Pkcs11Kms`` are for production, ``FileKms`` for
development, ``MemoryKms`` is the fake for tests; ``open_kms`` opens the one that is set. Errors are
the tree under ``KmsError``; on any of them nothing is released.
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
    SignerUnknown,
    WrapBroken,
)
from segel.keys.file import FileKms
from segel.keys.memory import MemoryKms
from segel.keys.openbao import OpenBaoKms
from segel.keys.opening import (
    FilePlace,
    KmsPlace,
    OpenBaoPlace,
    Pkcs11Place,
    adapter_of,
    open_kms,
)
from segel.keys.pkcs11 import Pkcs11Kms
from segel.keys.port import KekVersions, Kms, KmsStatus, PlainKey, WrappedKey

__all__ = [
    "FileKms",
    "FilePlace",
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
    "KmsPlace",
    "KmsSealed",
    "KmsStatus",
    "KmsUnavailable",
    "MemoryKms",
    "NotForProduction",
    "OpenBaoKms",
    "OpenBaoPlace",
    "PermissionsTooWide",
    "Pkcs11Kms",
    "Pkcs11Place",
    "PlainKey",
    "SignerUnknown",
    "WrapBroken",
    "WrappedKey",
    "adapter_of",
    "open_kms",
]
