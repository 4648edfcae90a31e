"""What a reader may demand of cosignatures, and what travels between a log and its witnesses."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from segel.tlog import (
    Checkpoint,
    CosignatureFuture,
    CosignSigner,
    Forked,
    QuorumMissing,
    Receipt,
    RolledBack,
    SignatureBroken,
    SignatureMissing,
    Submission,
    SubmissionMalformed,
    add_lines,
    add_signatures,
    leaf_hash,
    require_quorum,
    sign_note,
    split_note,
    take_cosignature,
    verify_log,
    verify_receipt,
)

ENTRIES = [number.to_bytes(32, "big") for number in range(300)]
EARLY_S, LATE_S = 1_000, 2_000


def witness(number: int, timestamp_s: int = EARLY_S) -> CosignSigner:
    key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return CosignSigner(f"w{number}.example", key, timestamp_s)


@pytest.fixture(scope="module")
def log(publish: Callable[..., object]):
    return publish(ENTRIES, 100, 256)


def test_a_cosignature_of_the_future_condemns_the_note_and_an_old_one_does_not_count(log) -> None:
    note = add_signatures(log.notes[300], witness(1), witness(2, LATE_S))
    both = [witness(1).verifier(), witness(2).verifier()]
    key = log.signer.verifier()
    require_quorum(note, key, both, 2, since_s=EARLY_S, until_s=LATE_S)
    with pytest.raises(CosignatureFuture):
        require_quorum(note, key, both, 0, until_s=LATE_S - 1)
    with pytest.raises(QuorumMissing, match="1 are too old"):
        require_quorum(note, key, both, 2, since_s=EARLY_S + 1)


def test_a_log_takes_its_witness_own_line_and_no_other(log) -> None:
    note = log.notes[300]
    answers = [
        "".join(str(line) for line in split_note(add_signatures(note, each))[1][1:])
        for each in (witness(1), witness(2))
    ]
    line, verified = take_cosignature(note, "".join(answers), witness(2).verifier())
    assert verified.timestamp_s == EARLY_S
    require_quorum(add_lines(note, [line]), log.signer.verifier(), [witness(2).verifier()], 1)
    with pytest.raises(SignatureMissing):
        take_cosignature(note, answers[0], witness(2).verifier())
    with pytest.raises(SignatureBroken):
        take_cosignature(log.notes[256], answers[1], witness(2).verifier())


def test_a_receipt_may_be_demanded_to_be_cosigned(log) -> None:
    cosigned = Receipt(
        leaf_index=0, tree_size=1, proof=(), checkpoint=add_signatures(_one(log), witness(1))
    )
    key, trusted = log.signer.verifier(), [witness(1).verifier()]
    verify_receipt(cosigned, ENTRIES[0], key, witnesses=trusted, threshold=1)
    with pytest.raises(QuorumMissing):
        verify_receipt(cosigned, ENTRIES[0], key, witnesses=[witness(2).verifier()], threshold=1)
    with pytest.raises(CosignatureFuture):
        verify_receipt(cosigned, ENTRIES[0], key, witnesses=trusted, until_s=EARLY_S - 1)


def test_a_log_is_compared_with_everything_that_others_were_shown(log, publish) -> None:
    def seen(published, size: int):
        return Checkpoint.parse(split_note(published.notes[size])[0])

    key = log.signer.verifier()
    own = [seen(log, 256), seen(log, 300), seen(log, 100)]
    verify_log(log.files.__getitem__, key, previous=seen(log, 100), against=own)
    other = publish([*ENTRIES[:255], b"another".ljust(32), *ENTRIES[256:]], 100, 256)
    with pytest.raises(Forked):
        verify_log(log.files.__getitem__, key, previous=seen(log, 100), against=[seen(other, 256)])
    longer = publish([*ENTRIES, bytes(32)], 100)
    with pytest.raises(RolledBack):
        verify_log(log.files.__getitem__, key, against=[*own, seen(longer, 301)])


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.text(max_size=200),
)
def test_a_submission_survives_the_way(old: int, proof: list[bytes], note: str) -> None:
    try:
        encoded = Submission(old, tuple(proof), note).encode()
    except UnicodeEncodeError:
        return
    assert Submission.parse(encoded) == Submission(old, tuple(proof), note)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_submission_or_refused(body: bytes) -> None:
    try:
        parsed = Submission.parse(body)
    except SubmissionMalformed:
        return
    assert Submission.parse(parsed.encode()) == parsed


def _one(log) -> str:
    checkpoint = Checkpoint(log.signer.name, 1, leaf_hash(ENTRIES[0]))
    return sign_note(checkpoint.text(), log.signer)
