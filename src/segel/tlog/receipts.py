"""Receipts: the proof, in the hand of whoever it concerns, that an entry is in the log."""

from collections.abc import Sequence
from typing import Final

import msgspec

from segel.tlog.checkpoints import Checkpoint
from segel.tlog.cosignatures import TIMESTAMP_S_MAX, CosignVerifier, require_quorum
from segel.tlog.errors import (
    IndexOutside,
    OriginMismatch,
    ProofMalformed,
    ReceiptMalformed,
    ReceiptMismatch,
)
from segel.tlog.hashing import HASH_BYTES, SIZE_MAX, leaf_hash
from segel.tlog.keys import NoteVerifier
from segel.tlog.verification import verify_inclusion

RECEIPT_BYTES_MAX: Final = 64 * 1024
"""A receipt is about 3 kB; with a hundred cosignatures 25 kB."""

PROOF_HASHES_MAX: Final = 63
"""The height of the largest tree."""


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Leaf ``leaf_index`` is in the tree of ``tree_size`` leaves that ``checkpoint`` signs.

    ``proof`` is the inclusion proof, ``checkpoint`` the whole signed note. Raises IndexOutside,
    ProofMalformed.
    """

    leaf_index: int
    tree_size: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def __post_init__(self) -> None:
        if not 0 <= self.leaf_index < self.tree_size <= SIZE_MAX:
            raise IndexOutside("receipt")
        if len(self.proof) > PROOF_HASHES_MAX or any(len(h) != HASH_BYTES for h in self.proof):
            raise ProofMalformed("receipt")

    def to_json(self) -> bytes:
        """The receipt as JSON, hashes in base64."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, encoded: bytes) -> "Receipt":
        """What ``to_json`` made. Raises ReceiptMalformed, IndexOutside, ProofMalformed."""
        if len(encoded) > RECEIPT_BYTES_MAX:
            raise ReceiptMalformed("receipt", f"It is longer than {RECEIPT_BYTES_MAX} bytes.")
        try:
            return msgspec.json.decode(encoded, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise ReceiptMalformed("receipt") from None


def verify_receipt(
    receipt: Receipt,
    entry: bytes,
    log_verifier: NoteVerifier,
    *,
    witnesses: Sequence[CosignVerifier] = (),
    threshold: int = 0,
    until_s: int = TIMESTAMP_S_MAX,
) -> Checkpoint:
    """``entry`` is in the log at the receipt's place; returns the signed state that says so.

    With a ``threshold``, so many of these witnesses must have cosigned that state, none after
    ``until_s``. Raises what ``require_quorum`` and ``verify_inclusion`` raise,
    CheckpointMalformed, OriginMismatch, ReceiptMismatch.
    """
    note = require_quorum(receipt.checkpoint, log_verifier, witnesses, threshold, until_s=until_s)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != log_verifier.name:
        raise OriginMismatch("receipt")
    if checkpoint.size != receipt.tree_size:
        raise ReceiptMismatch("receipt")
    verify_inclusion(
        receipt.leaf_index, checkpoint.size, leaf_hash(entry), receipt.proof, checkpoint.root
    )
    return checkpoint
