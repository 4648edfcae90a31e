"""Revocations of other countries: batches as the gateway of the EU DCC hands them out.

A batch is JSON: ``{"country", "expires", "kid", "hashType", "entries": [{"hash"}]}``, a hash being
the Base64 of the first 128 bits of a SHA-256. The gateway signs it (CMS); that signature is checked
by whoever fetches it, with the gateway's certificate, before the batch comes here.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from segel.cards.errors import CardRefused
from segel.cards.json_reading import place_of, read_object
from segel.cards.revoking import HASH_BYTES, MarkKind, mark_of
from segel.domain.errors import SegelError

ENTRIES_MAX: Final = 100_000
"""The gateway's own batches have up to a thousand."""
BATCH_BYTES_MAX: Final = 8 * 1024 * 1024

_KINDS: Final = {
    "SIGNATURE": MarkKind.SIGNATURE,
    "UCI": MarkKind.IDENTIFIER,
    "COUNTRYCODEUCI": MarkKind.COUNTRY_IDENTIFIER,
}


class BatchBroken(SegelError):
    """A batch of revocations cannot be used."""

    code = "revocation-batch-broken"


class _Entry(msgspec.Struct, frozen=True, gc=False):
    hash: str


class _Batch(msgspec.Struct, frozen=True, rename={"hash_type": "hashType"}):
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    expires: Annotated[datetime, Meta(tz=True)]
    hash_type: Literal["SIGNATURE", "UCI", "COUNTRYCODEUCI"]
    entries: Annotated[list[_Entry], Meta(max_length=ENTRIES_MAX)]


@dataclass(frozen=True, slots=True)
class Batch:
    """The marks of a batch, which count until ``expires``: then the cards have ended."""

    country: str
    expires: datetime
    marks: frozenset[bytes]


def batch_of(data: bytes) -> Batch:
    """The batch in ``data``. Raises BatchBroken."""
    try:
        if len(data) > BATCH_BYTES_MAX:
            raise BatchBroken("The batch is larger than 8 MiB.")
        read = msgspec.convert(read_object(data), _Batch)
        kind = _KINDS[read.hash_type]
        marks = frozenset(mark_of(kind, _hash(one.hash)) for one in read.entries)
    except CardRefused as refused:
        raise BatchBroken(refused.what, remedy="Give one batch of the gateway as JSON.") from None
    except msgspec.ValidationError as error:
        raise BatchBroken(
            "The batch lacks something, or has it in a wrong form.",
            field=place_of(error) or None,
            remedy="It has country, expires, hashType and entries, as the DCC gateway gives it.",
        ) from None
    return Batch(read.country, read.expires, marks)


def _hash(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != HASH_BYTES:
        raise BatchBroken(
            "A hash is not the Base64 of 16 bytes.",
            field="entries",
            remedy="Fetch the batch again.",
        )
    return decoded
