"""Refused receipts, submissions and published logs: what is said, about what and why."""

from collections.abc import Callable, Sequence

import pytest

from segel.tlog import (
    Checkpoint,
    EntriesMalformed,
    EntryMismatch,
    FileMissing,
    Forked,
    IndexOutside,
    LogBroken,
    NoteMalformed,
    OriginMismatch,
    ProofBroken,
    ProofMalformed,
    Receipt,
    ReceiptMalformed,
    ReceiptMismatch,
    RolledBack,
    RootMismatch,
    Submission,
    SubmissionMalformed,
    TileMalformed,
    TileMismatch,
    TlogError,
    leaf_hash,
    node_hash,
    sign_note,
    verify_log,
    verify_receipt,
)
from support.refusals import (
    B64,
    HASH,
    LOG,
    ORIGIN,
    SIZE_LIMIT,
    Refusals,
    assert_refused,
    every,
)

KEY = LOG.verifier()

ENTRIES = [b"entry %d" % number for number in range(3)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
PAIR = node_hash(LEAVES[0], LEAVES[1])
ROOT = node_hash(PAIR, LEAVES[2])
"""Of three leaves, as RFC 9162 § 2.1.1 draws it: ((0, 1), 2)."""

NOTE = sign_note(Checkpoint(ORIGIN, 3, ROOT).text(), LOG)


def receipt(**changed: object) -> Receipt:
    """Of the third entry; with fields replaced."""
    fields = {"leaf_index": 2, "tree_size": 3, "proof": (PAIR,), "checkpoint": NOTE} | changed
    return Receipt(**fields)  # type: ignore[arg-type]


RECEIPTS: Refusals = {
    "a leaf after the tree": (lambda: receipt(leaf_index=3), IndexOutside("receipt")),
    "a negative leaf": (lambda: receipt(leaf_index=-1), IndexOutside("receipt")),
    "a tree beyond 63 bits": (lambda: receipt(tree_size=SIZE_LIMIT), IndexOutside("receipt")),
    "64 hashes": (lambda: receipt(proof=(HASH,) * 64), ProofMalformed("receipt")),
    "parts that are no hashes": (
        lambda: receipt(proof=(HASH, HASH[1:])),
        ProofMalformed("receipt"),
    ),
    "too long a receipt": (
        lambda: Receipt.from_json(receipt().to_json().ljust(65_537)),
        ReceiptMalformed("receipt", "It is longer than 65536 bytes."),
    ),
    "no receipt": (lambda: Receipt.from_json(b"{}"), ReceiptMalformed("receipt")),
    "another log's": (
        lambda: verify_receipt(
            receipt(checkpoint=sign_note(Checkpoint("o", 3, ROOT).text(), LOG)), ENTRIES[2], KEY
        ),
        OriginMismatch("receipt"),
    ),
    "another size": (
        lambda: verify_receipt(receipt(tree_size=4), ENTRIES[2], KEY),
        ReceiptMismatch("receipt"),
    ),
    "another entry": (
        lambda: verify_receipt(receipt(), ENTRIES[1], KEY),
        ProofBroken("proof"),
    ),
}

SUBMISSIONS: Refusals = {
    "too long a body": (
        lambda: Submission.parse(bytes(65_537)),
        SubmissionMalformed("body", "It is longer than 65536 bytes."),
    ),
    "no text": (
        lambda: Submission.parse(b"\xff"),
        SubmissionMalformed("body", "It is not UTF-8."),
    ),
    "no empty line": (
        lambda: Submission.parse(b"old 0\n"),
        SubmissionMalformed("body", "No empty line ends the proof."),
    ),
    "no old size": (lambda: Submission.parse(b"new 0\n\n"), SubmissionMalformed("old size")),
    "too large an old size": (
        lambda: Submission.parse(b"old %d\n\n" % SIZE_LIMIT),
        SubmissionMalformed("old size"),
    ),
    "64 lines of proof": (
        lambda: Submission.parse(b"old 0\n" + f"{B64}\n".encode() * 64 + b"\n"),
        SubmissionMalformed("proof", "It has more than 63 lines."),
    ),
    "a line that is no base64": (
        lambda: Submission.parse(b"old 0\n?\n\n"),
        SubmissionMalformed("proof"),
    ),
    "a line that is no hash": (
        lambda: Submission.parse(b"old 0\nAAAA\n\n"),
        SubmissionMalformed("proof"),
    ),
}


@every(RECEIPTS)
def test_what_is_no_receipt(refused: Callable[[], object], said: TlogError) -> None:
    assert_refused(refused, said)


@every(SUBMISSIONS)
def test_what_is_no_submission(refused: Callable[[], object], said: TlogError) -> None:
    assert_refused(refused, said)


def test_the_same_receipt_unaltered_holds() -> None:
    """So that the refusals above are for what they say."""
    assert verify_receipt(receipt(), ENTRIES[2], KEY).root == ROOT


# A published log of 700 entries: tiles of 256, 256 and 188 leaves.

COUNT = 700


@pytest.fixture(scope="module")
def published(publish: Callable[..., object]):
    return publish([number.to_bytes(32, "big") for number in range(COUNT)])


def _with(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _changed(path: str, change: Callable[[bytes], bytes | None]):
    def files(published: dict[str, bytes]) -> dict[str, bytes]:
        content = change(published[path])
        rest = {other: held for other, held in published.items() if other != path}
        return rest if content is None else rest | {path: content}

    return files


DAMAGES: dict[str, tuple[Callable[[dict[str, bytes]], dict[str, bytes]], LogBroken]] = {
    "a tile is gone": (
        _changed("tile/0/002.p/188", lambda tile: None),
        FileMissing("tile/0/002.p/188"),
    ),
    "a full tile is gone": (_changed("tile/0/001", lambda tile: None), FileMissing("tile/0/001")),
    "entries are gone": (
        _changed("tile/entries/002.p/188", lambda tile: None),
        FileMissing("tile/entries/002.p/188"),
    ),
    "the checkpoint is gone": (
        _changed("checkpoint", lambda note: None),
        FileMissing("checkpoint"),
    ),
    "a tile was cut": (
        _changed("tile/0/002.p/188", lambda tile: tile[:-32]),
        TileMalformed("tile/0/002.p/188"),
    ),
    "an upper tile grew": (
        _changed("tile/1/000.p/2", lambda tile: tile + bytes(32)),
        TileMalformed("tile/1/000.p/2"),
    ),
    "entries were cut": (
        _changed("tile/entries/002.p/188", lambda bundle: bundle[:-34]),
        EntriesMalformed("tile/entries/002.p/188"),
    ),
    "entries were cut inside": (
        _changed("tile/entries/001", lambda bundle: bundle[:-1]),
        EntriesMalformed("tile/entries/001", "It ends inside an entry."),
    ),
    "an entry was rewritten": (
        _changed("tile/entries/002.p/188", lambda bundle: _with(bundle, 34 * 100 + 33)),
        EntryMismatch("tile/entries/002.p/188", "It is entry 612."),
    ),
    "an upper hash was rewritten": (
        _changed("tile/1/000.p/2", lambda tile: _with(tile, 63)),
        TileMismatch("tile/1/000.p/2", "It is hash 1."),
    ),
}


@pytest.mark.parametrize(("damage", "said"), DAMAGES.values(), ids=DAMAGES.keys())
def test_what_is_no_log_is_named_by_file_and_place(published, damage, said: LogBroken) -> None:
    files = damage(published.files)
    assert_refused(lambda: verify_log(files.__getitem__, published.signer.verifier()), said)


def test_a_log_that_contradicts_itself_is_told_by_its_sizes(published) -> None:
    read, key = published.files.__getitem__, published.signer.verifier()
    other, origin = bytes(32), published.signer.name

    def seen(size: int, root: bytes = other) -> Sequence[Checkpoint]:
        return [Checkpoint(origin, size, root)]

    for size in (0, 1, 256, 600, 700):
        forked = Forked("checkpoint", f"It was seen with {size} entries.")
        assert_refused(lambda s=size: verify_log(read, key, against=seen(s)), forked)  # type: ignore[misc]
    shorter = RolledBack("checkpoint", "It had 701 entries, now 700.")
    assert_refused(lambda: verify_log(read, key, against=seen(701)), shorter)
    elsewhere = Checkpoint("o", 700, published.checkpoint().root)
    assert_refused(lambda: verify_log(read, key, previous=elsewhere), OriginMismatch("checkpoint"))


def test_a_checkpoint_that_is_no_text_or_no_root_is_told(published) -> None:
    key = published.signer.verifier()
    files = published.files | {"checkpoint": b"\xff"}
    assert_refused(lambda: verify_log(files.__getitem__, key), NoteMalformed("checkpoint"))
    forged = sign_note(Checkpoint(key.name, COUNT, bytes(32)).text(), published.signer)
    replaced = published.files | {"checkpoint": forged.encode()}
    assert_refused(lambda: verify_log(replaced.__getitem__, key), RootMismatch("checkpoint"))
