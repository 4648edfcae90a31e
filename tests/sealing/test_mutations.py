"""A hundred thousand ways to tamper with sealed bytes; not one may be accepted.

Seeded: a failure prints the case's number and kind, and comes back in the next run.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from uuid import UUID

from segel.sealing import HEAD_BYTES, ObjectContext, SealBroken, SealedReader, seal, unseal
from segel.sealing.layout import COMMITMENT_AT, LENGTH_BOX_AT, SEGMENT_BYTES, STREAM_AT

MUTATIONS = 100_000
PARTIAL_READS = 10_000
SEED = 20210831
KEY = bytes(range(32))
CONTEXT = ObjectContext(UUID(int=1), UUID(int=2), 3)
ELSEWHERE = {
    "another seal": (KEY, CONTEXT),
    "another object": (KEY, ObjectContext(UUID(int=1), UUID(int=9), 3)),
    "another version": (KEY, ObjectContext(UUID(int=1), UUID(int=2), 4)),
    "another patient": (KEY, ObjectContext(UUID(int=9), UUID(int=2), 3)),
    "another scope": (bytes(32), CONTEXT),
}
HEAD_FIELDS = {
    "magic": (0, 3),
    "format version": (3, 4),
    "commitment": (COMMITMENT_AT, LENGTH_BOX_AT),
    "length": (LENGTH_BOX_AT, STREAM_AT),
    "stream header length": (STREAM_AT, STREAM_AT + 1),
    "salt": (STREAM_AT + 1, STREAM_AT + 33),
    "nonce prefix": (STREAM_AT + 33, HEAD_BYTES),
}
Mutation = Callable[[random.Random, "Target"], bytes]


class Target:
    """One sealed object, its segments, and genuine objects of the same size from elsewhere."""

    def __init__(self, size: int) -> None:
        draw = random.Random(size).randbytes
        self.content = draw(size)
        self.sealed = seal(KEY, CONTEXT, self.content, randomness=draw)
        self.donors = {
            name: seal(key, context, self.content, randomness=draw)
            for name, (key, context) in ELSEWHERE.items()
        }
        # Segments as the stream has them: the first is shorter by the stream's header.
        marks = range(STREAM_AT + SEGMENT_BYTES, len(self.sealed), SEGMENT_BYTES)
        self.marks = [HEAD_BYTES, *marks, len(self.sealed)]

    def segments(self) -> list[bytes]:
        return [self.sealed[start:end] for start, end in pairwise(self.marks)]


def flip_one_bit(draw: random.Random, target: Target) -> bytes:
    changed = bytearray(target.sealed)
    changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def overwrite_a_run(draw: random.Random, target: Target) -> bytes:
    changed = bytearray(target.sealed)
    start = draw.randrange(len(changed))
    count = min(draw.randint(1, 64), len(changed) - start)
    changed[start : start + count] = draw.randbytes(count)
    return bytes(changed)


def cut_the_end(draw: random.Random, target: Target) -> bytes:
    at = draw.choice([draw.randrange(len(target.sealed)), draw.choice(target.marks[:-1])])
    return target.sealed[:at]


def cut_the_beginning(draw: random.Random, target: Target) -> bytes:
    return target.sealed[draw.choice([draw.randint(1, 200), *target.marks[:-1]]) :]


def cut_out_the_middle(draw: random.Random, target: Target) -> bytes:
    start, end = sorted(draw.choice([draw.randrange(len(target.sealed)), m]) for m in (0, 100))
    return target.sealed[:start] + target.sealed[end:]


def drop_a_segment(draw: random.Random, target: Target) -> bytes:
    segments = target.segments()
    del segments[draw.randrange(len(segments))]
    return target.sealed[:HEAD_BYTES] + b"".join(segments)


def repeat_a_segment(draw: random.Random, target: Target) -> bytes:
    segments = target.segments()
    segments.insert(draw.randint(0, len(segments)), draw.choice(segments))
    return target.sealed[:HEAD_BYTES] + b"".join(segments)


def overwrite_a_segment_with_another(draw: random.Random, target: Target) -> bytes:
    segments = target.segments()
    segments[draw.randrange(len(segments))] = draw.choice(segments)
    return target.sealed[:HEAD_BYTES] + b"".join(segments)


def swap_two_segments(draw: random.Random, target: Target) -> bytes:
    segments = target.segments()
    a, b = draw.randrange(len(segments)), draw.randrange(len(segments))
    segments[a], segments[b] = segments[b], segments[a]
    return target.sealed[:HEAD_BYTES] + b"".join(segments)


def reorder_the_segments(draw: random.Random, target: Target) -> bytes:
    segments = target.segments()
    draw.shuffle(segments)
    return target.sealed[:HEAD_BYTES] + b"".join(segments)


def extend(draw: random.Random, target: Target) -> bytes:
    count = draw.choice([1, 16, 100, SEGMENT_BYTES, draw.randint(1, 5000)])
    return target.sealed + draw.choice([bytes(count), draw.randbytes(count)])


def splice_a_segment(draw: random.Random, target: Target) -> bytes:
    donor = draw.choice(list(target.donors.values()))
    segment = draw.randrange(len(target.marks) - 1)
    start, end = target.marks[segment], target.marks[segment + 1]
    return target.sealed[:start] + donor[start:end] + target.sealed[end:]


def splice_a_tail(draw: random.Random, target: Target) -> bytes:
    donor = draw.choice(list(target.donors.values()))
    at = draw.choice([*target.marks[:-1], draw.randrange(1, len(target.sealed))])
    return target.sealed[:at] + donor[at:]


def splice_a_head_field(draw: random.Random, target: Target) -> bytes:
    donor = draw.choice(list(target.donors.values()))
    start, end = draw.choice(list(HEAD_FIELDS.values()))
    return target.sealed[:start] + donor[start:end] + target.sealed[end:]


def forge_a_head_field(draw: random.Random, target: Target) -> bytes:
    start, end = draw.choice(list(HEAD_FIELDS.values()))
    forged = draw.choice([bytes(end - start), b"\xff" * (end - start), draw.randbytes(end - start)])
    return target.sealed[:start] + forged + target.sealed[end:]


def present_another_object(draw: random.Random, target: Target) -> bytes:
    """Whole and genuine, but not this object's (another seal of this very one is not wrong)."""
    return target.donors[draw.choice([name for name in ELSEWHERE if name != "another seal"])]


MUTATION_KINDS: list[Mutation] = [
    flip_one_bit,
    flip_one_bit,  # the plainest damage, twice as often
    overwrite_a_run,
    cut_the_end,
    cut_the_beginning,
    cut_out_the_middle,
    drop_a_segment,
    repeat_a_segment,
    overwrite_a_segment_with_another,
    swap_two_segments,
    reorder_the_segments,
    extend,
    splice_a_segment,
    splice_a_tail,
    splice_a_head_field,
    forge_a_head_field,
    present_another_object,
]
# One segment; two; four, of which two are alike in size (so that swaps keep every length).
TARGETS = [Target(200), Target(100_000), Target(200_000)]


def mutants(draw: random.Random) -> Iterator[tuple[Mutation, Target, bytes]]:
    """Tampered objects without end; a mutation that changed nothing, or rebuilt a genuine seal of
    the same context, is no mutation."""
    while True:
        mutate, target = draw.choice(MUTATION_KINDS), draw.choice(TARGETS)
        mutant = mutate(draw, target)
        if mutant not in (target.sealed, target.donors["another seal"]):
            yield mutate, target, mutant


def fetching(stored: bytes) -> Callable[[int, int], bytes]:
    return lambda start, count: stored[start : start + count]


def test_a_hundred_thousand_mutations_are_refused() -> None:
    draw = random.Random(SEED)
    refused: Counter[str] = Counter()
    for case, (mutate, _, mutant) in enumerate(islice(mutants(draw), MUTATIONS)):
        try:
            unseal(KEY, CONTEXT, mutant)
        except SealBroken:
            refused[mutate.__name__] += 1
        else:
            raise AssertionError(f"case {case}: {mutate.__name__} was accepted")
    assert refused.total() == MUTATIONS
    assert set(refused) == {mutate.__name__ for mutate in MUTATION_KINDS}
    assert min(refused.values()) > 1000


def test_a_partial_read_of_a_mutant_is_right_or_refused() -> None:
    """Damage elsewhere may go unseen by a partial read; wrong content may not come out of it."""
    draw = random.Random(SEED)
    outcomes: Counter[str] = Counter()
    for mutate, target, mutant in islice(mutants(draw), PARTIAL_READS):
        # The stated size is the database's word: sometimes the true one, sometimes the mutant's.
        stated = draw.choice([len(mutant), len(target.sealed)])
        offset, length = draw.randrange(len(target.content)), draw.randint(1, 70_000)
        try:
            reader = SealedReader(KEY, CONTEXT, stated, fetching(mutant))
            read = reader.read(offset, length)
        except SealBroken:
            outcomes["refused"] += 1
            continue
        assert read == target.content[offset : offset + length], mutate.__name__
        assert reader.length == len(target.content)
        outcomes["right"] += 1
    assert outcomes["refused"] > PARTIAL_READS // 2
    assert outcomes["right"] > 500


def test_the_unchanged_objects_open() -> None:
    """So that the refusals above mean something."""
    for target in TARGETS:
        assert unseal(KEY, CONTEXT, target.sealed) == target.content
        assert unseal(KEY, CONTEXT, target.donors["another seal"]) == target.content
        assert target.sealed[: target.marks[0]] + b"".join(target.segments()) == target.sealed
