"""Signed notes: a text and the signatures of whoever stands by it (C2SP signed-note).

    the text, ending in a newline
    <empty line>
    — log.example/audit  base64(4 bytes of key ID, signature)
    — witness.example/w1 base64(...)

Who signs and how is behind two protocols; ``keys`` has the plain Ed25519 ones, ``cosignatures``
those of witnesses.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from segel.tlog.errors import (
    KeyMalformed,
    NoteMalformed,
    SignatureMissing,
    TlogError,
    VerifierAmbiguous,
)

NOTE_BYTES_MAX: Final = 1_000_000
"""A checkpoint with a hundred cosignatures is 20 kB; more is an attack on memory."""

SIGNATURES_MAX: Final = 100
"""The format demands at least 16; each costs an Ed25519 verification."""

KEY_ID_BYTES: Final = 4

_DASH: Final = "— "


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """Whose signature held; ``timestamp_s`` (Unix seconds) where its kind says when."""

    name: str
    public_key: bytes
    timestamp_s: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures of known keys on it, all verified. Made by ``open_note``."""

    text: str
    signatures: tuple[VerifiedSignature, ...]


class Verifier(Protocol):
    """A key that we know; ``check`` raises SignatureBroken."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    @property
    def public_key(self) -> bytes: ...
    def check(self, text: str, signature: bytes) -> VerifiedSignature: ...


class Signer(Protocol):
    """A key that we hold."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    def sign(self, text: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature line, nothing of it believed yet."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n"


def sign_note(text: str, *signers: Signer) -> str:
    """The note of a text, signed. Raises NoteMalformed for a text that no note can hold."""
    _require_text(text)
    if not text.endswith("\n") or not signers:
        raise NoteMalformed("text", "It ends in a newline and has a signature.")
    return f"{text}\n" + "".join(str(_signed(text, signer)) for signer in signers)


def add_signatures(note: str, *signers: Signer) -> str:
    """The note with these signatures more; an older one of the same key is replaced."""
    text, _ = split_note(note)
    return add_lines(note, [_signed(text, signer) for signer in signers])


def add_lines(note: str, added: Sequence[SignatureLine]) -> str:
    """The note with these signature lines more; an older one of the same key is replaced."""
    text, lines = split_note(note)
    fresh = {(line.name, line.key_id) for line in added}
    kept = [line for line in lines if (line.name, line.key_id) not in fresh]
    return f"{text}\n" + "".join(map(str, [*kept, *added]))


def open_note(note: str, verifiers: Iterable[Verifier]) -> Note:
    """The text that at least one of these keys signed, and which did.

    Signatures by other keys are ignored; a signature *of* one of them that does not verify condemns
    the whole note. Raises NoteMalformed, SignatureBroken, SignatureMissing, VerifierAmbiguous.
    """
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        other = known.setdefault((verifier.name, verifier.key_id), verifier)
        if other.public_key != verifier.public_key:
            raise VerifierAmbiguous(verifier.name)
    text, lines = split_note(note)
    signatures: dict[tuple[str, bytes], VerifiedSignature] = {}
    for line in lines:
        owner = known.get((line.name, line.key_id))
        if owner is not None:
            signatures.setdefault((line.name, line.key_id), owner.check(text, line.signature))
    if not signatures:
        raise SignatureMissing("note")
    return Note(text, tuple(signatures.values()))


def split_note(note: str) -> tuple[str, list[SignatureLine]]:
    """The text of a note, *unverified*, and its signature lines. Raises NoteMalformed."""
    _require_text(note)
    end = note.rfind("\n\n")
    signed = note[end + 2 :]
    if end < 0 or not signed.endswith("\n"):
        raise NoteMalformed("note", "It has no signatures after an empty line.")
    lines = signed[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteMalformed("note", f"It has more than {SIGNATURES_MAX} signatures.")
    return note[: end + 1], [_parse_line(line) for line in lines]


def require_key_name(name: str) -> None:
    """A key's name has no spaces, no plus and no control characters. Raises KeyMalformed."""
    if not name or "+" in name or any(each.isspace() or each < " " for each in name):
        raise KeyMalformed("key name")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise KeyMalformed("key name") from None


def encode_base64(value: bytes) -> str:
    """Standard base64 (RFC 4648 § 4)."""
    return base64.b64encode(value).decode("ascii")


def decode_base64(text: str, error: TlogError) -> bytes:
    """The bytes, if this is the one way to write them; raises ``error`` otherwise."""
    try:
        value = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise error from None
    if encode_base64(value) != text:
        raise error
    return value


def _signed(text: str, signer: Signer) -> SignatureLine:
    return SignatureLine(signer.name, signer.key_id, signer.sign(text))


def _parse_line(line: str) -> SignatureLine:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteMalformed("signature line")
    try:
        require_key_name(name)
    except KeyMalformed:
        raise NoteMalformed("signature line", "It begins with a key name.") from None
    value = decode_base64(encoded, NoteMalformed("signature line", "It ends in base64."))
    if len(value) <= KEY_ID_BYTES:
        raise NoteMalformed("signature line", "It is too short.")
    return SignatureLine(name, value[:KEY_ID_BYTES], value[KEY_ID_BYTES:])


def _require_text(text: str) -> None:
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError:
        raise NoteMalformed("note", "It is not valid Unicode.") from None
    if size_bytes > NOTE_BYTES_MAX:
        raise NoteMalformed("note", f"It is longer than {NOTE_BYTES_MAX} bytes.")
    if any(each < " " and each != "\n" for each in text):
        raise NoteMalformed("note", "It holds control characters.")
