"""Keyed tokens: the same value under the same key gives the same 32 bytes, and tells nothing else.

HMAC-SHA-256 (RFC 2104), never truncated.
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from segel.sealing.derivation import require_key
from segel.sealing.errors import LabelMalformed

KIND_BYTES_MAX = 64
_LABEL = b"segel/token/v1\0"
_SHA256 = SHA256()


def token(key: bytes, kind: str, *fields: str | bytes) -> bytes:
    """The 32-byte token of ``fields``, of one ``kind`` ("series", "instance", "nik").

    The encoding is injective: kind and every field are preceded by their length, text and bytes
    are told apart, and the end is the end, so ("ab", "c") and ("a", "bc") never meet. Text is
    taken as it stands: normalise it first.
    """
    name = kind.encode()
    if not 1 <= len(name) <= KIND_BYTES_MAX:
        raise LabelMalformed("token kind")
    mac = HMAC(require_key(key), _SHA256)
    encoded = [_LABEL, len(name).to_bytes(1, "big"), name]
    for field in fields:
        tag, content = (b"t", field.encode()) if isinstance(field, str) else (b"b", field)
        encoded += (tag, len(content).to_bytes(8, "big"), content)
    mac.update(b"".join(encoded))
    return mac.finalize()
