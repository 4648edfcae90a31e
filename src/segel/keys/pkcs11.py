"""An HSM as KMS, through PKCS#11: KEKs are token objects that cannot leave it.

::

    CKO_SECRET_KEY  label segel/<kek id>   id = version (4) ‖ tag (8, random)   one per version
    CKO_DATA        label segel/<kek id>   application "segel"                  a destroyed KEK

A signer's key pair: see ``pkcs11_signers``.

A wrapped key is ``format (1) ‖ version (4) ‖ tag (8) ‖ IV (12) ‖ AES-256-GCM of the key``; the
additional data binds the KEK's name, version, tag and the caller's context. Keys are encrypted
(``C_Encrypt``), not wrapped by ``C_WrapKey``: that could bind no context, and the key is not an
object of the token (decision 012). IVs are random: 2³² keys to a version (NIST SP 800-38D § 8.3).

PKCS#11 has no transaction. The tag makes do without: two processes that add the same version at
once make two objects that both unwrap what they wrapped, and everybody wraps under the lower one.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, cast

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.mechanisms import GCMParams

from segel.keys import pkcs11_signers as signers
from segel.keys.errors import KekDestroyed, KekUnknown, WrapBroken
from segel.keys.pkcs11_module import loaded
from segel.keys.pkcs11_sessions import KekObject, KeyObjects, Lane, Sessions
from segel.keys.port import (
    KekVersions,
    KmsStatus,
    PlainKey,
    WrappedKey,
    require_kek_id,
    require_wrappable,
)
from segel.keys.secret_file import SecretFile

APPLICATION: Final = "segel"
KEK_BITS: Final = 256
TAG_BITS: Final = 128

_FORMAT: Final = b"\x03"
_VERSION_BYTES: Final = 4
_MARK_BYTES: Final = 8
_IV_BYTES: Final = 12
_MARK_AT: Final = len(_FORMAT) + _VERSION_BYTES
_IV_AT: Final = _MARK_AT + _MARK_BYTES
_SEALED_AT: Final = _IV_AT + _IV_BYTES
_LABEL: Final = b"segel/pkcs11/v1\0"

_CANNOT_LEAVE: Final = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
    Attribute.SIGN: False,
    Attribute.VERIFY: False,
    Attribute.DERIVE: False,
}

Version = tuple[int, bytes]


class Pkcs11Kms:
    """See ``segel.keys.port.Kms`` for what the methods promise."""

    def __init__(self, sessions: Sessions, randomness: Callable[[int], bytes] = os.urandom) -> None:
        self._sessions = sessions
        self._randomness = randomness

    @classmethod
    def open(cls, module: Path, token_label: str, pin_file: Path) -> "Pkcs11Kms":
        """The KMS in the token of this label, which is not looked for yet.

        Raises KmsMissing for the module or the PIN file, PermissionsTooWide.
        """
        pin = SecretFile(pin_file)
        return cls(Sessions(loaded(module), token_label, pin.read))

    def close(self) -> None:
        """End the sessions."""
        self._sessions.close()

    def create_kek(self, kek_id: str) -> None:
        require_kek_id(kek_id)

        def create(lane: Lane) -> None:
            if _is_gone(lane, kek_id):
                raise KekDestroyed
            if _found(lane, kek_id):
                return
            self._add_version(lane, kek_id, 1)
            if _is_gone(lane, kek_id):  # destroyed while it was made
                _destroy_versions(lane, kek_id)
                raise KekDestroyed

        self._sessions.run(create, alone=True)

    def wrap(self, kek_id: str, key: bytes, context: bytes) -> bytes:
        return self.wrap_many([PlainKey(kek_id, key, context)])[0]

    def wrap_many(self, items: Sequence[PlainKey]) -> list[bytes]:
        for item in items:
            require_kek_id(item.kek_id)
            require_wrappable(item.key)

        def wrap(lane: Lane) -> list[bytes]:
            # Looked for each time: another process may have rotated.
            newest = {kek_id: _newest(lane, kek_id) for kek_id in {item.kek_id for item in items}}
            return [self._encrypted(*newest[item.kek_id], item) for item in items]

        return self._sessions.run(wrap) if items else []

    def unwrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        return self.unwrap_many([WrappedKey(kek_id, wrapped, context)])[0]

    def unwrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        for item in items:
            require_kek_id(item.kek_id)
        if not items:
            return []
        return self._sessions.run(lambda lane: [self._decrypted(lane, item) for item in items])

    def rotate(self, kek_id: str) -> None:
        require_kek_id(kek_id)

        def rotate(lane: Lane) -> None:
            (version, _), _ = _newest(lane, kek_id)
            self._add_version(lane, kek_id, version + 1)

        self._sessions.run(rotate, alone=True)

    def rewrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        return self.rewrap_many([WrappedKey(kek_id, wrapped, context)])[0]

    def rewrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        for item in items:
            require_kek_id(item.kek_id)

        def rewrap(lane: Lane) -> list[bytes]:
            newest = {kek_id: _newest(lane, kek_id) for kek_id in {item.kek_id for item in items}}
            made = []
            for item in items:
                key = self._decrypted(lane, item)
                version, kek = newest[item.kek_id]
                same = self.version_of(item.wrapped) == version[0]
                plain = PlainKey(item.kek_id, key, item.context)
                made.append(item.wrapped if same else self._encrypted(version, kek, plain))
            return made

        return self._sessions.run(rewrap) if items else []

    def versions(self, kek_id: str) -> KekVersions:
        require_kek_id(kek_id)

        def versions(lane: Lane) -> KekVersions:
            numbers = [version for version, _ in _require(lane, kek_id)]
            return KekVersions(min(numbers), max(numbers))

        return self._sessions.run(versions)

    def version_of(self, wrapped: bytes) -> int:
        return _place_of(wrapped)[0]

    def retire_before(self, kek_id: str, version: int) -> None:
        require_kek_id(kek_id)

        def retire(lane: Lane) -> None:
            found = _require(lane, kek_id)
            newest = max(number for number, _ in found)
            for (number, _), kek in found.items():
                if number < min(version, newest):
                    kek.destroy()
            lane.known.pop(kek_id, None)

        self._sessions.run(retire, alone=True)

    def destroy_kek(self, kek_id: str) -> None:
        require_kek_id(kek_id)

        def destroy(lane: Lane) -> None:
            if not _is_gone(lane, kek_id):
                if not _found(lane, kek_id):
                    raise KekUnknown
                lane.session.create_object(_tombstone(kek_id) | {Attribute.TOKEN: True})
            # Again where an earlier run was broken off after the tombstone.
            _destroy_versions(lane, kek_id)

        self._sessions.run(destroy, alone=True)

    def create_signer(self, signer_id: str) -> None:
        require_kek_id(signer_id)
        self._sessions.run(lambda lane: signers.create(lane.session, signer_id), alone=True)

    def public_key(self, signer_id: str) -> bytes:
        require_kek_id(signer_id)
        return self._sessions.run(lambda lane: signers.public_key(lane.session, signer_id))

    def sign(self, signer_id: str, message: bytes) -> bytes:
        require_kek_id(signer_id)
        return self._sessions.run(lambda lane: signers.sign(lane.session, signer_id, message))

    def destroy_signer(self, signer_id: str) -> None:
        require_kek_id(signer_id)
        self._sessions.run(lambda lane: signers.destroy(lane.session, signer_id), alone=True)

    def status(self) -> KmsStatus:
        def count(lane: Lane) -> int:
            prefix = _label_of("")
            keys = lane.session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
            gone = lane.session.get_objects(
                {Attribute.CLASS: ObjectClass.DATA, Attribute.APPLICATION: APPLICATION}
            )
            labels = {str(key[Attribute.LABEL]) for key in list(keys)}
            dead = {str(one[Attribute.LABEL]) for one in list(gone)}
            return sum(label.startswith(prefix) for label in labels - dead)

        return KmsStatus(sealed=False, adapter="pkcs11", keks=self._sessions.run(count))

    # --- how ----------------------------------------------------------------------------------

    def _add_version(self, lane: Lane, kek_id: str, version: int) -> None:
        mark = self._randomness(_MARK_BYTES)
        lane.session.generate_key(
            KeyType.AES,
            KEK_BITS,
            id=version.to_bytes(_VERSION_BYTES, "big") + mark,
            label=_label_of(kek_id),
            store=True,
            template=_CANNOT_LEAVE,
        )
        lane.known.pop(kek_id, None)

    def _encrypted(self, version: Version, kek: KekObject, item: PlainKey) -> bytes:
        iv = self._randomness(_IV_BYTES)
        head = version[0].to_bytes(_VERSION_BYTES, "big") + version[1]
        how = GCMParams(iv, _aad(item.kek_id, head, item.context), TAG_BITS)
        sealed = kek.encrypt(item.key, mechanism=Mechanism.AES_GCM, mechanism_param=how)
        return _FORMAT + head + iv + sealed

    def _decrypted(self, lane: Lane, item: WrappedKey) -> bytes:
        try:
            version = _place_of(item.wrapped)
        except WrapBroken:
            _require(lane, item.kek_id)
            raise
        kek = lane.known.get(item.kek_id, {}).get(version)
        if kek is None:
            kek = _require(lane, item.kek_id).get(version)
        if kek is None:
            raise WrapBroken
        head, iv = item.wrapped[len(_FORMAT) : _IV_AT], item.wrapped[_IV_AT:_SEALED_AT]
        how = GCMParams(iv, _aad(item.kek_id, head, item.context), TAG_BITS)
        try:
            sealed = item.wrapped[_SEALED_AT:]
            return kek.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=how)
        except pkcs11.PKCS11Error:
            # Modules say "general error" for what does not verify, too. Whether it is that shows
            # in whether the same object still works.
            lane.known.pop(item.kek_id, None)
            if version not in _require(lane, item.kek_id):
                raise WrapBroken from None
            self._encrypted(version, kek, PlainKey(item.kek_id, bytes(16), b""))
            raise WrapBroken from None


def _found(lane: Lane, kek_id: str) -> KeyObjects:
    """A KEK's versions as the token has them now."""
    objects = lane.session.get_objects(
        {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: _label_of(kek_id)}
    )
    found: KeyObjects = {}
    for one in list(objects):
        place = bytes(one[Attribute.ID])
        if len(place) == _VERSION_BYTES + _MARK_BYTES:
            number = int.from_bytes(place[:_VERSION_BYTES], "big")
            found[number, place[_VERSION_BYTES:]] = cast(KekObject, one)
    lane.known[kek_id] = found
    return found


def _require(lane: Lane, kek_id: str) -> KeyObjects:
    found = _found(lane, kek_id)
    if _is_gone(lane, kek_id):
        raise KekDestroyed
    if not found:
        raise KekUnknown
    return found


def _newest(lane: Lane, kek_id: str) -> tuple[Version, KekObject]:
    """The version that wraps: of two of the same number, the one with the lower tag."""
    found = _require(lane, kek_id)
    number = max(version for version, _ in found)
    version = min(one for one in found if one[0] == number)
    return version, found[version]


def _is_gone(lane: Lane, kek_id: str) -> bool:
    return bool(list(lane.session.get_objects(_tombstone(kek_id))))


def _destroy_versions(lane: Lane, kek_id: str) -> None:
    for kek in _found(lane, kek_id).values():
        kek.destroy()
    lane.known.pop(kek_id, None)


def _tombstone(kek_id: str) -> dict[Attribute, object]:
    return {
        Attribute.CLASS: ObjectClass.DATA,
        Attribute.APPLICATION: APPLICATION,
        Attribute.LABEL: _label_of(kek_id),
    }


def _label_of(kek_id: str) -> str:
    return f"{APPLICATION}/{kek_id}"


def _place_of(wrapped: bytes) -> Version:
    """The version that a wrapped key says it is under. Raises WrapBroken where it says none."""
    if wrapped[: len(_FORMAT)] != _FORMAT or len(wrapped) <= _SEALED_AT:
        raise WrapBroken
    return int.from_bytes(wrapped[len(_FORMAT) : _MARK_AT], "big"), wrapped[_MARK_AT:_IV_AT]


def _aad(kek_id: str, head: bytes, context: bytes) -> bytes:
    name = kek_id.encode()
    return _LABEL + len(name).to_bytes(2, "big") + name + head + context
