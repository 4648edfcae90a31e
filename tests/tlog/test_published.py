"""A published log is verified from its files alone, and goes on from what was seen before."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import (
    EMPTY_ROOT,
    Checkpoint,
    CheckpointMalformed,
    CosignatureFuture,
    CosignSigner,
    FileMissing,
    Forked,
    NoteMalformed,
    NoteSigner,
    OriginMismatch,
    QuorumMissing,
    RootMismatch,
    SignatureMissing,
    TileMismatch,
    TlogError,
    add_signatures,
    open_note,
    sign_note,
    verify_log,
)

ENTRIES = [number.to_bytes(32, "big") for number in range(66_000)]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 700])
def test_a_log_of_any_size_verifies(publish, size: int) -> None:
    log = publish(ENTRIES[:size])
    log.sign()
    verified = verify_log(log.files.__getitem__, log.signer.verifier())
    assert verified.checkpoint == log.checkpoint()
    assert verified.frontier == log.frontier


def test_a_log_with_three_levels_of_tiles_verifies_and_none_of_them_can_be_changed(publish) -> None:
    log = publish(ENTRIES, 1000, 65_536)
    verifier = log.signer.verifier()
    previous = Checkpoint.parse(log.notes[65_536].split("\n\n")[0] + "\n")
    done: list[tuple[int, int]] = []
    verify_log(
        log.files.__getitem__,
        verifier,
        previous=previous,
        progress=lambda *at: done.append(at),
    )
    assert done[0] == (256, 66_000)
    assert done[-1] == (66_000, 66_000)
    for path in ("tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"):
        changed = dict(log.files)
        changed[path] = bytes([changed[path][0] ^ 1]) + changed[path][1:]
        with pytest.raises(TileMismatch, match=path):
            verify_log(changed.__getitem__, verifier)
        del changed[path]
        with pytest.raises(FileMissing, match=path):
            verify_log(changed.__getitem__, verifier)


def test_every_earlier_checkpoint_is_continued(publish) -> None:
    log = publish(ENTRIES[:700], 0, 1, 255, 256, 257, 512, 699)
    for note in log.notes.values():
        previous = Checkpoint.parse(note.split("\n\n")[0] + "\n")
        verified = verify_log(log.files.__getitem__, log.signer.verifier(), previous=previous)
        assert verified.checkpoint.size == 700
        lying = Checkpoint(previous.origin, previous.size, bytes(32))
        with pytest.raises(Forked):
            verify_log(log.files.__getitem__, log.signer.verifier(), previous=lying)


def test_the_empty_log_has_one_root_only(publish) -> None:
    log = publish([])
    assert log.checkpoint().root == EMPTY_ROOT
    forged = sign_note(Checkpoint(log.signer.name, 0, bytes(32)).text(), log.signer)
    with pytest.raises(RootMismatch):
        verify_log({"checkpoint": forged.encode()}.__getitem__, log.signer.verifier())


def test_partial_files_may_be_dropped_once_the_full_ones_are_there(publish) -> None:
    log = publish(ENTRIES[:700], 300)
    earlier = dict(log.files) | {"checkpoint": log.notes[300].encode()}
    for path in ("tile/0/001.p/44", "tile/entries/001.p/44"):
        del earlier[path]
    assert verify_log(earlier.__getitem__, log.signer.verifier()).checkpoint.size == 300
    for path in ("tile/0/001", "tile/entries/001"):
        cut = dict(earlier)
        cut[path] = cut[path][:-40]
        with pytest.raises(TlogError, match=path):
            verify_log(cut.__getitem__, log.signer.verifier())


def test_files_that_are_absent_are_told_from_disks_that_fail(publish) -> None:
    log = publish(ENTRIES[:10])

    def absent(path: str) -> bytes:
        raise FileNotFoundError(path)

    def broken(path: str) -> bytes:
        raise PermissionError(path)

    with pytest.raises(FileMissing, match="checkpoint"):
        verify_log(absent, log.signer.verifier())
    with pytest.raises(PermissionError):
        verify_log(broken, log.signer.verifier())


def test_witnesses_are_required_where_policy_says(publish) -> None:
    log = publish(ENTRIES[:10])
    witnesses = [
        CosignSigner(
            f"witness.example/{n}", Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32), n
        )
        for n in (1, 2)
    ]
    verifiers = [each.verifier() for each in witnesses]
    verifier = log.signer.verifier()
    log.files["checkpoint"] = add_signatures(log.notes[10], witnesses[0]).encode()
    verify_log(log.files.__getitem__, verifier, witnesses=verifiers, threshold=1)
    with pytest.raises(QuorumMissing):
        verify_log(log.files.__getitem__, verifier, witnesses=verifiers, threshold=2)


def test_checkpoints_of_other_logs_and_keys_are_refused(publish) -> None:
    log = publish(ENTRIES[:10])
    read, verifier = log.files.__getitem__, log.signer.verifier()
    other_key = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
    with pytest.raises(SignatureMissing):
        verify_log(read, NoteSigner(log.signer.name, other_key).verifier())
    with pytest.raises(OriginMismatch):
        verify_log(read, verifier, previous=Checkpoint("other.example/log", 5, bytes(32)))
    elsewhere = Checkpoint("other.example/log", 10, log.checkpoint().root)
    log.files["checkpoint"] = sign_note(elsewhere.text(), log.signer).encode()
    with pytest.raises(OriginMismatch):
        verify_log(read, verifier)
    log.files["checkpoint"] = sign_note("not a checkpoint\n", log.signer).encode()
    with pytest.raises(CheckpointMalformed):
        verify_log(read, verifier)
    log.files["checkpoint"] = b"\xff"
    with pytest.raises(NoteMalformed):
        verify_log(read, verifier)


def test_a_size_beyond_all_files_is_refused_at_once(publish) -> None:
    log = publish(ENTRIES[:10])
    huge = Checkpoint(log.signer.name, 2**63 - 1, bytes(32))
    log.files["checkpoint"] = sign_note(huge.text(), log.signer).encode()
    with pytest.raises(FileMissing):
        verify_log(log.files.__getitem__, log.signer.verifier())


def test_progress_is_told_after_every_leaf_tile(publish) -> None:
    log = publish(ENTRIES[:700])
    done: list[tuple[int, int]] = []
    verify_log(log.files.__getitem__, log.signer.verifier(), progress=lambda *at: done.append(at))
    assert done == [(256, 700), (512, 700), (700, 700)]


def test_cosignatures_too_old_or_of_the_future_are_refused_where_policy_says(publish) -> None:
    log = publish(ENTRIES[:10])
    witness = CosignSigner("w.example", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32), 1_000)
    log.files["checkpoint"] = add_signatures(log.notes[10], witness).encode()
    read, verifier, trusted = log.files.__getitem__, log.signer.verifier(), [witness.verifier()]
    verify_log(read, verifier, witnesses=trusted, threshold=1, since_s=1_000, until_s=1_000)
    with pytest.raises(QuorumMissing):
        verify_log(read, verifier, witnesses=trusted, threshold=1, since_s=1_001)
    with pytest.raises(CosignatureFuture):
        verify_log(read, verifier, witnesses=trusted, until_s=999)


def test_what_was_published_is_handed_back_as_evidence(publish) -> None:
    log = publish(ENTRIES[:10])
    verified = verify_log(log.files.__getitem__, log.signer.verifier())
    assert verified.shown == log.notes[10]
    assert verified.note == open_note(log.notes[10], [log.signer.verifier()])


def test_without_a_policy_about_time_a_cosignature_of_any_time_counts(publish) -> None:
    log = publish(ENTRIES[:10])
    key = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    for timestamp_s in (0, 2**63 - 1):
        witness = CosignSigner("w.example", key, timestamp_s)
        log.files["checkpoint"] = add_signatures(log.notes[10], witness).encode()
        verify_log(
            log.files.__getitem__,
            log.signer.verifier(),
            witnesses=[witness.verifier()],
            threshold=1,
        )
