"""The snapshot of revocations: built of a million marks, beside hashing them and nothing else.

After the clock was stopped it is looked at that the snapshot has every mark, that it is no larger
than 4 MB, and that it has others no more often than 1e-5 a card, which has three marks.
"""

import hashlib
import os
import time
from typing import Final

from bench.archives import RAW, SEGEL, BenchFailed
from bench.keeping import Alone
from bench.results import Against, Line, Target
from bench.rounds import Turn, in_turn
from segel.cards import MarkKind, Snapshot, mark_of, snapshot_of

MARKS: Final = 1_000_000
QUICK_MARKS: Final = 20_000
SIZE_BYTES_MAX: Final = 4_000_000
FALSE_A_MARK_MAX: Final = 1e-5 / 3
ASKED: Final = 1_000_000
QUICK_ASKED: Final = 10_000
BUILT: Final = (Target(Against.RATE, MARKS / 60),)
"""A million in under a minute."""


def snapshot(alone: Alone) -> Line:
    """Marks put into a filter a second."""
    count, asked = (QUICK_MARKS, QUICK_ASKED) if alone.quick else (MARKS, ASKED)
    marks = [_mark() for _ in range(count)]
    built: list[Snapshot] = []

    def segel(_: int) -> float:
        began = time.process_time()
        built.append(snapshot_of(marks))
        return count / (time.process_time() - began)

    def raw(_: int) -> float:
        began = time.process_time()
        for mark in marks:
            hashlib.sha256(mark).digest()
        return count / (time.process_time() - began)

    turns: dict[str, Turn] = {SEGEL: segel, RAW: raw}
    figures = in_turn(alone.rounds, turns, lambda _: None)
    made = built[-1]
    false = sum(made.has(_mark()) for _ in range(asked))
    if not all(made.has(mark) for mark in marks):
        raise BenchFailed("a revoked card is not in the snapshot")
    if len(made.data) > SIZE_BYTES_MAX:
        raise BenchFailed("the snapshot is larger than 4 MB")
    if false > max(3, 2 * FALSE_A_MARK_MAX * asked):  # chance alone does not reach it
        raise BenchFailed("the snapshot has too many that are not revoked")
    return Line(
        "snapshot",
        "revocations put into a snapshot, on one core",
        "marks/s",
        figures,
        BUILT,
        notes=f"{count:,} marks in {len(made.data):,} bytes; all found; of {asked:,} others"
        f" {false} seemed to be in it; processor time; raw: SHA-256 of each mark",
    )


def _mark() -> bytes:
    return mark_of(MarkKind.IDENTIFIER, os.urandom(16))
