"""Cosignatures: witnesses who saw the log grow from what they signed before.

A log that wants to show different people different pasts needs a quorum of witnesses to lie with
it. Format ``cosignature/v1`` of C2SP tlog-cosignature: Ed25519 over two lines (version and time)
and the checkpoint's text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog.checkpoints import Checkpoint
from segel.tlog.errors import (
    CosignatureFuture,
    KeyMalformed,
    QuorumMissing,
    SignatureBroken,
    SignatureMissing,
)
from segel.tlog.keys import (
    TYPE_COSIGNATURE,
    NoteVerifier,
    check_ed25519,
    format_vkey,
    key_id,
    parse_vkey,
    require_key,
)
from segel.tlog.notes import (
    Note,
    SignatureLine,
    VerifiedSignature,
    open_note,
    require_key_name,
    split_note,
)

TIMESTAMP_BYTES: Final = 8
TIMESTAMP_S_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CosignVerifier:
    """A witness' public key. Raises KeyMalformed for a name or key that cannot be."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        require_key(self.name, self.public_key)

    @classmethod
    def parse(cls, vkey: str) -> "CosignVerifier":
        """The key of a vkey. Raises KeyMalformed."""
        return cls(*parse_vkey(vkey, TYPE_COSIGNATURE))

    def vkey(self) -> str:
        """The key as text."""
        return format_vkey(self.name, TYPE_COSIGNATURE, self.public_key)

    @property
    def key_id(self) -> bytes:
        """Four bytes that stand in signature lines."""
        return key_id(self.name, TYPE_COSIGNATURE, self.public_key)

    def check(self, text: str, signature: bytes) -> VerifiedSignature:
        """Raises SignatureBroken, for too short a signature as well: nothing is left to verify.

        Whether the time is plausible is the caller's to judge.
        """
        timestamp_s = int.from_bytes(signature[:TIMESTAMP_BYTES], "big")
        if timestamp_s > TIMESTAMP_S_MAX:
            raise SignatureBroken(self.name)
        message = _message(text, timestamp_s)
        check_ed25519(self.public_key, message, signature[TIMESTAMP_BYTES:], self.name)
        return VerifiedSignature(self.name, self.public_key, timestamp_s)


@dataclass(frozen=True, slots=True)
class CosignSigner:
    """A witness' private key, signing as of ``timestamp_s`` (Unix seconds).

    The witness has checked the log's signature and the consistency with what it last cosigned
    *before* it makes one of these.
    """

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)
    timestamp_s: int

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if not 0 <= self.timestamp_s <= TIMESTAMP_S_MAX:
            raise KeyMalformed("timestamp")

    def verifier(self) -> CosignVerifier:
        """The public half."""
        return CosignVerifier(self.name, self.private_key.public_key().public_bytes_raw())

    @property
    def key_id(self) -> bytes:
        """Four bytes that stand in signature lines."""
        return self.verifier().key_id

    def sign(self, text: str) -> bytes:
        """Time and signature over a checkpoint. Raises CheckpointMalformed for any other text."""
        Checkpoint.parse(text)
        signature = self.private_key.sign(_message(text, self.timestamp_s))
        return self.timestamp_s.to_bytes(TIMESTAMP_BYTES, "big") + signature


def require_quorum(
    note: str,
    log_verifier: NoteVerifier,
    witnesses: Sequence[CosignVerifier] = (),
    threshold: int = 0,
    *,
    since_s: int = 0,
    until_s: int = TIMESTAMP_S_MAX,
) -> Note:
    """The note, signed by the log and by at least ``threshold`` of these witnesses.

    Witnesses are counted by key: one under two names is one, and the log is never its own witness.
    Cosignatures from before ``since_s`` (Unix seconds) do not count; one from after ``until_s``
    condemns the note. Raises what ``open_note`` raises, SignatureMissing without the log's own,
    CosignatureFuture, QuorumMissing.
    """
    opened = open_note(note, [log_verifier, *witnesses])
    plain = [each for each in opened.signatures if each.timestamp_s is None]
    if not plain:
        raise SignatureMissing(log_verifier.name)
    times = {
        each.public_key: each.timestamp_s
        for each in opened.signatures
        if each.timestamp_s is not None and each.public_key != log_verifier.public_key
    }
    if any(timestamp_s > until_s for timestamp_s in times.values()):
        raise CosignatureFuture("checkpoint")
    recent = sum(timestamp_s >= since_s for timestamp_s in times.values())
    if recent < threshold:
        old = f", {len(times) - recent} are too old" if recent < len(times) else ""
        raise QuorumMissing("checkpoint", f"{recent} of {threshold} are there{old}.")
    return opened


def take_cosignature(
    note: str, answer: str, witness: CosignVerifier
) -> tuple[SignatureLine, VerifiedSignature]:
    """The witness' own line of its ``answer`` (signature lines) on ``note``, verified.

    Lines of other keys are passed over. Raises NoteMalformed, SignatureBroken, SignatureMissing.
    """
    text, _ = split_note(note)
    _, lines = split_note(f"{text}\n{answer}")
    for line in lines:
        if (line.name, line.key_id) == (witness.name, witness.key_id):
            return line, witness.check(text, line.signature)
    raise SignatureMissing(witness.name)


def _message(text: str, timestamp_s: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp_s}\n{text}".encode()
