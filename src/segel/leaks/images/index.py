"""Which of millions of pictures could be the one that is looked for.

Lists by visual word, each entry 8 bytes: the picture's number and 30 signs. A query looks its
features up in their nearest words, keeps the entries whose signs differ little, and counts them
by picture; an entry counts less the more pictures have it (what is written in every corner counts
nothing). In plain numpy: 64 entries a picture, 0.5 GB for a million pictures.
"""

from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.features import Features, Turned
from segel.leaks.images.words import SIGNS, WORDS, vocabulary

PICTURES_MAX = 1 << (63 - SIGNS)
PROBES = 8
SIGNS_DIFFERING_MAX = 7
CANDIDATES = 60
_LIST_MAX = 50_000
"""Entries of one word that are read: more say nothing (text, borders), and cost time."""
_BATCH = 4_000_000
"""Entries compared at once: 100 MB."""


class Candidate(msgspec.Struct, frozen=True):
    """``picture``: its number in the index. ``score``: what its entries count together."""

    picture: int
    how: Turned
    score: float


class ImageIndex:
    """Lists of entries, in the order of their words."""

    def __init__(self, starts: NDArray[np.int64], entries: NDArray[np.uint64], pictures: int):
        assert len(starts) == WORDS + 1
        assert pictures < PICTURES_MAX
        self._starts, self._entries, self.pictures = starts, entries, pictures

    @classmethod
    def of(cls, parts: Iterable[tuple[NDArray[np.uint32], NDArray[np.uint32]]]) -> "ImageIndex":
        """From each picture's words and signs, in the order of their numbers."""
        words: list[NDArray[np.uint32]] = []
        entries: list[NDArray[np.uint64]] = []
        count = 0
        for count, (word, signs) in enumerate(parts, 1):
            words.append(word)
            entries.append(np.uint64((count - 1) << SIGNS) | signs.astype(np.uint64))
        word = np.concatenate(words) if words else np.zeros(0, np.uint32)
        entry = np.concatenate(entries) if entries else np.zeros(0, np.uint64)
        order = np.argsort(word, kind="stable")
        starts = np.zeros(WORDS + 1, np.int64)
        np.cumsum(np.bincount(word, minlength=WORDS), out=starts[1:])
        return cls(starts, entry[order], count)

    def candidates(self, asked: Features, most: int = CANDIDATES) -> list[Candidate]:
        """The likeliest, over all that may have been done to it; best first."""
        found: list[Candidate] = []
        for how in Turned:
            found += self._likely(asked.turned(how), how, most)
        found.sort(key=lambda candidate: -candidate.score)
        return found[:most]

    def _likely(self, asked: Features, how: Turned, most: int) -> list[Candidate]:
        if not len(asked):
            return []
        words, signs = vocabulary().told(asked.descriptors, PROBES)
        feature = np.repeat(np.arange(len(words)), PROBES)
        start = self._starts[words.ravel()]
        length = np.minimum(self._starts[words.ravel().astype(np.int64) + 1] - start, _LIST_MAX)
        pictures, features = [], []
        upto = np.cumsum(length)
        cuts = np.searchsorted(upto, np.arange(0, upto[-1] + _BATCH, _BATCH), side="right")
        for first, last in zip(cuts[:-1], np.maximum(cuts[1:], cuts[:-1]), strict=True):
            if first == last:
                continue
            lists = slice(first, last)
            run = length[lists]
            which = np.repeat(np.arange(first, last), run)
            at = np.arange(len(which)) - np.repeat(np.cumsum(run) - run, run) + start[which]
            entry = self._entries[at]
            differ = np.bitwise_count((entry.astype(np.uint32) ^ signs.ravel()[which]) & _ALL)
            close = np.flatnonzero(differ <= SIGNS_DIFFERING_MAX)
            pictures.append((entry[close] >> np.uint64(SIGNS)).astype(np.int64))
            features.append(feature[which[close]])
        if not pictures:
            return []
        return self._counted(np.concatenate(pictures), np.concatenate(features), how, most)

    def _counted(
        self, picture: NDArray[np.int64], feature: NDArray[np.int64], how: Turned, most: int
    ) -> list[Candidate]:
        pair = np.unique(picture * (1 << 12) + feature)
        picture, feature = pair >> 12, pair & 0xFFF
        if not len(pair):
            return []
        having = np.bincount(feature)
        worth = np.log2((self.pictures + 2) / (having + 1))[feature]
        bounds = np.flatnonzero(np.diff(picture, prepend=-1))
        scores = np.add.reduceat(worth, bounds)
        best = np.argsort(-scores, kind="stable")[:most]
        return [Candidate(int(picture[bounds[i]]), how, float(scores[i])) for i in best]


_ALL = np.uint32((1 << SIGNS) - 1)
