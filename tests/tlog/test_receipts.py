"""Receipts: one entry, provable by whoever holds it."""

from collections.abc import Callable

import msgspec
import pytest

from segel.tlog import (
    Checkpoint,
    IndexOutside,
    NoteSigner,
    OriginMismatch,
    ProofBroken,
    ProofMalformed,
    Receipt,
    ReceiptMalformed,
    ReceiptMismatch,
    SignatureMissing,
    TileHashes,
    TlogError,
    inclusion_proof,
    sign_note,
    verify_receipt,
)

ENTRIES = [number.to_bytes(32, "big") for number in range(300)]


@pytest.fixture(scope="module")
def log(publish: Callable[..., object]):
    return publish(ENTRIES)


@pytest.fixture(scope="module")
def receipt(log) -> Receipt:
    read = TileHashes(lambda tile: log.files[tile.path()], 300)
    proof = inclusion_proof(17, 300, read)
    return Receipt(leaf_index=17, tree_size=300, proof=proof, checkpoint=log.notes[300])


def test_a_receipt_proves_its_entry_and_no_other(log, receipt: Receipt) -> None:
    read_back = Receipt.from_json(receipt.to_json())
    assert read_back == receipt
    assert verify_receipt(read_back, ENTRIES[17], log.signer.verifier()) == log.checkpoint()
    with pytest.raises(ProofBroken):
        verify_receipt(receipt, ENTRIES[18], log.signer.verifier())


def test_a_receipt_cannot_be_bent(log, receipt: Receipt) -> None:
    verifier = log.signer.verifier()
    replace = msgspec.structs.replace
    with pytest.raises(ReceiptMismatch):
        verify_receipt(replace(receipt, tree_size=301), ENTRIES[17], verifier)
    with pytest.raises(ProofBroken):
        verify_receipt(replace(receipt, leaf_index=16), ENTRIES[17], verifier)
    with pytest.raises(ProofMalformed):
        verify_receipt(replace(receipt, proof=receipt.proof[1:]), ENTRIES[17], verifier)
    stranger = NoteSigner("other.example/log", log.signer.private_key)
    forged = sign_note(log.checkpoint().text(), stranger)
    with pytest.raises(SignatureMissing):
        verify_receipt(replace(receipt, checkpoint=forged), ENTRIES[17], verifier)
    with pytest.raises(OriginMismatch):
        verify_receipt(replace(receipt, checkpoint=forged), ENTRIES[17], stranger.verifier())
    shorter = sign_note(Checkpoint(log.signer.name, 299, bytes(32)).text(), log.signer)
    with pytest.raises(ReceiptMismatch):
        verify_receipt(replace(receipt, checkpoint=shorter), ENTRIES[17], verifier)


def test_every_changed_byte_of_a_receipt_is_noticed_or_means_nothing(log, receipt: Receipt) -> None:
    encoded = receipt.to_json()
    for at in range(len(encoded)):
        changed = bytearray(encoded)
        changed[at] ^= 1
        try:
            read_back = Receipt.from_json(bytes(changed))
            verify_receipt(read_back, ENTRIES[17], log.signer.verifier())
        except TlogError:
            continue
        assert read_back == receipt, "a change that means something was accepted"


@pytest.mark.parametrize(
    ("encoded", "error"),
    [
        (b"", ReceiptMalformed),
        (b"null", ReceiptMalformed),
        (b"[" * 50_000, ReceiptMalformed),
        (b'{"leaf_index": 0, "tree_size": 1, "proof": []}', ReceiptMalformed),
        (
            b'{"leaf_index": 0, "tree_size": 1, "proof": [], "checkpoint": "", "x": 1}',
            ReceiptMalformed,
        ),
        (b'{"leaf_index": 1, "tree_size": 1, "proof": [], "checkpoint": ""}', IndexOutside),
        (b'{"leaf_index": 0, "tree_size": 1, "proof": ["AA=="], "checkpoint": ""}', ProofMalformed),
        (b'{"leaf_index": 0, "tree_size": 1, "proof": ["?"], "checkpoint": ""}', ReceiptMalformed),
        (b'{"leaf_index": 1e999, "tree_size": 1, "proof": [], "checkpoint": ""}', ReceiptMalformed),
        (b" " * 70_000, ReceiptMalformed),
    ],
)
def test_what_is_no_receipt_is_refused(encoded: bytes, error: type[TlogError]) -> None:
    with pytest.raises(error):
        Receipt.from_json(encoded)
