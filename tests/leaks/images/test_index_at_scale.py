"""``SEGEL_IMAGES_INDEX=10``: candidates among so many million pictures with clustered codes.

Nobody has ten million radiographs to try with. What makes an index slow is that radiographs are
alike, so the others are made of real ones and of drawn ones: each has the features of one picture,
at their places, each feature's descriptor mixed with another's and made noisy. The real radiographs
that are looked for are of other patients than those that the others are made of. Half a minute and
half a gigabyte for each million.
"""

import os
from collections.abc import Iterator
from itertools import islice
from time import perf_counter, process_time

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from leaks.images.look_alikes import CHUNK, look_alikes
from leaks.images.test_measures import FOLDER, RADIOGRAPHS, _radiographs
from segel.leaks.images.entries import codes_of_entries
from segel.leaks.images.features import Features, features_of
from segel.leaks.images.fingerprint import (
    ASKED_FEATURES,
    INDEXED_FEATURES,
    STORED_FEATURES,
    Fingerprint,
    fingerprint,
)
from segel.leaks.images.index import (
    CANDIDATES,
    SEGMENT_PICTURES,
    ImageIndex,
    listed,
    segment,
)
from segel.leaks.images.picture import ASKED_SIDE_PX, STORED_SIDE_PX, content, fitted
from segel.leaks.images.words import vocabulary
from support.picture_attacks import GRAY_ATTACKS

MILLIONS = int(os.environ.get("SEGEL_IMAGES_INDEX", "0"))
COPIES = int(os.environ.get("SEGEL_IMAGES_COPIES", "1"))
"""How often each million is there, to see what ten cost where there is time to make one."""
ASKED = int(os.environ.get("SEGEL_IMAGES_ASKED", "20"))
ATTACKED = ("JPEG 30", "gamma 0.5 to 2", "crop to 40 %", "mirrored", "viewer's window")
DRAWN, VERSIONS_OF_REAL, VERSIONS_OF_DRAWN = 2000, 40, 2

pytestmark = [
    pytest.mark.skipif(not MILLIONS, reason="SEGEL_IMAGES_INDEX says how many million pictures"),
    pytest.mark.timeout(0),
]


class _Pool(msgspec.Struct, frozen=True, eq=False):
    """Versions of base pictures: ``words``, ``codes`` bases × versions × INDEXED_FEATURES."""

    words: NDArray[np.uint32]
    codes: NDArray[np.uint64]


def _versions(bases: list[Features], versions: int, chance: np.random.Generator) -> _Pool:
    kept = [one for one in bases if len(one) >= INDEXED_FEATURES]
    every = np.concatenate([one.descriptors[:INDEXED_FEATURES] for one in kept])
    words, codes = [], []
    for base in kept:
        own = base.descriptors[:INDEXED_FEATURES].astype(np.float32)
        for _ in range(versions):
            share = chance.uniform(0, 0.5, (len(own), 1))
            other = every[chance.integers(len(every), size=len(own))]
            mixed = own * (1 - share) + other * share + chance.normal(0, 10, own.shape)
            told, signs = vocabulary().told(np.clip(mixed, 0, 255).astype(np.uint8), 1)
            words.append(told[:, 0])
            few = slice(0, INDEXED_FEATURES)
            angle = base.angles[few] + chance.normal(0, 0.1, len(own))
            size = base.sizes[few] * np.exp(chance.normal(0, 0.1, len(own)))
            place = base.places[few] + chance.normal(0, 0.01, (len(own), 2))
            at, turned = place.astype(np.float32), angle.astype(np.float32)
            codes.append(codes_of_entries(signs[:, 0], at, size.astype(np.float32), turned))
    shape = (len(kept), versions, INDEXED_FEATURES)
    return _Pool(np.reshape(words, shape), np.reshape(codes, shape))


def _drawn() -> Iterator[Features]:
    list(look_alikes(DRAWN, FOLDER))
    for first in range(0, DRAWN, CHUNK):
        with np.load(FOLDER / f"{first}.npz") as kept:
            ends = np.cumsum(kept["n"])
            places, sizes, angles, codes = (kept[name] for name in "pzad")
            for start, end in zip([0, *ends[:-1]], ends, strict=True):
                some = slice(start, end)
                yield Features(places[some], sizes[some], angles[some], codes[some], 1.0, 0.8)


def _others(
    pools: list[_Pool], count: int, chance: np.random.Generator
) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.uint64]]]:
    """Words and codes of ``count`` pictures, as many of each pool."""
    for pool in pools:
        many = count // len(pools)
        bases, versions, features = pool.words.shape
        base = chance.integers(bases, size=(many, 1))
        version = chance.integers(versions, size=(many, features), dtype=np.int32)
        feature = np.arange(features)
        flipped = np.uint64(1) << chance.integers(16, 44, (many, features), dtype=np.uint64)
        yield (
            pool.words[base, version, feature].ravel(),
            (pool.codes[base, version, feature] ^ flipped).ravel(),
        )


def test_pictures_are_candidates_among_millions() -> None:
    if not RADIOGRAPHS.exists():
        pytest.skip("the real radiographs lie outside the project, and not here")
    chance = np.random.default_rng(1)
    patients = sorted({patient for patient, _ in _radiographs()})
    asked = [one for one in _radiographs() if one[0] in patients[::2]]
    bases = [
        features_of(fitted(content(picture), STORED_SIDE_PX), STORED_FEATURES, spread=True)
        for patient, picture in _radiographs()
        if patient not in patients[::2]
    ]
    pools = [
        _versions(bases, VERSIONS_OF_REAL, chance),
        _versions(list(_drawn()), VERSIONS_OF_DRAWN, chance),
    ]
    kept: list[Fingerprint] = [fingerprint(picture) for _, picture in asked]
    segments = [segment(kept, 0)]
    for number in range(MILLIONS):
        words, codes = zip(*_others(pools, 1_000_000, chance), strict=True)
        counts = [INDEXED_FEATURES] * (sum(map(len, words)) // INDEXED_FEATURES)
        segments.append(
            listed(
                np.concatenate(words),
                np.concatenate(codes),
                counts,
                (number + 1) * SEGMENT_PICTURES,
            )
        )
        print(f"made {number + 1} million", flush=True)
    copied = [
        msgspec.structs.replace(one, first=one.first + copy * MILLIONS * SEGMENT_PICTURES)
        for copy in range(1, COPIES)
        for one in segments[1:]
    ]
    index = ImageIndex(segments + copied)
    print(
        f"\n{index.pictures:,} pictures\n\n| after | first | in 100 | in 300 | s | longest | busy |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    lost: list[str] = []
    every = max(1, len(asked) // ASKED)
    for name in (*ATTACKED, "photo of a monitor"):
        ranks, times, busy = [], [], []
        for number, (_, picture) in islice(enumerate(asked), 0, None, every):
            shown = GRAY_ATTACKS[name][0](picture, np.random.default_rng(number))
            query = features_of(fitted(content(shown), ASKED_SIDE_PX), ASKED_FEATURES, spread=False)
            started_s, busy_s = perf_counter(), process_time()
            found = index.candidates(query, 3 * CANDIDATES)
            times.append(perf_counter() - started_s)
            busy.append(process_time() - busy_s)
            ranks.append(next((r for r, one in enumerate(found) if one.picture == number), 999))
        first, near, far = (np.mean(np.array(ranks) < most) for most in (1, 100, 300))
        took = f"{np.median(times):.2f} | {max(times):.2f} | {np.median(busy):.2f}"
        print(f"| {name} | {first:.0%} | {near:.0%} | {far:.0%} | {took} |", flush=True)
        if near < GRAY_ATTACKS[name][1]:
            lost.append(name)
    assert not lost
