"""What Segel needs of a key-management service: wrapping keys, and signing for cards.

A KEK (key-encryption key) never leaves its KMS; Segel keeps only what was wrapped under it. There
is one KEK per hospital, and one for the broker's own secrets. Calls may block on disk or network:
an event loop makes them in a thread. Every adapter may be used by several threads and processes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from segel.keys.errors import KekIdMalformed, KeyMalformed

WRAPPABLE_BYTES_MIN = 16
WRAPPABLE_BYTES_MAX = 64
_KEK_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")


class WrappedKey(NamedTuple):
    """One wrapped key with what is needed to unwrap it."""

    kek_id: str
    wrapped: bytes
    context: bytes


class PlainKey(NamedTuple):
    """One key to be wrapped. Never in a log: its fields are what a KMS is there to hide."""

    kek_id: str
    key: bytes
    context: bytes

    def __repr__(self) -> str:
        return f"PlainKey({self.kek_id})"


class KekVersions(NamedTuple):
    """The versions of a KEK that still unwrap, counted from 1; ``newest`` is the one that wraps."""

    oldest: int
    newest: int


@dataclass(frozen=True, slots=True)
class KmsStatus:
    """``adapter`` is its name in the settings; ``keks`` counts those that can be used."""

    sealed: bool
    adapter: str
    keks: int


class Kms(Protocol):
    """Wraps and unwraps keys under named KEKs.

    ``context`` (a patient's id, say) is authenticated with the key: a wrapped key moved to another
    row does not unwrap. Every method raises KmsUnavailable or KmsSealed where the service is away
    or locked, and KekIdMalformed for a name that is none.
    """

    def create_kek(self, kek_id: str) -> None:
        """Make sure that the KEK exists; one that does is left as it is. Raises KekDestroyed."""

    def wrap(self, kek_id: str, key: bytes, context: bytes) -> bytes:
        """``key`` (16 to 64 bytes) under the KEK's newest version. Raises KekUnknown."""

    def wrap_many(self, items: Sequence[PlainKey]) -> list[bytes]:
        """``wrap`` for each item, in one round trip where the service can; one that fails fails
        all."""

    def unwrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        """The key that was wrapped, under whichever version. Raises KekUnknown, WrapBroken."""

    def unwrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        """The keys in the order of ``items``, in one round trip where the service can; one that
        fails fails all."""

    def rotate(self, kek_id: str) -> None:
        """Add a new version, which wraps from now on; older ones still unwrap. KekUnknown."""

    def rewrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        """The same key under the newest version. Repeating it does no harm. WrapBroken."""

    def rewrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        """``rewrap`` for each item, in one round trip where the service can; one that fails fails
        all."""

    def versions(self, kek_id: str) -> KekVersions:
        """Which versions the KEK has. Raises KekUnknown."""

    def version_of(self, wrapped: bytes) -> int:
        """The KEK's version that wrapped this, read from it without asking the service; nothing is
        verified. Raises WrapBroken for what no KEK wrapped."""

    def retire_before(self, kek_id: str, version: int) -> None:
        """Forget the versions older than ``version``, for good: what they wrapped never unwraps
        again, out of no copy. Repeating it does no harm; the newest stays. Raises KekUnknown."""

    def destroy_kek(self, kek_id: str) -> None:
        """Forget the KEK and all its versions, for good; repeating it does no harm. KekUnknown."""

    def create_signer(self, signer_id: str) -> None:
        """Make sure that the signer's key exists: P-256, made in the KMS, and never out of it."""

    def public_key(self, signer_id: str) -> bytes:
        """A signer's public key: 65 bytes, ``04 ‖ x ‖ y``. Raises SignerUnknown."""

    def sign(self, signer_id: str, message: bytes) -> bytes:
        """ES256 of ``message``: *r* and *s*, 32 bytes each. Raises SignerUnknown."""

    def destroy_signer(self, signer_id: str) -> None:
        """Forget a signer's key, for good; repeating it, or naming none, does no harm. Its name is
        random: whoever makes signers never gives one twice."""

    def status(self) -> KmsStatus:
        """How the service is; a sealed one answers, too."""


def require_kek_id(kek_id: str) -> str:
    if not _KEK_ID.fullmatch(kek_id):
        raise KekIdMalformed
    return kek_id


def require_wrappable(key: bytes) -> bytes:
    if not WRAPPABLE_BYTES_MIN <= len(key) <= WRAPPABLE_BYTES_MAX:
        raise KeyMalformed
    return key
