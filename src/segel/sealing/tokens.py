"""Keyed tokens: the same value under the same key gives the same 32 bytes, and tells nothing else.

HMAC-SHA-256 (RFC 2104), never truncated.
"""

from collections.abc import Iterable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from segel.sealing.derivation import require_key
from segel.sealing.errors import LabelMalformed

KIND_BYTES_MAX = 64
_LABEL = b"segel/token/v1\0"
_SHA256 = SHA256()


class TokenKey:
    """A key that makes many tokens: what depends on the key alone is worked out once."""

    __slots__ = ("_mac",)

    def __init__(self, key: bytes) -> None:
        self._mac = HMAC(require_key(key), _SHA256)

    def token(self, kind: str, *fields: str | bytes) -> bytes:
        """As ``token`` under this key."""
        mac = self._mac.copy()
        mac.update(_encoded(kind, fields))
        return mac.finalize()


def token(key: bytes, kind: str, *fields: str | bytes) -> bytes:
    """The 32-byte token of ``fields``, of one ``kind`` ("series", "instance", "nik").

    The encoding is injective: kind and every field are preceded by their length, text and bytes
    are told apart, and the end is the end, so ("ab", "c") and ("a", "bc") never meet. Text is
    taken as it stands: normalise it first.
    """
    mac = HMAC(require_key(key), _SHA256)
    mac.update(_encoded(kind, fields))
    return mac.finalize()


def _encoded(kind: str, fields: Iterable[str | bytes]) -> bytes:
    name = kind.encode()
    if not 1 <= len(name) <= KIND_BYTES_MAX:
        raise LabelMalformed("token kind")
    encoded = [_LABEL, len(name).to_bytes(1, "big"), name]
    for field in fields:
        tag, content = (b"t", field.encode()) if isinstance(field, str) else (b"b", field)
        encoded += (tag, len(content).to_bytes(8, "big"), content)
    return b"".join(encoded)
