"""A KMS that lives in this process and dies with it: the fake for tests, which can be sealed."""

import os
from collections.abc import Callable, Sequence

from segel.keys.errors import KekDestroyed, KekUnknown, KmsSealed, SignerUnknown
from segel.keys.port import KekVersions, KmsStatus, PlainKey, WrappedKey, require_kek_id
from segel.keys.signing import new_secret, point_of, signature_of
from segel.keys.wrapping import Kek, new_kek, version_of


class MemoryKms:
    def __init__(self, randomness: Callable[[int], bytes] = os.urandom) -> None:
        self._randomness = randomness
        self._keks: dict[str, Kek] = {}
        self._signers: dict[str, bytes] = {}
        self.sealed = False

    def create_kek(self, kek_id: str) -> None:
        self._require_unsealed()
        kek = self._keks.setdefault(require_kek_id(kek_id), new_kek(kek_id, self._randomness))
        if kek.is_destroyed:
            raise KekDestroyed

    def wrap(self, kek_id: str, key: bytes, context: bytes) -> bytes:
        return self._kek(kek_id).wrap(key, context, self._randomness)

    def wrap_many(self, items: Sequence[PlainKey]) -> list[bytes]:
        return [self.wrap(*item) for item in items]

    def unwrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        return self._kek(kek_id).unwrap(wrapped, context)

    def unwrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        return [self.unwrap(*item) for item in items]

    def rotate(self, kek_id: str) -> None:
        self._keks[kek_id] = self._kek(kek_id).rotated(self._randomness)

    def rewrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        return self._kek(kek_id).rewrap(wrapped, context, self._randomness)

    def rewrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        return [self.rewrap(*item) for item in items]

    def versions(self, kek_id: str) -> KekVersions:
        return self._kek(kek_id).span

    def version_of(self, wrapped: bytes) -> int:
        return version_of(wrapped)

    def retire_before(self, kek_id: str, version: int) -> None:
        self._keks[kek_id] = self._kek(kek_id).retired_before(version)

    def destroy_kek(self, kek_id: str) -> None:
        self._require_unsealed()
        if require_kek_id(kek_id) not in self._keks:
            raise KekUnknown
        self._keks[kek_id] = self._keks[kek_id].destroyed()

    def create_signer(self, signer_id: str) -> None:
        self._require_unsealed()
        self._signers.setdefault(require_kek_id(signer_id), new_secret(self._randomness))

    def public_key(self, signer_id: str) -> bytes:
        return point_of(self._signer(signer_id))

    def sign(self, signer_id: str, message: bytes) -> bytes:
        return signature_of(self._signer(signer_id), message)

    def destroy_signer(self, signer_id: str) -> None:
        self._require_unsealed()
        self._signers.pop(require_kek_id(signer_id), None)

    def status(self) -> KmsStatus:
        usable = sum(not kek.is_destroyed for kek in self._keks.values())
        return KmsStatus(sealed=self.sealed, adapter="memory", keks=usable)

    def _kek(self, kek_id: str) -> Kek:
        self._require_unsealed()
        kek = self._keks.get(require_kek_id(kek_id))
        if kek is None:
            raise KekUnknown
        if kek.is_destroyed:
            raise KekDestroyed
        return kek

    def _signer(self, signer_id: str) -> bytes:
        self._require_unsealed()
        secret = self._signers.get(require_kek_id(signer_id))
        if secret is None:
            raise SignerUnknown
        return secret

    def _require_unsealed(self) -> None:
        if self.sealed:
            raise KmsSealed
