"""What every document that proves entries of the log has: a checkpoint, and entries under it."""

from collections.abc import Iterable

from segel.broker.audit import SealedEvent
from segel.broker.stored_event import StoredEvent, read_event
from segel.tlog import (
    Checkpoint,
    CosignVerifier,
    NoteVerifier,
    OriginMismatch,
    leaf_hash,
    require_quorum,
    verify_inclusion,
)


def checkpoint_of(
    note: str, log: NoteVerifier, witnesses: Iterable[str], quorum: int
) -> Checkpoint:
    """The state of the log that ``note`` signs, cosigned by ``quorum`` of ``witnesses`` (verifier
    keys). Raises TlogError."""
    known = [CosignVerifier.parse(vkey) for vkey in witnesses]
    checkpoint = Checkpoint.parse(require_quorum(note, log, known, quorum).text)
    if checkpoint.origin != log.name:
        raise OriginMismatch("checkpoint")
    return checkpoint


def proved_event(
    leaf: int, salt: bytes, event: str, proof: tuple[bytes, ...], checkpoint: Checkpoint
) -> StoredEvent:
    """An event that is in the log at its place. Raises TlogError, msgspec.DecodeError."""
    entry = SealedEvent(salt, event.encode())
    verify_inclusion(leaf, checkpoint.size, leaf_hash(entry.commitment()), proof, checkpoint.root)
    return read_event(entry.event)
