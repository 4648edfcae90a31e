"""Checkpoints under other keys, other names, and with other cosignatures."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import (
    CHECKPOINT_PATH,
    CosignatureFuture,
    CosignSigner,
    NoteSigner,
    OriginMismatch,
    QuorumMissing,
    SignatureBroken,
    SignatureLine,
    SignatureMissing,
    add_lines,
    add_signatures,
    sign_note,
    split_note,
    verify_log,
)
from segel.witness import WitnessFolder
from support.forging import Files, Forge
from support.tampering.case import Case, WitnessRefused, flipped
from support.tampering.estate import ORIGIN, SIZE, Estate


def keys_and_origins(estate: Estate) -> Iterator[Case]:
    """Another key, another name, another log."""
    thief = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    text = estate.now.text()

    def shown(note: str) -> Files:
        return estate.files | {CHECKPOINT_PATH: note.encode()}

    notes: dict[str, tuple[str, type[Exception]]] = {
        "signed by another key under the log's name": (
            sign_note(text, NoteSigner(ORIGIN, thief)),
            SignatureMissing,
        ),
        "signed by the log's key under another name": (
            sign_note(text, NoteSigner("other.example", estate.signer.private_key)),
            SignatureMissing,
        ),
        "another key's signature under the log's key's ID": (
            estate.note.replace(
                str(split_note(estate.note)[1][0]),
                str(replace(split_note(estate.note)[1][0], signature=thief.sign(text.encode()))),
            ),
            SignatureBroken,
        ),
        "only the witnesses' signatures": (
            add_lines(sign_note(text, NoteSigner("x", thief)), split_note(estate.note)[1][1:]),
            SignatureMissing,
        ),
    }
    for origin in ("rsud.example.id/Audit", "other.example/audit", ORIGIN + " "):
        other = Forge(estate.signer, estate.entries).checkpoint(origin=origin)
        notes[f"origin {origin!r}, signed by the log's key"] = (
            sign_note(other.text(), estate.signer),
            OriginMismatch,
        )
    for name, (note, error) in notes.items():
        kind = "origin" if name.startswith("origin") else "key"
        yield Case(kind, name, partial(estate.read, shown(note), quorum=0), error)
    stranger = Forge(NoteSigner("other.example/audit", thief), estate.entries)
    yield Case("origin", "another log in its place", lambda: estate.read(stranger.files()),
               SignatureMissing)  # fmt: skip
    yield Case(
        "origin",
        "another log's checkpoint as the memory of this one",
        lambda: verify_log(estate.files.__getitem__, estate.key, previous=stranger.checkpoint()),
        OriginMismatch,
    )
    for name, signer in (
        ("another key under the log's name", NoteSigner(ORIGIN, thief)),
        ("an unknown log", NoteSigner("other.example/audit", thief)),
    ):
        forged = Forge(signer, [*estate.entries, b"later".ljust(32)])
        yield Case(
            "key",
            f"{name}, sent to a witness",
            partial(estate.ask_witness, forged.submission(SIZE)),
            WitnessRefused,
            "witness",
        )


def cosignatures(estate: Estate) -> Iterator[Case]:
    """Replayed, forged, missing, counted twice, of the future."""
    text, lines = split_note(estate.note)
    own, one, other = _in_order(estate, lines)
    _, old_one, old_other = _in_order(estate, split_note(estate.seen_note)[1])
    thief = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    plain = f"{text}\n{own}"
    witness = WitnessFolder.open(estate.witnesses[0].folder)
    now_s = int(time.time())

    def altered(line: Any, at: int) -> Any:
        return replace(line, signature=flipped(line.signature, at))

    notes: list[tuple[str, str, type[Exception]]] = [
        ("none", plain, QuorumMissing),
        ("the first alone", plain + str(one), QuorumMissing),
        ("the second alone", plain + str(other), QuorumMissing),
        ("the first twice", plain + str(one) + str(one), QuorumMissing),
        ("replayed from the earlier checkpoint", plain + str(old_one) + str(old_other),
         SignatureBroken),
        ("one replayed", plain + str(one) + str(old_other), SignatureBroken),
        ("exchanged names", plain + str(replace(one, name=other.name))
         + str(replace(other, name=one.name)), QuorumMissing),
        ("under each other's IDs", plain + str(replace(one, key_id=other.key_id, name=other.name))
         + str(replace(other, key_id=one.key_id, name=one.name)), SignatureBroken),
        ("by an unknown witness", plain + str(one) + _line(plain, CosignSigner("w.example", thief,
         now_s)), QuorumMissing),
        ("by another key under a witness' name", plain + str(one)
         + _line(plain, CosignSigner(other.name, thief, now_s)), QuorumMissing),
        ("by the log's own key", plain + str(one)
         + _line(plain, CosignSigner(ORIGIN, estate.signer.private_key, now_s)), QuorumMissing),
        ("by a witness whose key was stolen, for a time to come", plain + str(other)
         + _line(plain, CosignSigner(witness.name, witness.key, now_s + 86_400)),
         CosignatureFuture),
        ("a plain signature in a cosignature's place", plain + str(one)
         + str(replace(own, name=other.name, key_id=other.key_id)), SignatureBroken),
    ]  # fmt: skip
    for at in (0, 3, 7, 8, 40, 71):
        notes.append(
            (f"byte {at} altered", plain + str(one) + str(altered(other, at)), SignatureBroken)
        )
    for name, note, error in notes:
        files = estate.files | {CHECKPOINT_PATH: note.encode()}
        yield Case("cosignature", name, partial(estate.read, files), error)
    both = [
        _line(sign_note(fork.checkpoint().text(), estate.signer), CosignSigner(f"n{n}.example",
              Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32), now_s))
        for n, fork in enumerate(_halves(estate), start=1)
    ]  # fmt: skip
    newcomers = [
        CosignSigner(f"n{n}.example", Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32), 0)
        for n in (1, 2)
    ]
    for fork, line in zip(_halves(estate), both, strict=True):
        files = fork.files(fork.note() + line)
        yield Case(
            "split view",
            f"two new witnesses, each shown another log; {line.split()[1]}'s",
            partial(
                verify_log,
                files.__getitem__,
                estate.key,
                witnesses=[each.verifier() for each in newcomers],
                threshold=2,
            ),
            QuorumMissing,
        )


def _in_order(estate: Estate, lines: list[SignatureLine]) -> list[SignatureLine]:
    """The log's line and each witness', whichever of them answered first."""
    by_name = {line.name: line for line in lines}
    return [by_name[name] for name in (estate.key.name, *(each.name for each in estate.cosigners))]


def _line(note: str, signer: CosignSigner) -> str:
    return str(split_note(add_signatures(note, signer))[1][-1])


def _halves(estate: Estate) -> list[Forge]:
    return [
        estate.forged([*estate.entries, entry.ljust(32)]) for entry in (b"for you", b"for others")
    ]
