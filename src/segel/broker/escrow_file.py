"""The escrow's file: every patient's key, sealed for the custodians, beside the home.

::

    <folder>/escrow.segel   msgpack: (patient, hospital, kept keys, segment, sealed key) each, then
                            the tail: fingerprint, the segments' keys sealed to the escrow's key,
                            the broker's secrets, the KEKs' names

A segment is what one writing added: its key seals the keys added then and is itself sealed to the
escrow's public key (HPKE), so that the broker can add and drop, and open nothing of what is there.
Who is erased is left out of the next writing, which the erasure waits for. As with the wrapped
keys' backup, only the newest copy is to be kept: an older one still has them.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from segel.broker.escrow import open_with, seal_to
from segel.broker.framed import CutOff, lines_of, private_file, put, put_in_place, sync
from segel.domain.errors import SegelError
from segel.sealing import KEY_BYTES

FILE: Final = "escrow.segel"
_SEGMENT: Final = b"segel/escrow/segment/v1"
_NONCE_BYTES: Final = 12
_ROWS_MAX: Final = 2_000
"""Rows in a line."""


class EscrowFileBroken(SegelError):
    """The escrow's file is absent, cut or not one."""

    code = "escrow-file-broken"


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One patient's key. ``kept``: the scope keys that it opens, as in the patient's row."""

    patient_id: UUID
    hospital_id: UUID
    kept: bytes | None
    segment: int
    sealed: bytes

    def __repr__(self) -> str:
        return f"Row({self.patient_id})"


class _Rows(msgspec.Struct, frozen=True, array_like=True, tag="rows"):
    rows: list[Row]


class Tail(msgspec.Struct, frozen=True, array_like=True, tag="tail"):
    """``secrets`` is sealed under the newest segment's key, and bound to the rest."""

    fingerprint: str
    made_s: float
    count: int
    segments: dict[int, bytes]
    newest: int
    secrets: bytes
    keks: dict[str, str]


class Writing:
    """A new file; ``finish`` puts it in the place of the old one."""

    def __init__(self, folder: Path, public: bytes, segment: int) -> None:
        self._folder = folder
        self._beside = folder / f"{FILE}.new"
        self._file: BinaryIO = private_file(self._beside)
        self._key = os.urandom(KEY_BYTES)
        self._sealed_key = seal_to(public, self._key, _SEGMENT)
        self._segment = segment
        self._waiting: list[Row] = []
        self._used: set[int] = {segment}
        self.count = 0

    def keep(self, row: Row) -> None:
        """Take over a row as it is."""
        self._used.add(row.segment)
        self._add(row)

    def add(self, patient_id: UUID, hospital_id: UUID, kept: bytes | None, key: bytes) -> None:
        """Seal a key that was not in the file."""
        sealed = _sealed(self._key, key, _place(patient_id, hospital_id, kept))
        self._add(Row(patient_id, hospital_id, kept, self._segment, sealed))

    def finish(
        self, fingerprint: str, now_s: float, secrets: bytes, keks: dict[str, str],
        segments: dict[int, bytes],
    ) -> None:  # fmt: skip
        """Durable on return. ``segments``: of the file that rows were taken over from."""
        self._write()
        known = segments | {self._segment: self._sealed_key}
        used = {at: known[at] for at in sorted(self._used)}
        tail = Tail(fingerprint, now_s, self.count, used, self._segment, b"", keks)
        sealed = _sealed(self._key, secrets, _said(tail))
        tail = msgspec.structs.replace(tail, secrets=sealed)
        put(self._file, None, msgspec.msgpack.encode(tail))
        sync(self._file)
        self._file.close()
        put_in_place(self._beside, self._folder / FILE)

    def abandon(self) -> None:
        """Leave the old one."""
        self._file.close()
        self._beside.unlink(missing_ok=True)

    def _add(self, row: Row) -> None:
        self.count += 1
        self._waiting.append(row)
        if len(self._waiting) >= _ROWS_MAX:
            self._write()

    def _write(self) -> None:
        put(self._file, None, msgspec.msgpack.encode(_Rows(self._waiting)))
        self._waiting = []


def read_tail(folder: Path) -> Tail | None:
    """The end of the file; None where there is none. Raises EscrowFileBroken."""
    tail = None
    for part in _parts(folder):
        tail = part if isinstance(part, Tail) else None
    if tail is None and (folder / FILE).exists():
        raise _broken()
    return tail


def read_rows(folder: Path) -> Iterator[Row]:
    """The rows, in order of the patients' ids."""
    for part in _parts(folder):
        if isinstance(part, _Rows):
            yield from part.rows


class Opened:
    """A file with the escrow's key put together."""

    def __init__(self, tail: Tail, key: X25519PrivateKey) -> None:
        """Raises SharesWrong."""
        self.tail = tail
        self._keys = {at: open_with(key, sealed, _SEGMENT) for at, sealed in tail.segments.items()}

    @property
    def secrets(self) -> bytes:
        """What the broker put there for itself."""
        key = self._keys.get(self.tail.newest)
        if key is None:
            raise _broken()
        return _unsealed(key, self.tail.secrets, _said(self.tail))

    def key_of(self, row: Row) -> bytes:
        """A patient's key. Raises EscrowFileBroken."""
        key = self._keys.get(row.segment)
        if key is None:
            raise _broken()
        return _unsealed(key, row.sealed, _place(row.patient_id, row.hospital_id, row.kept))


def _parts(folder: Path) -> Iterator[_Rows | Tail]:
    try:
        with (folder / FILE).open("rb") as file:
            for line in lines_of(file):
                yield msgspec.msgpack.decode(line, type=_Rows | Tail)
    except FileNotFoundError:
        return
    except (CutOff, msgspec.MsgspecError):
        raise _broken() from None


def require_whole(found: int, tail: Tail) -> None:
    """Raises EscrowFileBroken where there are not as many keys as the tail says."""
    if found != tail.count:
        raise _broken()


def _place(patient_id: UUID, hospital_id: UUID, kept: bytes | None) -> bytes:
    """What a key's seal is bound to."""
    return patient_id.bytes + hospital_id.bytes + hashlib.sha256(kept or b"").digest()


def _said(tail: Tail) -> bytes:
    """What the secrets' seal is bound to: all that the tail says in the clear."""
    return msgspec.msgpack.encode(
        (tail.fingerprint, tail.made_s, tail.count, tail.newest, sorted(tail.keks.items()))
    )


def _sealed(key: bytes, plain: bytes, place: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def _unsealed(key: bytes, sealed: bytes, place: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
    except InvalidTag:
        raise _broken() from None


def _broken() -> EscrowFileBroken:
    return EscrowFileBroken(
        "The escrow's file does not verify.", remedy="Put the newest whole copy of it back."
    )
