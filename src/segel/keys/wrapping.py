"""Wrapping in software, for the adapters that have no hardware or server to do it.

A wrapped key is ``version of this format (1) ‖ KEK version (4, from 1) ‖ nonce (12) ‖ AES-256-GCM
of the key``, which authenticates the KEK's name and version and the context. Nonces are random: one
KEK version may wrap 2³² keys (NIST SP 800-38D § 8.3), far more than one hospital has patients.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from segel.keys.errors import WrapBroken
from segel.keys.port import KekVersions, require_wrappable

KEK_BYTES = 32
VERSIONS_MAX = 10_000
"""Yearly for ten thousand years; a rotation in a loop stops here instead of filling the disk."""

_FORMAT = b"\x01"
_VERSION_BYTES = 4
_NONCE_BYTES = 12
_NONCE_AT = len(_FORMAT) + _VERSION_BYTES
_SEALED_AT = _NONCE_AT + _NONCE_BYTES
_LABEL = b"segel/wrapped-key/v1\0"


@dataclass(frozen=True, slots=True)
class Kek:
    """All versions of one KEK, the oldest first; none where it was destroyed, and an empty one
    where it was retired."""

    kek_id: str
    versions: Sequence[bytes] = field(repr=False)  # a KEK in a traceback is a KEK in the logs

    @property
    def is_destroyed(self) -> bool:
        return not self.versions

    def rotated(self, randomness: Callable[[int], bytes]) -> "Kek":
        assert len(self.versions) < VERSIONS_MAX, "a KEK is rotated on a schedule of months"
        return replace(self, versions=(*self.versions, randomness(KEK_BYTES)))

    def retired_before(self, version: int) -> "Kek":
        gone = min(version, len(self.versions)) - 1
        return replace(self, versions=(*[b""] * gone, *self.versions[max(gone, 0) :]))

    @property
    def span(self) -> KekVersions:
        """The versions that still unwrap."""
        newest = len(self.versions)
        return KekVersions(next(at for at, key in enumerate(self.versions, 1) if key), newest)

    def destroyed(self) -> "Kek":
        return replace(self, versions=())

    def wrap(self, key: bytes, context: bytes, randomness: Callable[[int], bytes]) -> bytes:
        newest = len(self.versions)
        nonce = randomness(_NONCE_BYTES)
        aad = self._aad(newest, context)
        sealed = AESGCM(self.versions[-1]).encrypt(nonce, require_wrappable(key), aad)
        return _FORMAT + newest.to_bytes(_VERSION_BYTES, "big") + nonce + sealed

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        version = version_of(wrapped)
        if not 1 <= version <= len(self.versions) or not self.versions[version - 1]:
            raise WrapBroken
        cipher = AESGCM(self.versions[version - 1])
        nonce, sealed = wrapped[_NONCE_AT:_SEALED_AT], wrapped[_SEALED_AT:]
        try:
            return cipher.decrypt(nonce, sealed, self._aad(version, context))
        except InvalidTag:
            raise WrapBroken from None

    def rewrap(self, wrapped: bytes, context: bytes, randomness: Callable[[int], bytes]) -> bytes:
        """Unchanged if it is under the newest version already."""
        key = self.unwrap(wrapped, context)
        if version_of(wrapped) == len(self.versions):
            return wrapped
        return self.wrap(key, context, randomness)

    def _aad(self, version: int, context: bytes) -> bytes:
        name = self.kek_id.encode()
        return b"".join(
            (
                _LABEL,
                len(name).to_bytes(2, "big"),
                name,
                version.to_bytes(_VERSION_BYTES, "big"),
                context,
            )
        )


def version_of(wrapped: bytes) -> int:
    """The version that a wrapped key says it is under. Raises WrapBroken where it says none."""
    if wrapped[: len(_FORMAT)] != _FORMAT or len(wrapped) <= _SEALED_AT:
        raise WrapBroken
    return int.from_bytes(wrapped[len(_FORMAT) : _NONCE_AT], "big")


def new_kek(kek_id: str, randomness: Callable[[int], bytes]) -> Kek:
    return Kek(kek_id, (randomness(KEK_BYTES),))
