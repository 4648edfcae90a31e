"""SMART Health Cards: from a JWS, or the digits of QR codes, to an opened card.

shc:/ ─ digits ─ JWS (ES256, zip DEF) ─ raw DEFLATE ─ minified JSON {iss, nbf, vc}
"""

from collections.abc import Sequence
from typing import Any, Final

from segel.cards import base64url, numeric
from segel.cards.errors import CardRefused
from segel.cards.inflating import inflate_raw
from segel.cards.json_reading import read_object
from segel.cards.model import SmartHealthCard
from segel.cards.reasons import Reason

HEADER_CHARACTERS_MAX: Final = 4096
THUMBPRINT_BYTES: Final = 32


def open_qr(texts: Sequence[str]) -> SmartHealthCard:
    """The card in the texts of its QR codes. Raises CardRefused."""
    return open_jws(numeric.jws_of(texts), chunked=len(texts) > 1)


def open_jws(jws: str, *, chunked: bool = False) -> SmartHealthCard:
    """The card that a compact JWS is. Raises CardRefused."""
    parts = jws.split(".")
    if len(parts) != 3 or not all(parts) or len(parts[0]) > HEADER_CHARACTERS_MAX:
        raise CardRefused(Reason.JWS_STRUCTURE)
    header_bytes, compressed, signature = (_bytes(part) for part in parts)
    try:
        header = read_object(header_bytes)
    except CardRefused:
        raise CardRefused(Reason.JWS_STRUCTURE, "header") from None
    key_id = _checked(header)
    payload = read_object(inflate_raw(compressed), minified=True)
    signed = jws.rpartition(".")[0].encode()
    return SmartHealthCard(key_id, signed, signature, payload, chunked)


def _bytes(part: str) -> bytes:
    try:
        return base64url.decode(part)
    except ValueError:
        raise CardRefused(Reason.BASE64URL) from None


def _checked(header: dict[str, Any]) -> str:
    """The key's id. Raises CardRefused."""
    if "crit" in header:
        raise CardRefused(Reason.HEADER_CRITICAL)
    if "alg" not in header:
        raise CardRefused(Reason.ALGORITHM_MISSING)
    if header["alg"] != "ES256":
        raise CardRefused(Reason.ALGORITHM_UNSUPPORTED)
    if header.get("zip") != "DEF":
        raise CardRefused(Reason.COMPRESSION_MISSING)
    key_id = header.get("kid")
    if key_id is None:
        raise CardRefused(Reason.KEY_ID_MISSING)
    if not isinstance(key_id, str) or not _is_thumbprint(key_id):
        raise CardRefused(Reason.KEY_ID_FORM)
    return key_id


def _is_thumbprint(text: str) -> bool:
    try:
        return len(base64url.decode(text)) == THUMBPRINT_BYTES
    except ValueError:
        return False
