"""Receipts with anything changed."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from segel.tlog import (
    IndexOutside,
    ProofBroken,
    ProofMalformed,
    QuorumMissing,
    Receipt,
    ReceiptMalformed,
    ReceiptMismatch,
    verify_receipt,
)
from support.tampering.case import Case, flipped
from support.tampering.estate import SIZE, Estate


def receipts(estate: Estate) -> Iterator[Case]:
    """A receipt with anything changed, a receipt for another entry, a receipt of nobody."""
    honest = estate.forged(estate.entries)

    def check(receipt: Receipt, entry: bytes, quorum: int = 2) -> object:
        return verify_receipt(
            receipt, entry, estate.key, witnesses=estate.cosigners, threshold=quorum
        )

    for index in (0, 255, 256, 511, SIZE - 1):
        receipt = Receipt(
            leaf_index=index,
            tree_size=SIZE,
            proof=honest.inclusion(index, SIZE),
            checkpoint=estate.note,
        )
        entry = estate.entries[index]
        check(receipt, entry)
        changes: list[tuple[str, dict[str, Any], type[Exception] | tuple[Any, ...]]] = [
            ("another place", {"leaf_index": (index + 7) % SIZE}, (ProofBroken, ProofMalformed)),
            ("another size", {"tree_size": SIZE + 1}, ReceiptMismatch),
            ("a proof without its first", {"proof": receipt.proof[1:]}, ProofMalformed),
            ("a proof with one more", {"proof": (*receipt.proof, bytes(32))}, ProofMalformed),
            ("a proof reversed", {"proof": receipt.proof[::-1]}, ProofBroken),
            ("the earlier checkpoint", {"checkpoint": estate.seen_note}, ReceiptMismatch),
            ("the log's signature alone", {"checkpoint": honest.note()}, QuorumMissing),
        ]
        for place in range(0, len(receipt.proof), 3):
            proof = list(receipt.proof)
            proof[place] = flipped(proof[place], 5)
            changes.append((f"proof hash {place}", {"proof": tuple(proof)}, ProofBroken))
        for name, change, error in changes:
            changed = msgspec.structs.replace(receipt, **change)
            yield Case("receipt", f"{index}: {name}", partial(check, changed, entry),
                       error, "receipt")  # fmt: skip
        yield Case(
            "receipt",
            f"{index}: of another entry",
            partial(check, receipt, b"not this one".ljust(32)),
            ProofBroken,
            "receipt",
        )
    receipt = Receipt(
        leaf_index=9, tree_size=SIZE, proof=honest.inclusion(9, SIZE), checkpoint=estate.note
    )
    for at in (0, 40, 300):
        encoded = receipt.to_json()
        yield Case(
            "receipt",
            f"JSON cut at {at}",
            partial(Receipt.from_json, encoded[:at]),
            ReceiptMalformed,
            "receipt",
        )
    yield Case(
        "receipt",
        "of a place outside",
        lambda: Receipt(leaf_index=SIZE, tree_size=SIZE, proof=(), checkpoint=estate.note),
        IndexOutside,
        "receipt",
    )
