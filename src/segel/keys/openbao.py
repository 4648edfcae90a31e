"""OpenBao's Transit engine as KMS: keys are wrapped and unwrapped there, and no KEK ever leaves it.

A KEK is a transit key ``kek_<id>_`` (aes256-gcm96, derived, not exportable). Its versions are
Transit's own. A destroyed one leaves ``gone_<id>_``, which our policy lets us make and not remove:
its name is never given out again.

What binds a wrapped key to its place is the derivation context, which is the KEK's name and the
caller's context: Transit makes an AES key of its own for each (HKDF-SHA-256), so that another
context or name fails to authenticate. Transit's ``associated_data`` would say the same once more,
but its rewrap does not take it (decision 011).

A signer of cards is a transit key ``sign_<id>_`` (ecdsa-p256, not exportable) of one version.

A wrapped key is ``format (1) ‖ version (4) ‖ what stands in base64 behind "vault:vN:"``.
"""

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from segel.keys.errors import (
    KekDestroyed,
    KekUnknown,
    KmsAnswerBroken,
    KmsDenied,
    KmsError,
    SignerUnknown,
    WrapBroken,
)
from segel.keys.openbao_http import BaoHttp, Refused
from segel.keys.port import (
    KekVersions,
    KmsStatus,
    PlainKey,
    WrappedKey,
    require_kek_id,
    require_wrappable,
)
from segel.keys.secret_file import SecretFile
from segel.keys.signing import SIGNATURE_BYTES, encoded

DEFAULT_MOUNT: Final = "segel"
BATCH_MAX: Final = 240
"""Keys in one request. OpenBao refuses JSON of more than 1,000 strings (max_request_json_strings),
which are 249 keys; left at that, its rate quota on requests is one on keys, too."""

KEY_SHAPE: Final = {
    "type": "aes256-gcm96",
    "derived": True,
    "exportable": False,
    "allow_plaintext_backup": False,
}
KEK: Final = "kek"
GONE: Final = "gone"
SIGNER: Final = "sign"
SIGNER_SHAPE: Final = {
    "type": "ecdsa-p256",
    "exportable": False,
    "allow_plaintext_backup": False,
}

_FORMAT: Final = b"\x02"
_VERSION_BYTES: Final = 4
_SEALED_AT: Final = len(_FORMAT) + _VERSION_BYTES
_NONCE_AND_TAG_BYTES: Final = 12 + 16
_LABEL: Final = b"segel/openbao/v1\0"


class _Plain(msgspec.Struct):
    plaintext: bytes
    context: bytes


class _Wrapped(msgspec.Struct):
    ciphertext: str
    context: bytes


class _Unwrapped(msgspec.Struct):
    plaintext: bytes = b""
    error: str = ""


class _Made(msgspec.Struct):
    ciphertext: str = ""
    error: str = ""


class _UnwrappedBatch(msgspec.Struct):
    batch_results: list[_Unwrapped]


class _MadeBatch(msgspec.Struct):
    batch_results: list[_Made]


class _UnwrappedAnswer(msgspec.Struct):
    data: _UnwrappedBatch


class _MadeAnswer(msgspec.Struct):
    data: _MadeBatch


class _Key(msgspec.Struct):
    latest_version: int
    min_available_version: int
    min_decryption_version: int


class _KeyAnswer(msgspec.Struct):
    data: _Key


class _Names(msgspec.Struct):
    keys: list[str]


class _NamesAnswer(msgspec.Struct):
    data: _Names


class _Public(msgspec.Struct):
    public_key: str = ""


class _Signer(msgspec.Struct):
    keys: dict[str, _Public]


class _SignerAnswer(msgspec.Struct):
    data: _Signer


class _Signature(msgspec.Struct):
    signature: str


class _SignedAnswer(msgspec.Struct):
    data: _Signature


A = TypeVar("A", _MadeAnswer, _UnwrappedAnswer)
R = TypeVar("R")


class OpenBaoKms:
    """See ``segel.keys.port.Kms`` for what the methods promise."""

    def __init__(self, http: BaoHttp, mount: str = DEFAULT_MOUNT) -> None:
        self._http = http
        self._mount = mount

    @classmethod
    def open(
        cls,
        address: str,
        credential: Path,
        *,
        mount: str = DEFAULT_MOUNT,
        ca_file: Path | None = None,
    ) -> "OpenBaoKms":
        """The KMS at ``address``, which is not contacted yet: it may be away or sealed.

        ``credential``: a file with a token, or with an AppRole as JSON (``role_id``,
        ``secret_id``). Raises KmsMissing, PermissionsTooWide, KmsError for a malformed address.
        """
        http = BaoHttp(address, SecretFile(credential).read, ca_file=ca_file)
        return cls(http, mount)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def create_kek(self, kek_id: str) -> None:
        self._refuse_destroyed(require_kek_id(kek_id))
        self._make(KEK, kek_id)
        if self._exists(GONE, kek_id):  # destroyed while it was made
            self._delete(kek_id)
            raise KekDestroyed

    def wrap(self, kek_id: str, key: bytes, context: bytes) -> bytes:
        return self.wrap_many([PlainKey(kek_id, key, context)])[0]

    def wrap_many(self, items: Sequence[PlainKey]) -> list[bytes]:
        for item in items:
            require_kek_id(item.kek_id)
            require_wrappable(item.key)
        made: dict[int, bytes] = {}
        for kek_id, some in _by_kek(items):
            batch = [_Plain(items[at].key, _bound(kek_id, items[at].context)) for at in some]
            results = self._batch("encrypt", kek_id, batch, _MadeAnswer).data.batch_results
            if any(one.error for one in _all(results, batch)):
                raise _refused()
            made |= zip(some, (_stored(one) for one in results), strict=True)
        return [made[at] for at in range(len(items))]

    def unwrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        return self.unwrap_many([WrappedKey(kek_id, wrapped, context)])[0]

    def unwrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        keys: dict[int, bytes] = {}
        for kek_id, some in _by_kek(items):
            batch = self._wrapped_batch(kek_id, [items[at] for at in some])
            results = self._batch("decrypt", kek_id, batch, _UnwrappedAnswer).data.batch_results
            keys |= zip(some, (_key(one) for one in _all(results, batch)), strict=True)
        return [keys[at] for at in range(len(items))]

    def rotate(self, kek_id: str) -> None:
        self._on_kek(kek_id, "rotate", {})

    def rewrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        return self.rewrap_many([WrappedKey(kek_id, wrapped, context)])[0]

    def rewrap_many(self, items: Sequence[WrappedKey]) -> list[bytes]:
        made: dict[int, bytes] = {}
        for kek_id, some in _by_kek(items):
            batch = self._wrapped_batch(kek_id, [items[at] for at in some])
            results = self._batch("rewrap", kek_id, batch, _MadeAnswer).data.batch_results
            renewed = [_stored(one) for one in _all(results, batch)]
            for at, one in zip(some, renewed, strict=True):
                # Transit wraps anew what is under the newest version, too: that changes nothing.
                same = self.version_of(one) == self.version_of(items[at].wrapped)
                made[at] = items[at].wrapped if same else one
        return [made[at] for at in range(len(items))]

    def versions(self, kek_id: str) -> KekVersions:
        key = self._read(KEK, require_kek_id(kek_id))
        if key is None:
            raise self._absent(kek_id)
        oldest = max(1, key.min_available_version, key.min_decryption_version)
        return KekVersions(oldest, key.latest_version)

    def version_of(self, wrapped: bytes) -> int:
        version = int.from_bytes(wrapped[len(_FORMAT) : _SEALED_AT], "big")
        # Transit takes "v0" for version 1 where a key is young: it must not reach Transit.
        if (
            wrapped[: len(_FORMAT)] != _FORMAT
            or len(wrapped) <= _SEALED_AT + _NONCE_AND_TAG_BYTES
            or version == 0
        ):
            raise WrapBroken
        return version

    def retire_before(self, kek_id: str, version: int) -> None:
        span = self.versions(kek_id)
        oldest = min(version, span.newest)
        if oldest <= span.oldest:
            return
        floor = {"min_decryption_version": oldest, "min_encryption_version": oldest}
        self._on_kek(kek_id, "config", floor)
        # Only this removes them; the floor alone could be lowered again.
        self._on_kek(kek_id, "trim", {"min_available_version": oldest})

    def destroy_kek(self, kek_id: str) -> None:
        if not self._exists(GONE, require_kek_id(kek_id)):
            if not self._exists(KEK, kek_id):
                raise KekUnknown
            self._make(GONE, kek_id)
        # Again where an earlier run was broken off after the tombstone.
        self._delete(kek_id)

    def create_signer(self, signer_id: str) -> None:
        path = f"{self._mount}/keys/{_name(SIGNER, require_kek_id(signer_id))}"
        try:
            self._http.send("POST", path, SIGNER_SHAPE)
        except Refused:
            raise _refused() from None

    def public_key(self, signer_id: str) -> bytes:
        path = f"{self._mount}/keys/{_name(SIGNER, require_kek_id(signer_id))}"
        try:
            found = self._http.call("GET", path, _SignerAnswer).data.keys
        except Refused:
            raise SignerUnknown from None
        try:
            key = load_pem_public_key(found["1"].public_key.encode())
        except (KeyError, ValueError):
            raise KmsAnswerBroken from None
        if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
            raise KmsAnswerBroken
        return encoded(key)

    def sign(self, signer_id: str, message: bytes) -> bytes:
        path = f"{self._mount}/sign/{_name(SIGNER, require_kek_id(signer_id))}/sha2-256"
        # Its first version: a signer that is rotated is another one, with a name of its own.
        asked = {"input": message, "marshaling_algorithm": "jws", "key_version": 1}
        try:
            said = self._http.call("POST", path, _SignedAnswer, asked).data.signature
        except Refused:
            if self._exists(SIGNER, signer_id):
                raise _refused() from None
            raise SignerUnknown from None
        try:
            signature = base64.urlsafe_b64decode(said.removeprefix("vault:v1:") + "==")
        except (ValueError, binascii.Error):
            raise KmsAnswerBroken from None
        if len(signature) != SIGNATURE_BYTES:
            raise KmsAnswerBroken
        return signature

    def destroy_signer(self, signer_id: str) -> None:
        if not self._exists(SIGNER, require_kek_id(signer_id)):
            return
        path = f"{self._mount}/keys/{_name(SIGNER, signer_id)}"
        try:
            self._http.send("POST", f"{path}/config", {"deletion_allowed": True})
            self._http.send("DELETE", path)
        except Refused:
            raise _refused() from None

    def status(self) -> KmsStatus:
        if self._http.is_sealed():
            return KmsStatus(sealed=True, adapter="openbao", keks=0)
        try:
            answer = self._http.call("GET", f"{self._mount}/keys?list=true", _NamesAnswer)
        except Refused:  # none yet
            return KmsStatus(sealed=False, adapter="openbao", keks=0)
        names = set(answer.data.keys)
        gone = {KEK + name.removeprefix(GONE) for name in names if name.startswith(GONE)}
        keks = {name for name in names if name.startswith(f"{KEK}_")} - gone
        return KmsStatus(sealed=False, adapter="openbao", keks=len(keks))

    # --- how ----------------------------------------------------------------------------------

    def _batch(self, verb: str, kek_id: str, batch: Sequence[object], answer: type[A]) -> A:
        """One verb over a batch. A batch of which some items fail is answered like any other: by
        one result for each item."""
        path = f"{self._mount}/{verb}/{_name(KEK, kek_id)}"
        try:
            return self._http.call("POST", path, answer, {"batch_input": batch})
        except Refused as refused:
            try:
                return msgspec.json.decode(refused.body, type=answer)
            except msgspec.MsgspecError:
                pass
        except KmsDenied:
            # Our policy lets us use KEKs and not make them in passing: an absent one is denied.
            if self._exists(KEK, kek_id):
                raise
        if self._exists(KEK, kek_id):
            raise _refused()
        raise self._absent(kek_id)

    def _wrapped_batch(self, kek_id: str, items: Sequence[WrappedKey]) -> list[_Wrapped]:
        try:
            return [
                _Wrapped(self._transits(item.wrapped), _bound(kek_id, item.context))
                for item in items
            ]
        except WrapBroken:
            if not self._exists(KEK, kek_id):
                raise self._absent(kek_id) from None
            raise

    def _transits(self, wrapped: bytes) -> str:
        """As Transit writes it. Raises WrapBroken."""
        version = self.version_of(wrapped)
        return f"vault:v{version}:{base64.b64encode(wrapped[_SEALED_AT:]).decode()}"

    def _on_kek(self, kek_id: str, verb: str, body: object) -> None:
        path = f"{self._mount}/keys/{_name(KEK, require_kek_id(kek_id))}/{verb}"
        try:
            self._http.send("POST", path, body)
        except Refused:
            raise (_refused() if self._exists(KEK, kek_id) else self._absent(kek_id)) from None

    def _make(self, kind: str, kek_id: str) -> None:
        try:
            self._http.send("POST", f"{self._mount}/keys/{_name(kind, kek_id)}", KEY_SHAPE)
        except Refused:
            raise _refused() from None

    def _delete(self, kek_id: str) -> None:
        if not self._exists(KEK, kek_id):
            return
        # Until now it could not be deleted, not even by a slip.
        self._on_kek(kek_id, "config", {"deletion_allowed": True})
        try:
            self._http.send("DELETE", f"{self._mount}/keys/{_name(KEK, kek_id)}")
        except Refused:
            raise _refused() from None

    def _read(self, kind: str, kek_id: str) -> _Key | None:
        try:
            path = f"{self._mount}/keys/{_name(kind, kek_id)}"
            return self._http.call("GET", path, _KeyAnswer).data
        except Refused:
            return None

    def _exists(self, kind: str, kek_id: str) -> bool:
        return self._read(kind, kek_id) is not None

    def _refuse_destroyed(self, kek_id: str) -> None:
        if self._exists(GONE, kek_id):
            raise KekDestroyed

    def _absent(self, kek_id: str) -> KekUnknown:
        return KekDestroyed() if self._exists(GONE, kek_id) else KekUnknown()


def _refused() -> KmsError:
    return KmsError("The KMS refused the request.", remedy="Its own audit log says why.")


def _name(kind: str, kek_id: str) -> str:
    """Transit's name of a KEK. It must end in a word's character, and an id may not."""
    return f"{kind}_{kek_id}_"


def _bound(kek_id: str, context: bytes) -> bytes:
    name = kek_id.encode()
    return _LABEL + len(name).to_bytes(2, "big") + name + context


def _by_kek(items: Sequence[PlainKey | WrappedKey]) -> list[tuple[str, list[int]]]:
    """Positions of the items of each KEK, in requests of a bounded size."""
    of_kek: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        of_kek.setdefault(require_kek_id(item.kek_id), []).append(at)
    return [
        (kek_id, some[start : start + BATCH_MAX])
        for kek_id, some in of_kek.items()
        for start in range(0, len(some), BATCH_MAX)
    ]


def _all(results: list[R], batch: Sequence[object]) -> list[R]:
    if len(results) != len(batch):
        raise KmsAnswerBroken
    return results


def _key(result: _Unwrapped) -> bytes:
    if result.error or not result.plaintext:
        raise WrapBroken
    return result.plaintext


def _stored(result: _Made) -> bytes:
    if result.error:
        raise WrapBroken
    head, version, sealed = [*result.ciphertext.split(":"), "", ""][:3]
    try:
        number = int(version.removeprefix("v")).to_bytes(_VERSION_BYTES, "big")
        content = base64.b64decode(sealed, validate=True)
    except (ValueError, OverflowError, binascii.Error):
        raise KmsAnswerBroken from None
    if head != "vault" or len(content) <= _NONCE_AND_TAG_BYTES:
        raise KmsAnswerBroken
    return _FORMAT + number + content
