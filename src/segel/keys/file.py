"""The file KMS: for development and demonstrations.

Whoever copies its folder has every key; hence it lies outside the data home, is private to one
user, and refuses to serve in production. Destroying a KEK replaces its file, which on many disks
leaves the old bytes readable for a while, and no file can tell that it was rolled back to an older
copy: promises that need a real KMS.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from segel.keys import folder
from segel.keys.errors import (
    KekDestroyed,
    KekUnknown,
    KmsDamaged,
    KmsExists,
    NotForProduction,
    SignerUnknown,
)
from segel.keys.port import KekVersions, KmsStatus, PlainKey, WrappedKey, require_kek_id
from segel.keys.signing import new_secret, point_of, signature_of
from segel.keys.wrapping import KEK_BYTES, Kek, new_kek, version_of

Randomness = Callable[[int], bytes]
_ROOT = "root.key"
_KEKS = "keks"
_SUFFIX = ".kek"
_SIGNERS = "signers"
_SIGNER_SUFFIX = ".key"
_FORMAT = b"\x01"
_NONCE_BYTES = 12
_LABEL = b"segel/file-kms/kek/v1\0"
_SIGNER_LABEL = b"segel/file-kms/signer/v1\0"
_Signature = tuple[int, int, int, int]


class FileKms:
    """See ``segel.keys.port.Kms`` for what the methods promise."""

    def __init__(self, path: Path, root_key: bytes, randomness: Randomness) -> None:
        """Not for callers: ``create`` or ``open``."""
        self._path = path
        self._cipher = AESGCM(root_key)
        self._randomness = randomness
        # Another process may rotate or destroy: a cached KEK counts while its file is the same.
        self._cache: dict[str, tuple[_Signature, Kek]] = {}

    @classmethod
    def create(cls, path: Path, *, randomness: Randomness = os.urandom) -> "FileKms":
        """A new KMS in ``path``, a folder that is absent or empty. Raises KmsExists.

        What an interrupted ``create`` left behind counts as empty.
        """
        folder.make_private(path)
        with folder.locked(path):
            keks = path / _KEKS
            leftovers = {keks, path / f"{_ROOT}.new"}
            if set(path.iterdir()) - leftovers or (keks.exists() and any(keks.iterdir())):
                raise KmsExists(
                    f"{path} is not empty.", remedy="Open the KMS in it, or choose another folder."
                )
            folder.make_private(keks)
            folder.write_durably(path / _ROOT, randomness(KEK_BYTES))
            folder.sync_folder(path.parent)
        return cls.open(path, production=False, randomness=randomness)

    @classmethod
    def open(
        cls, path: Path, production: bool, *, randomness: Randomness = os.urandom
    ) -> "FileKms":
        """The KMS in ``path``. Raises NotForProduction, KmsMissing, PermissionsTooWide,
        KmsDamaged."""
        if production:
            raise NotForProduction(
                "The file KMS keeps its root key beside the keys that it protects.",
                remedy="Set the KMS to openbao or pkcs11, or leave production mode.",
            )
        for part in (path, path / _ROOT, path / _KEKS):
            folder.require_private(part)
        root_key = folder.read(path / _ROOT)
        if len(root_key) != KEK_BYTES:
            raise KmsDamaged(f"{path / _ROOT} is damaged.", remedy="Restore it from its backup.")
        return cls(path, root_key, randomness)

    def create_kek(self, kek_id: str) -> None:
        require_kek_id(kek_id)
        with folder.locked(self._path):
            known = self._find(kek_id)
            if known is None:
                self._write(new_kek(kek_id, self._randomness))
            elif known.is_destroyed:
                raise KekDestroyed

    def wrap(self, kek_id: str, key: bytes, context: bytes) -> bytes:
        return self._kek(kek_id).wrap(key, context, self._randomness)

    def wrap_many(self, items: Sequence[PlainKey]) -> list[bytes]:
        keks = self._keks(items)
        return [keks[one].wrap(key, context, self._randomness) for one, key, context in items]

    def unwrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        return self._kek(kek_id).unwrap(wrapped, context)

    def unwrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        keks = self._keks(items)
        return [keks[one].unwrap(wrapped, context) for one, wrapped, context in items]

    def rotate(self, kek_id: str) -> None:
        require_kek_id(kek_id)
        with folder.locked(self._path):
            self._write(self._kek(kek_id).rotated(self._randomness))

    def rewrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        return self._kek(kek_id).rewrap(wrapped, context, self._randomness)

    def rewrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        keks = self._keks(items)
        return [
            keks[one].rewrap(wrapped, context, self._randomness) for one, wrapped, context in items
        ]

    def versions(self, kek_id: str) -> KekVersions:
        return self._kek(kek_id).span

    def version_of(self, wrapped: bytes) -> int:
        return version_of(wrapped)

    def retire_before(self, kek_id: str, version: int) -> None:
        require_kek_id(kek_id)
        with folder.locked(self._path):
            kek = self._kek(kek_id)
            if kek.span.oldest < version:
                self._write(kek.retired_before(version))

    def destroy_kek(self, kek_id: str) -> None:
        require_kek_id(kek_id)
        with folder.locked(self._path):
            known = self._find(kek_id)
            if known is None:
                raise KekUnknown
            self._write(known.destroyed())

    def create_signer(self, signer_id: str) -> None:
        require_kek_id(signer_id)
        with folder.locked(self._path):
            folder.make_private(self._path / _SIGNERS)
            if not self._signer_file(signer_id).exists():
                sealed = self._sealed(new_secret(self._randomness), _SIGNER_LABEL, signer_id)
                folder.write_durably(self._signer_file(signer_id), sealed)

    def public_key(self, signer_id: str) -> bytes:
        return point_of(self._signer(signer_id))

    def sign(self, signer_id: str, message: bytes) -> bytes:
        return signature_of(self._signer(signer_id), message)

    def destroy_signer(self, signer_id: str) -> None:
        require_kek_id(signer_id)
        with folder.locked(self._path):
            folder.remove_durably(self._signer_file(signer_id))

    def status(self) -> KmsStatus:
        names = [file.stem for file in (self._path / _KEKS).glob(f"*{_SUFFIX}")]
        found = [self._find(name) for name in names]
        usable = sum(kek is not None and not kek.is_destroyed for kek in found)
        return KmsStatus(sealed=False, adapter="file", keks=usable)

    def _keks(self, items: Sequence[PlainKey] | Sequence[WrappedKey]) -> dict[str, Kek]:
        """Each KEK of a batch, looked at once: a look at its file takes five times a wrap."""
        return {kek_id: self._kek(kek_id) for kek_id in {item.kek_id for item in items}}

    def _kek(self, kek_id: str) -> Kek:
        kek = self._find(require_kek_id(kek_id))
        if kek is None:
            raise KekUnknown
        if kek.is_destroyed:
            raise KekDestroyed
        return kek

    def _find(self, kek_id: str) -> Kek | None:
        file = self._file(kek_id)
        try:
            # The signature first: if the file is replaced in between, the cache holds the newer
            # KEK under the older signature and is only read once more than needed. Every change
            # alters the file's size, so that no reused inode or coarse clock can hide one.
            found = file.stat()
            signature = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            cached = self._cache.get(kek_id)
            if cached is not None and cached[0] == signature:
                return cached[1]
            kek = self._decode(kek_id, folder.read(file))
        except FileNotFoundError:
            return None
        self._cache[kek_id] = (signature, kek)
        return kek

    def _write(self, kek: Kek) -> None:
        content = json.dumps([version.hex() for version in kek.versions]).encode()
        sealed = self._sealed(content, _LABEL, kek.kek_id)
        folder.write_durably(self._file(kek.kek_id), sealed)

    def _decode(self, kek_id: str, stored: bytes) -> Kek:
        content = self._unsealed(stored, _LABEL, kek_id)
        return Kek(kek_id, tuple(bytes.fromhex(version) for version in json.loads(content)))

    def _signer(self, signer_id: str) -> bytes:
        file = self._signer_file(require_kek_id(signer_id))
        try:
            return self._unsealed(folder.read(file), _SIGNER_LABEL, signer_id)
        except FileNotFoundError:
            raise SignerUnknown from None

    def _sealed(self, content: bytes, label: bytes, name: str) -> bytes:
        nonce = self._randomness(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, content, label + name.encode())

    def _unsealed(self, stored: bytes, label: bytes, name: str) -> bytes:
        head = len(_FORMAT) + _NONCE_BYTES
        nonce, sealed = stored[len(_FORMAT) : head], stored[head:]
        try:
            if stored[: len(_FORMAT)] != _FORMAT or not sealed:
                raise InvalidTag
            return self._cipher.decrypt(nonce, sealed, label + name.encode())
        except InvalidTag:
            raise KmsDamaged(
                "A key's file does not verify under the root key.",
                remedy="Restore the whole folder of the file KMS from its backup.",
            ) from None

    def _signer_file(self, signer_id: str) -> Path:
        return self._path / _SIGNERS / (signer_id + _SIGNER_SUFFIX)

    def _file(self, kek_id: str) -> Path:
        return self._path / _KEKS / (kek_id + _SUFFIX)
