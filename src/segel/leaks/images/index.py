"""Which of millions of pictures could be the one that is looked for.

Lists by visual word, each entry 8 bytes: the picture's number, 28 signs, and the feature's place,
direction and size, roughly. A query looks its features up in their nearest words and keeps the
entries whose signs differ little. Each says how the picture would have been turned and scaled:
those of one picture that say the same are counted together (weak geometric consistency, Jégou et
al. 2008), and of the best few thousand pictures those that also say where it would lie. An entry
counts less the more pictures have it: what is written in every corner counts nothing.

In plain numpy: 64 entries a picture, 0.5 GB for a million pictures. What a query reads is bounded,
whatever the index holds: the shortest lists first, for they tell most.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.entries import (
    ANGLE_AT,
    ANGLES,
    PICTURE_AT,
    PICTURE_BITS,
    PLACE_BITS,
    PLACES,
    SIGNS_AT,
    SIZE_AT,
    SIZES,
    SIZES_PER_OCTAVE,
    Numbers,
    angle_steps,
    size_steps,
)
from segel.leaks.images.entries import Codes as Entries
from segel.leaks.images.features import Features, Floats, Turned
from segel.leaks.images.fingerprint import Fingerprint
from segel.leaks.images.words import SIGNS, WORDS, vocabulary

SEGMENT_PICTURES = 1 << PICTURE_BITS
"""Pictures whose lists are sorted at once: building takes 2 GB beside what is built."""
SEGMENTS_MAX = 64
PROBES = 8
SIGNS_DIFFERING_MAX = 6
CANDIDATES = 100
READ_MAX = 24_000_000
"""Entries that a query reads for each thing that may have been done to a picture."""
_BATCH = 1_000_000
"""Entries compared at once: 30 MB."""
_PLACED = 4000
"""Pictures, the best by turn and scale, that are also counted by where they would lie."""
_ASKEW_STEPS_MAX = 2
"""From a whole quarter, in 32nds of a turn: 22.5°, about as geometry allows."""
_LIES_WITHIN = 0.3
"""Those that lie so near one another, in shares of the stored picture's longer side, agree."""


class Candidate(msgspec.Struct, frozen=True):
    """``picture``: its number in the index. ``score``: what its entries count together."""

    picture: int
    how: Turned
    score: float


class _Asked(msgspec.Struct, frozen=True, eq=False):
    """One variant of a query: of each list that is read its word, and of the feature it is read
    for the number, the ``signs`` in this word, direction, size and place."""

    words: Numbers
    signs: NDArray[np.uint32]
    features: Numbers
    angles: Numbers
    sizes: Numbers
    places: Floats


class _Found(msgspec.Struct, frozen=True, eq=False):
    """Entries like a feature of the query: whose, which feature, the quarter and the half octaves
    by which the picture would be turned and scaled; ``places`` of the asked feature, and how far
    ``off`` its middle the stored one is, turned (n × 2, each in shares of its own longer side).
    ``differ``: signs."""

    pictures: Numbers
    features: Numbers
    quarters: Numbers
    grown: Numbers
    places: Floats
    off: Floats
    differ: Numbers

    def __getitem__(self, which: NDArray[np.intp]) -> "_Found":
        return _Found(*(getattr(self, name)[which] for name in self.__struct_fields__))


class Segment(msgspec.Struct, frozen=True, eq=False):
    """The lists of some pictures: ``starts`` of each word's among ``entries``; the number of the
    first of ``pictures``."""

    starts: NDArray[np.int64]
    entries: Entries
    first: int
    pictures: int


def segment(made: Iterable[Fingerprint], first: int) -> Segment:
    """At most SEGMENT_PICTURES, in the order of their numbers, from ``first`` on."""
    words, codes, counts = [], [], []
    for one in made:
        words.append(one.words)
        codes.append(one.codes)
        counts.append(len(one.words))
    if not counts:
        return listed(np.zeros(0, np.uint32), np.zeros(0, np.uint64), [], first)
    return listed(np.concatenate(words), np.concatenate(codes), counts, first)


def listed(words: NDArray[np.uint32], codes: Entries, counts: list[int], first: int) -> Segment:
    """From what the entries of pictures are, one after another, ``counts`` of each."""
    assert len(counts) <= SEGMENT_PICTURES
    number = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    order = np.argsort(words, kind="stable")
    entries = (number << np.uint64(PICTURE_AT) | codes)[order]
    starts = np.zeros(WORDS + 1, np.int64)
    np.cumsum(np.bincount(words, minlength=WORDS), out=starts[1:])
    return Segment(starts, entries, first, len(counts))


class ImageIndex:
    """Segments, whose pictures are numbered through."""

    def __init__(self, segments: list[Segment]):
        self._segments = segments
        self.pictures = sum(one.pictures for one in segments)
        assert len(segments) <= SEGMENTS_MAX
        self._lengths = sum(
            (np.diff(one.starts) for one in segments), start=np.zeros(WORDS, np.int64)
        )

    @classmethod
    def of(cls, made: Iterable[Fingerprint]) -> "ImageIndex":
        """Of fingerprints, in the order of their numbers."""
        return cls(list(_segments(made)))

    def candidates(self, asked: Features, most: int = CANDIDATES) -> list[Candidate]:
        """The likeliest, over all that may have been done to it; best first."""
        found: list[Candidate] = []
        if not len(asked):
            return found
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for how in Turned:
                query = self._asked(asked.turned(how))
                parts = list(threads.map(lambda one: _read(one, query), self._segments))  # noqa: B023
                found += self._counted(_joined(parts), how, most)
        found.sort(key=lambda candidate: -candidate.score)
        return found[:most]

    def _asked(self, asked: Features) -> _Asked:
        """Those lists that are short, as many as may be read."""
        words, signs = vocabulary().told(asked.descriptors, PROBES)
        word = words.ravel().astype(np.int64)
        length = self._lengths[word]
        shortest = np.argsort(length, kind="stable")
        upto = np.cumsum(length[shortest])
        chosen = np.sort(shortest[(upto <= READ_MAX) & (length[shortest] > 0)])
        feature = chosen // PROBES
        return _Asked(
            words=word[chosen],
            signs=signs.ravel()[chosen],
            features=feature,
            angles=angle_steps(asked.angles)[feature],
            sizes=size_steps(asked.sizes, 4 * SIZES)[feature],
            places=asked.places[feature],
        )

    def _counted(self, found: _Found, how: Turned, most: int) -> list[Candidate]:
        if not len(found.pictures):
            return []
        _, number, having = np.unique(found.features, return_inverse=True, return_counts=True)
        worth = np.log2((self.pictures + 2) / (having + 1))[number]
        worth *= 1 - found.differ / (2 * SIGNS_DIFFERING_MAX)
        turned = found.pictures << 8 | found.quarters << 6
        ways = [turned | found.grown + half >> 1 << 1 | half for half in (0, 1)]
        picture, _ = _best(ways, found, worth, _PLACED)
        likely = np.flatnonzero(np.isin(found.pictures, picture))
        found, worth = found[likely], worth[likely]
        # Sizes are rough: one may be wrong by a step. Neighbouring cells overlap by half: what
        # agrees is together in one of them.
        ways = []
        for step in (-1, 0, 1):
            x, y = _cells(found, found.grown + step)
            way = turned[likely] | found.grown + step
            ways += [
                ((way << 8 | x + across >> 1) << 8 | y + down >> 1) << 2 | across << 1 | down
                for across in (0, 1)
                for down in (0, 1)
            ]
        picture, score = _best(ways, found, worth, most, shift=18)
        return [Candidate(int(p), how, float(s)) for p, s in zip(picture, score, strict=True)]


def _best(
    ways: list[Numbers], found: _Found, worth: NDArray[np.float64], most: int, shift: int = 0
) -> tuple[Numbers, NDArray[np.float64]]:
    """The pictures in whose best way most is agreed on, best first, and how much it is. A feature
    counts once for a way. ``shift``: below which a way's number says picture, quarter and scale."""
    way = np.concatenate(ways)
    feature = np.tile(found.features, len(ways))
    order = np.lexsort((-np.tile(worth, len(ways)), feature, way))
    way, feature = way[order], feature[order]
    new = np.diff(way, prepend=-1) != 0
    once = new | (np.diff(feature, prepend=-1) != 0)
    starts = np.flatnonzero(new)
    scores = np.add.reduceat(np.tile(worth, len(ways))[order] * once, starts)
    pictures = way[starts] >> shift + 8
    best = np.argsort(-scores, kind="stable")
    pictures, scores = pictures[best], scores[best]
    _, first = np.unique(pictures, return_index=True)
    first = np.sort(first)[:most]
    return pictures[first], scores[first]


def _cells(found: _Found, grown: Numbers) -> Numbers:
    """Where the stored picture's middle would lie, were it scaled so: half cells, 2 × n."""
    scale = 2.0 ** ((grown - SIZES) / SIZES_PER_OCTAVE)
    middle = found.places / scale[:, None] - found.off
    cells = np.clip(np.floor(middle.T * (2 / _LIES_WITHIN)) + 256, 0, 510)
    return np.asarray(cells, dtype=np.int64)


def _segments(made: Iterable[Fingerprint]) -> Iterator[Segment]:
    first, coming = 0, iter(made)
    while some := list(islice(coming, SEGMENT_PICTURES)):
        yield segment(some, first)
        first += len(some)


def _read(part: Segment, asked: _Asked) -> _Found:
    start = part.starts[asked.words]
    length = part.starts[asked.words + 1] - start
    upto = np.cumsum(length)
    parts = []
    if not len(upto):
        return _joined([])
    cuts = np.searchsorted(upto, np.arange(0, upto[-1], _BATCH), side="left")
    for begin, end in zip(cuts, [*cuts[1:], len(upto)], strict=True):
        if begin == end:
            continue
        run = length[begin:end]
        entry = np.concatenate(
            [part.entries[at : at + many] for at, many in zip(start[begin:end], run, strict=True)]
        )
        signs = np.repeat(asked.signs[begin:end], run)
        theirs = (entry >> np.uint64(SIGNS_AT)).astype(np.uint32) & _ALL
        differ = np.bitwise_count(theirs ^ signs)
        close = np.flatnonzero(differ <= SIGNS_DIFFERING_MAX)
        which = np.searchsorted(np.cumsum(run), close, side="right") + begin
        parts.append(
            _placed(part.first, entry[close], differ[close].astype(np.int64), asked, which)
        )
    return _joined(parts)


def _placed(
    first: int, entry: Entries, differ: Numbers, asked: _Asked, which: NDArray[np.intp]
) -> _Found:
    """What entries say, of those that are turned by about whole quarters."""
    theirs = entry.view(np.int64)
    quarter_steps = ANGLES // 4
    turn = asked.angles[which] - (theirs >> ANGLE_AT & (ANGLES - 1)) + quarter_steps // 2
    askew = turn % quarter_steps - quarter_steps // 2
    kept = np.flatnonzero(np.abs(askew) <= _ASKEW_STEPS_MAX)
    entry, theirs, which = entry[kept], theirs[kept], which[kept]
    quarter = turn[kept] // quarter_steps % 4
    grown = asked.sizes[which] - (theirs >> SIZE_AT & (SIZES - 1)) + SIZES
    place = np.stack([theirs >> PLACE_BITS & (PLACES - 1), theirs & (PLACES - 1)], axis=1)
    x, y = ((place + 0.5) / PLACES - 0.5).T
    cos, sin = _COS[quarter], _SIN[quarter]
    off = np.stack([cos * x - sin * y, sin * x + cos * y], axis=1)
    return _Found(
        pictures=(entry >> np.uint64(PICTURE_AT)).astype(np.int64) + first,
        features=asked.features[which],
        quarters=quarter,
        grown=np.clip(grown, 1, 60),
        places=asked.places[which],
        off=off.astype(np.float32),
        differ=differ[kept],
    )


def _joined(parts: list[_Found]) -> _Found:
    if not parts:
        none = np.zeros(0, np.int64)
        nowhere = np.zeros((0, 2), np.float32)
        return _Found(none, none, none, none, nowhere, nowhere, none)
    return _Found(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in _Found.__struct_fields__
        )
    )


_COS, _SIN = np.array([1, 0, -1, 0]), np.array([0, 1, 0, -1])
_ALL = np.uint32((1 << SIGNS) - 1)
