"""A transparency log that anybody can check: Merkle tree, tiles, signed checkpoints, proofs.

``Frontier`` grows the tree, ``grow_tiles`` makes its files, ``sign_note`` signs its ``Checkpoint``;
``verify_log`` checks a published log from its files alone, ``verify_receipt`` one entry from its
receipt. Public formats throughout: RFC 6962 and 9162, C2SP tlog-tiles, tlog-checkpoint, signed-note
and tlog-cosignature. Errors are the tree under ``TlogError``. Pure: no files, clock or randomness.
"""

from segel.tlog.checkpoints import Checkpoint
from segel.tlog.cosignatures import CosignSigner, CosignVerifier, require_quorum
from segel.tlog.entries import decode_entries, encode_entries
from segel.tlog.errors import (
    CheckpointMalformed,
    EntriesMalformed,
    EntryMismatch,
    EntryTooLong,
    FileMissing,
    Forked,
    FrontierMalformed,
    HashMalformed,
    IndexOutside,
    KeyMalformed,
    LogBroken,
    NoteMalformed,
    OriginMismatch,
    ProofBroken,
    ProofMalformed,
    QuorumMissing,
    ReceiptMalformed,
    ReceiptMismatch,
    RolledBack,
    RootMismatch,
    SignatureBroken,
    SignatureMissing,
    TileMalformed,
    TileMismatch,
    TilePathMalformed,
    TlogError,
    TreeTooLarge,
    VerifierAmbiguous,
)
from segel.tlog.frontier import Frontier
from segel.tlog.hashing import EMPTY_ROOT, HASH_BYTES, leaf_hash, node_hash
from segel.tlog.keys import NoteSigner, NoteVerifier
from segel.tlog.notes import (
    Note,
    Signer,
    VerifiedSignature,
    Verifier,
    add_signatures,
    open_note,
    sign_note,
)
from segel.tlog.proofs import ReadHash, consistency_proof, inclusion_proof, tree_root
from segel.tlog.published import CHECKPOINT_PATH, VerifiedLog, verify_log
from segel.tlog.receipts import Receipt, verify_receipt
from segel.tlog.tile_hashes import TileHashes
from segel.tlog.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    TilePath,
    grow_tiles,
    parse_tile_path,
    tiles_to_publish,
)
from segel.tlog.verification import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

__all__ = [
    "CHECKPOINT_PATH",
    "EMPTY_ROOT",
    "HASH_BYTES",
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "Checkpoint",
    "CheckpointMalformed",
    "CosignSigner",
    "CosignVerifier",
    "EntriesMalformed",
    "EntryMismatch",
    "EntryTooLong",
    "FileMissing",
    "Forked",
    "Frontier",
    "FrontierMalformed",
    "HashMalformed",
    "IndexOutside",
    "KeyMalformed",
    "LogBroken",
    "Note",
    "NoteMalformed",
    "NoteSigner",
    "NoteVerifier",
    "OriginMismatch",
    "ProofBroken",
    "ProofMalformed",
    "QuorumMissing",
    "ReadHash",
    "Receipt",
    "ReceiptMalformed",
    "ReceiptMismatch",
    "RolledBack",
    "RootMismatch",
    "SignatureBroken",
    "SignatureMissing",
    "Signer",
    "Tile",
    "TileHashes",
    "TileMalformed",
    "TileMismatch",
    "TilePath",
    "TilePathMalformed",
    "TlogError",
    "TreeTooLarge",
    "VerifiedLog",
    "VerifiedSignature",
    "Verifier",
    "VerifierAmbiguous",
    "add_signatures",
    "consistency_proof",
    "decode_entries",
    "encode_entries",
    "grow_tiles",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "open_note",
    "parse_tile_path",
    "require_quorum",
    "sign_note",
    "tiles_to_publish",
    "tree_root",
    "verify_consistency",
    "verify_inclusion",
    "verify_log",
    "verify_receipt",
    "verify_subtree_consistency",
    "verify_subtree_inclusion",
]
