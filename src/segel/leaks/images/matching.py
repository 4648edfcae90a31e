"""Which stored pictures those of a sample are: candidates, geometry, grain, and what is claimed.

A match claims a patient only where nothing speaks for another; a series rather than an instance
where neighbouring slices are as like. Pure: the shards are opened by whoever calls.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

import msgspec
from numpy.typing import NDArray

from segel.leaks.images.errors import UnusablePicture
from segel.leaks.images.features import Turned, features_of
from segel.leaks.images.fingerprint import ASKED_FEATURES, Fingerprint, layout_of, pixel_hash_of
from segel.leaks.images.geometry import agreement
from segel.leaks.images.grain import likeness
from segel.leaks.images.index import ImageIndex
from segel.leaks.images.picture import ASKED_SIDE_PX, content, fitted, gray
from segel.leaks.model import ImageMatch

PIXEL_HASH, UID, LOCAL_FEATURES = "pixel-hash", "uid", "local-features"

LIKENESS_PROVES = 0.82
"""Of the grain alone. Drawn strangers with the same proportions reach 0.68; a crop to 40 % has
0.93. docs/reference/image-matching.md has all of these.
"""
LIKENESS_MIN, STRENGTH_MIN = 0.35, 1.15
"""A photo's grain is blurred (0.45), but its features are many: likeness and a hundredth of the
inliers together. Those strangers reach 1.04.
"""
OTHERS_SHARE_MAX = 0.5
"""Whose second best has more than so much of the best's inliers is not certain."""
INSTANCE_LIKENESS_MIN = 0.75


class Stored(msgspec.Struct, frozen=True, eq=False):
    """A picture that we hold: pseudonyms of its patient, series and instance, and the token of its
    SOP instance UID ('' where it has none)."""

    patient: bytes
    series: bytes
    instance: bytes
    fingerprint: Fingerprint
    uid_token: bytes = b""


class Asked(msgspec.Struct, frozen=True, eq=False):
    """A picture of a sample, as intake hands it on. ``file``: its place among the files.
    ``pixels``: rows × columns, or × 3. ``pixel_hash``: of the frame before intake made it smaller.
    ``uid_token``: of the SOP instance UID, made as the stored ones are; '' where it has none."""

    file: int
    pixels: NDArray[Any]
    pixel_hash: bytes
    uid_token: bytes = b""

    @classmethod
    def of(cls, file: int, pixels: NDArray[Any]) -> "Asked":
        """A frame that nothing was done to."""
        return cls(file, pixels, pixel_hash_of(pixels))


class Proof(msgspec.Struct, frozen=True, eq=False):
    """A stored picture that an asked one is, or is like: all that was measured."""

    stored: Stored
    inliers: int
    bits: float
    likeness: float

    @property
    def strength(self) -> float:
        """What speaks for it, in all."""
        return self.likeness + self.inliers / 100

    @property
    def stands(self) -> bool:
        """Whether it is enough to name somebody, were nobody else as like."""
        if self.likeness >= LIKENESS_PROVES:
            return True
        return self.likeness >= LIKENESS_MIN and self.strength >= STRENGTH_MIN


class Matcher:
    """An index over opened shards; a warrant's whole work uses one."""

    def __init__(self, shards: Iterable[Sequence[Stored]]):
        self._stored = list(chain.from_iterable(shards))
        self._index = ImageIndex.of(one.fingerprint for one in self._stored)
        self._exact: dict[tuple[str, bytes], list[Stored]] = defaultdict(list)
        for one in self._stored:
            self._exact[PIXEL_HASH, one.fingerprint.pixel_hash].append(one)
            if one.uid_token:
                self._exact[UID, one.uid_token].append(one)

    def matched(self, asked: Asked) -> ImageMatch | None:
        """What one picture is; None where it is nobody's, or might be several people's.

        Raises UnusablePicture.
        """
        for how, said in ((PIXEL_HASH, asked.pixel_hash), (UID, asked.uid_token)):
            same = self._exact.get((how, said), [])
            if same and len({one.patient for one in same}) == 1:
                return _claimed(asked.file, how, [Proof(one, 0, 0.0, 1.0) for one in same])
        return _claimed(asked.file, LOCAL_FEATURES, self.proofs(asked.pixels))

    def proofs(self, pixels: NDArray[Any]) -> list[Proof]:
        """Stored pictures that it is proved to be or to be of, strongest first."""
        picture = fitted(content(gray(pixels)), ASKED_SIDE_PX)
        asked = features_of(picture, ASKED_FEATURES, spread=False)
        layouts = {how: layout_of(asked.turned(how)) for how in Turned}
        found = []
        for one in self._index.candidates(asked):
            stored = self._stored[one.picture]
            made = stored.fingerprint
            agreed = agreement(made.layout, layouts[one.how])
            if agreed is None:
                continue
            like = likeness(made.grain, made.shape, picture, one.how, agreed.fit)
            found.append(Proof(stored, agreed.inliers, agreed.bits, like))
        return sorted((one for one in found if one.stands), key=lambda proof: -proof.strength)


def match(images: Iterable[Asked], shards: Iterable[Sequence[Stored]]) -> list[ImageMatch]:
    """Those of ``images`` that are ours. What no fingerprint can be made of (an icon) is passed."""
    matcher, found = Matcher(shards), []
    for one in images:
        with suppress(UnusablePicture):
            found.append(matcher.matched(one))
    return [one for one in found if one is not None]


def _claimed(file: int, how: str, proofs: list[Proof]) -> ImageMatch | None:
    if not proofs:
        return None
    best = proofs[0]
    ours = [p for p in proofs if p.stored.patient == best.stored.patient]
    if any(_rivals(p, best) for p in proofs if p.stored.patient != best.stored.patient):
        return None
    series = best.stored.series
    if any(_rivals(p, best) for p in ours if p.stored.series != series):
        series = b""
    same = [p for p in ours if p.stored.instance != best.stored.instance]
    certain = best.likeness >= INSTANCE_LIKENESS_MIN and not any(_rivals(p, best) for p in same)
    return ImageMatch(
        file=file,
        pseudonym=best.stored.patient,
        series=series,
        instance=best.stored.instance if series and certain else b"",
        how=how,
        inliers=best.inliers,
        bits=best.bits,
    )


def _rivals(other: Proof, best: Proof) -> bool:
    return other.inliers >= OTHERS_SHARE_MAX * best.inliers
