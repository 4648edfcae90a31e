"""What can go wrong with a log, a proof or a signature: one tree, each failure its own class.

Nothing here returns a bool that somebody could forget to look at, and no message carries the
content of an entry: ``where`` is a file of the log, an index or the name of a field.
"""


class TlogError(Exception):
    """Root of this package's errors.

    ``code`` is the machine's word (kebab-case, stable), ``where`` the file, index or field,
    ``what`` what happened and what it means, ``detail`` this case's numbers, ``remedy`` what to do.
    """

    code = "tlog-error"
    what = "The transparency log does not verify."
    remedy = ""

    def __init__(self, where: str = "", detail: str = "") -> None:
        super().__init__(where, detail)
        self.where = where
        self.detail = detail

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return " ".join(filter(None, [f"{place}{self.what}", self.detail, self.remedy]))


# Values that cannot be what they are given as.


class HashMalformed(TlogError):
    """Something that is not a SHA-256 hash was given as one."""

    code = "hash-malformed"
    what = "A hash of the tree is 32 bytes long."


class FrontierMalformed(TlogError):
    """Bytes that are no compact range, or a subtree appended where none can begin."""

    code = "frontier-malformed"
    what = "This is not a compact range of a tree."
    remedy = "Make it again from the tiles."


class TreeTooLarge(TlogError):
    """More leaves than a signed 64-bit size can say."""

    code = "tree-too-large"
    what = "A tree holds at most 2^63 - 1 leaves."


class IndexOutside(TlogError):
    """A leaf, subtree, size or tile that the tree of this size does not have."""

    code = "index-outside"
    what = "The tree has no such leaf or subtree."


class TilePathMalformed(TlogError):
    """A path that is not the one canonical path of any tile."""

    code = "tile-path-malformed"
    what = "This is not the path of a tile or entry bundle."


class EntryTooLong(TlogError):
    """An entry that the 16-bit length of a bundle cannot carry."""

    code = "entry-too-long"
    what = "An entry of the log is at most 65,535 bytes long, a bundle at most 256 entries."


# Proofs.


class ProofMalformed(TlogError):
    """A proof with too few, too many or misshapen hashes for its index and size."""

    code = "proof-malformed"
    what = "The proof does not have the shape that its index and tree size demand."


class ProofBroken(TlogError):
    """A proof of the right shape that leads to another root."""

    code = "proof-broken"
    what = "The proof does not lead to the root: what it is for is not in this tree."


# Notes, keys, checkpoints, receipts.


class KeyMalformed(TlogError):
    """A key name, public key or verifier key (vkey) that is not one."""

    code = "key-malformed"
    what = "This is not a key of signed notes."
    remedy = "A verifier key reads NAME+ID+BASE64; copy it whole from its owner."


class VerifierAmbiguous(TlogError):
    """Two different configured keys share a name and a key ID."""

    code = "verifier-ambiguous"
    what = "Two of the configured verifier keys have the same name and ID."
    remedy = "Remove the one that is not meant."


class NoteMalformed(TlogError):
    """Text that is not a signed note."""

    code = "note-malformed"
    what = "This is not a signed note."


class SignatureBroken(TlogError):
    """A known key's signature that does not verify: the text was changed, or the key is forged."""

    code = "signature-broken"
    what = "A signature of a known key does not verify: the note was altered or forged."


class SignatureMissing(TlogError):
    """A note that no configured key signed."""

    code = "signature-missing"
    what = "No signature by the key that has to sign this."
    remedy = "Check that the verifier key is the log's own."


class QuorumMissing(TlogError):
    """Fewer distinct witnesses cosigned than policy demands."""

    code = "quorum-missing"
    what = "Too few witnesses cosigned the checkpoint; others may be shown another log."


class CosignatureFuture(TlogError):
    """A cosignature of a time that has not come: a witness whose clock or key is not its own."""

    code = "cosignature-future"
    what = "A witness' cosignature is dated in the future."
    remedy = "Compare the clocks; if yours is right, do not trust this witness."


class SubmissionMalformed(TlogError):
    """Bytes that are not what a log sends to a witness."""

    code = "submission-malformed"
    what = "This is not a checkpoint with the proof that a witness asks for."


class CheckpointMalformed(TlogError):
    """Text that is not a checkpoint."""

    code = "checkpoint-malformed"
    what = "This is not a checkpoint of a log."


class OriginMismatch(TlogError):
    """A checkpoint of another log."""

    code = "origin-mismatch"
    what = "The checkpoint belongs to another log."


class ReceiptMalformed(TlogError):
    """Bytes that are not a receipt."""

    code = "receipt-malformed"
    what = "This is not a receipt of the log."


class ReceiptMismatch(TlogError):
    """A receipt whose parts do not speak of the same tree."""

    code = "receipt-mismatch"
    what = "The receipt and the checkpoint inside it name different tree sizes."


# A published log.


class LogBroken(TlogError):
    """Root of what a published log's files can be found guilty of."""

    code = "log-broken"


class FileMissing(LogBroken):
    """A file that a log of this size has to publish is not there."""

    code = "log-file-missing"
    what = "The file is missing: entries were deleted, or the copy is incomplete."


class TileMalformed(LogBroken):
    """A tile of another length than its hashes have."""

    code = "tile-malformed"
    what = "The tile does not have the length of its hashes: it was cut or added to."


class EntriesMalformed(LogBroken):
    """An entry bundle that is cut, padded or holds another number of entries."""

    code = "entries-malformed"
    what = "The entry bundle is cut, added to or holds another number of entries."


class EntryMismatch(LogBroken):
    """An entry that is not the one whose hash the tree holds."""

    code = "entry-mismatch"
    what = "The entry is not the one that was logged: it was rewritten."


class TileMismatch(LogBroken):
    """A tile that does not follow from the tiles below it."""

    code = "tile-mismatch"
    what = "A hash of the tile does not follow from the level below it: one of them was rewritten."


class RootMismatch(LogBroken):
    """The files hold together but are not the tree that was signed."""

    code = "root-mismatch"
    what = "The entries do not add up to the root that the log signed: they were replaced."


class RolledBack(LogBroken):
    """The log is shorter than it was when last seen."""

    code = "log-rolled-back"
    what = "The log is shorter than the checkpoint seen before: newer entries were dropped."
    remedy = "Keep both checkpoints; together they prove it."


class Forked(LogBroken):
    """The log does not contain what was seen before: its past was rewritten and signed again."""

    code = "log-forked"
    what = "The log does not continue the checkpoint seen before: its past was rewritten."
    remedy = "Keep both checkpoints; together they prove it."
