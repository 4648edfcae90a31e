"""The past made anew, or shortened, by an operator who holds the log's key."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from segel.tlog import (
    CHECKPOINT_PATH,
    FileMissing,
    Forked,
    QuorumMissing,
    RolledBack,
    RootMismatch,
    SignatureBroken,
    Submission,
    add_lines,
    sign_note,
    split_note,
    verify_log,
)
from support.tampering.case import Case, WitnessRefused
from support.tampering.estate import SEEN, SIZE, Estate

POSITIONS = (0, 1, 2, 127, 128, 255, 256, 257, SEEN - 1, SEEN, 400, 511, 512, 638, SIZE - 1)


def forks(estate: Estate) -> Iterator[Case]:
    """The past made anew from a position on, everything consistent, signed with the log's key."""
    own_lines = split_note(estate.note)[1][1:]
    for at in POSITIONS:
        rewritten = [*estate.entries]
        rewritten[at] = b"another entry".ljust(32)
        deleted = estate.entries[:at] + estate.entries[at + 1 :]
        moved = [*estate.entries]
        moved[at], moved[at - 1] = moved[at - 1], moved[at]
        doubled = [*estate.entries[: at + 1], *estate.entries[at:]]
        histories = {
            "rewritten": rewritten,
            "deleted": deleted,
            "moved": moved,
            "doubled": doubled,
        }
        if at == SIZE - 1:
            del histories["doubled"]  # an entry said twice at the end is a log that goes on
        for name, entries in histories.items():
            fork = estate.forged(entries)
            yield Case(
                "fork",
                f"{name} at {at}, shown to who demands a quorum",
                partial(estate.read, fork.files()),
                QuorumMissing,
            )
            old = estate.now.size
            grown = estate.forged([*entries, *[b"later".ljust(32)] * 3])
            yield Case(
                "fork",
                f"{name} at {at}, sent to a witness",
                partial(estate.ask_witness, grown.submission(old)),
                WitnessRefused,
                "witness",
            )
        fork = estate.forged(rewritten)
        pasted = add_lines(fork.note(), own_lines)
        yield Case(
            "fork",
            f"at {at}, under the cosignatures of the real log",
            partial(estate.read, fork.files(pasted)),
            SignatureBroken,
        )
        yield Case(
            "fork",
            f"at {at}, under the real checkpoint",
            partial(estate.read, fork.files(estate.note)),
            RootMismatch,
        )
        yield Case(
            "fork",
            f"at {at} of the same size, sent to a witness",
            partial(estate.ask_witness, Submission(SIZE, (), fork.note()).encode(), 1),
            WitnessRefused,
            "witness",
        )
        yield Case(
            "split view",
            f"fork at {at} and the real log, compared by two readers",
            partial(estate.read, fork.files(), memory=False, quorum=0, against=[estate.now]),
            Forked,
        )
        if at < SEEN:
            yield Case(
                "fork",
                f"at {at}, shown to who was here before",
                partial(estate.read, fork.files(), quorum=0),
                Forked,
            )


def rollbacks(estate: Estate) -> Iterator[Case]:
    """A shorter past, with old files, new signatures, or both."""
    for size in (0, 1, 100, 255, 256, 257, SEEN - 1):
        shorter = estate.forged(estate.entries[:size])
        yield Case(
            "rollback",
            f"to {size}, signed again, shown to who was here before",
            partial(estate.read, shorter.files(), quorum=0),
            RolledBack,
        )
        yield Case(
            "rollback",
            f"to {size}, signed again, shown to who demands a quorum",
            partial(estate.read, shorter.files(), memory=False),
            QuorumMissing,
        )
        yield Case(
            "rollback",
            f"to {size}, sent to a witness",
            partial(estate.ask_witness, shorter.submission(size)),
            WitnessRefused,
            "witness",
        )
    yield Case(
        "rollback",
        "of everything, with its real cosignatures, shown to who saw more",
        lambda: verify_log(
            estate.seen_files.__getitem__,
            estate.key,
            previous=estate.now,
            witnesses=estate.cosigners,
            threshold=2,
        ),
        RolledBack,
    )
    yield Case(
        "rollback",
        "of everything, with its real cosignatures, compared with a witness' checkpoint",
        lambda: estate.read(estate.seen_files, memory=False, against=[estate.now]),
        RolledBack,
    )
    yield Case(
        "rollback",
        "of everything, with its real cosignatures, shown to who demands recent ones",
        lambda: estate.read(estate.seen_files, memory=False, since_s=int(time.time()) + 1),
        QuorumMissing,
    )
    yield Case(
        "rollback",
        "of the files alone, under the newest checkpoint",
        lambda: estate.read(estate.seen_files | {CHECKPOINT_PATH: estate.note.encode()}),
        FileMissing,
    )
    yield Case(
        "rollback",
        "of the checkpoint alone, shown to who saw more",
        lambda: verify_log(
            (estate.files | {CHECKPOINT_PATH: estate.seen_note.encode()}).__getitem__,
            estate.key,
            previous=estate.now,
        ),
        RolledBack,
    )
    for size in (SIZE + 1, SIZE + 256, 2**40):
        text = replace(estate.now, size=size).text()
        note = sign_note(text, estate.signer)
        yield Case(
            "head",
            f"says {size} entries",
            partial(
                estate.read, estate.files | {CHECKPOINT_PATH: note.encode()}, memory=False, quorum=0
            ),
            FileMissing,
        )
    for root in (bytes(32), estate.seen.root, estate.now.root[::-1]):
        note = sign_note(replace(estate.now, root=root).text(), estate.signer)
        yield Case(
            "head",
            f"says root {root.hex()[:8]}",
            partial(estate.read, estate.files | {CHECKPOINT_PATH: note.encode()}, quorum=0),
            RootMismatch,
        )
