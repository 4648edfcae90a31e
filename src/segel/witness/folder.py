"""A witness on disk: its key, and of each log the newest checkpoint that it cosigned.

::

    FOLDER/key.pem              its Ed25519 key
    FOLDER/name                 the name it signs under
    FOLDER/logs/HASH.json       a log's record; HASH is SHA-256 of its origin
    FOLDER/evidence/            checkpoints that logs signed and that contradict each other

A record is replaced whole: written beside, synced, renamed, and the folder synced, before anybody
hears of it. A log whose record is gone is not taken for a new one: a witness that has forgotten
must not cosign.
"""

import fcntl
import os
import secrets
import stat
from hashlib import sha256
from pathlib import Path
from typing import IO, Final, Self

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import CosignVerifier, NoteVerifier, TlogError
from segel.witness.errors import FolderRefused, LogUnknown, StateBroken

RECORD_BYTES_MAX: Final = 256 * 1024
EVIDENCE_MAX: Final = 100
"""Files of evidence kept: one proves a fork, and a hostile log cannot fill the disk."""

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known of a log. ``note``: its newest checkpoint with its signature and ours."""

    origin: str
    vkey: str
    size: int = 0
    root: bytes = b""
    cosigned_s: int = 0
    note: str = ""


class WitnessFolder:
    """One witness' folder. ``create`` makes it, ``open`` reads it."""

    def __init__(self, root: Path, name: str, key: Ed25519PrivateKey) -> None:
        self._root = root
        self.name = name
        self.key = key

    @classmethod
    def create(cls, root: Path, name: str) -> Self:
        """A new witness with a new key. Raises FolderRefused, KeyMalformed for the name."""
        key = Ed25519PrivateKey.generate()
        CosignVerifier(name, key.public_key().public_bytes_raw())
        if root.exists() and any(root.iterdir()):
            raise FolderRefused(
                "The folder is not empty.", field="folder", remedy="Give a new one."
            )
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)
        for below in ("logs", "evidence"):
            (root / below).mkdir(mode=0o700)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_durably(root / "key.pem", pem)
        write_durably(root / "name", f"{name}\n".encode())
        return cls(root, name, key)

    @classmethod
    def open(cls, root: Path) -> Self:
        """The witness of a folder. Raises FolderRefused."""
        try:
            if (root / "key.pem").stat().st_mode & OTHERS:
                raise FolderRefused(
                    "Others may read the witness' key.",
                    field="folder",
                    remedy=f"chmod 600 {root / 'key.pem'}, and think of a new key.",
                )
            key = serialization.load_pem_private_key((root / "key.pem").read_bytes(), None)
            name = (root / "name").read_text().strip()
        except (OSError, ValueError, TypeError):
            raise FolderRefused(
                "This is not the folder of a witness, or not one that may be read.",
                field="folder",
                remedy="Make one with `segel witness init`.",
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise FolderRefused("The witness' key is not an Ed25519 key.", field="folder")
        return cls(root, name, key)

    @property
    def verifier(self) -> CosignVerifier:
        """The public key, for whoever relies on this witness."""
        return CosignVerifier(self.name, self.key.public_key().public_bytes_raw())

    def lock(self) -> IO[str]:
        """Held while the witness runs: two of one key could cosign two pasts."""
        file = (self._root / "lock").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise FolderRefused("This witness runs already.", field="folder") from None
        return file

    def add_log(self, vkey: str, origin: str = "") -> Record:
        """Watch a log from now on; its first checkpoint is believed. Raises FolderRefused.

        ``origin``: where it is not the key's name.
        """
        try:
            verifier = NoteVerifier.parse(vkey)
        except TlogError as malformed:
            raise FolderRefused(str(malformed), field="vkey") from None
        record = Record(origin=origin or verifier.name, vkey=vkey)
        if self._path(record.origin).exists():
            known = self.read(record.origin)
            if known.vkey == vkey:
                return known
            raise FolderRefused(
                "This log is watched already, under another key.",
                field="vkey",
                remedy="A log with another key is another log: it needs another origin.",
            )
        self.write(record)
        return record

    def read(self, origin: str) -> Record:
        """What is known of a log. Raises LogUnknown, StateBroken."""
        try:
            content = self._path(origin).read_bytes()
        except FileNotFoundError:
            raise LogUnknown("This witness does not watch this log.") from None
        except OSError:
            raise _unreadable() from None
        try:
            record = msgspec.json.decode(content, type=Record)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise _unreadable() from None
        if record.origin != origin:
            raise _unreadable()
        return record

    def write(self, record: Record) -> None:
        """Remember; durable when it returns. Raises StateBroken, and then nothing may be signed."""
        try:
            write_durably(self._path(record.origin), msgspec.json.encode(record))
        except OSError:
            raise StateBroken(
                "The witness cannot keep what it would sign; nothing was signed.",
                remedy="Make room, or mend its disk.",
            ) from None

    def records(self) -> list[Record]:
        """Every log, by origin. Raises StateBroken."""
        found = []
        for path in (self._root / "logs").glob("*.json"):
            try:
                record = msgspec.json.decode(path.read_bytes(), type=Record)
            except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
                raise _unreadable() from None
            if self._path(record.origin) != path:
                raise _unreadable()
            found.append(record)
        return sorted(found, key=lambda record: record.origin)

    def keep_evidence(self, record: Record, body: bytes) -> None:
        """Keep a signed checkpoint that does not continue the record. Best effort, bounded."""
        folder = self._root / "evidence"
        path = folder / f"{origin_hash(record.origin)[:16]}-{sha256(body).hexdigest()[:16]}.txt"
        try:
            if not path.exists() and len(os.listdir(folder)) < EVIDENCE_MAX:  # noqa: PTH208
                kept = f"cosigned before:\n\n{record.note}\nthen sent:\n\n".encode() + body
                write_durably(path, kept)
        except OSError:
            return

    def _path(self, origin: str) -> Path:
        return self._root / "logs" / f"{origin_hash(origin)}.json"


def origin_hash(origin: str) -> str:
    """The name of a log in addresses and on disk: SHA-256 of its origin, in hexadecimal."""
    return sha256(origin.encode()).hexdigest()


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file at once and for good: synced, renamed, its folder synced."""
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(staged, path)  # noqa: PTH104 - beside its os.fsync
    except OSError:
        staged.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unreadable() -> StateBroken:
    return StateBroken(
        "What the witness remembers of this log cannot be read; it signs nothing for it.",
        remedy="Restore the newest record from the log's readers, or retire this witness' key.",
    )
