"""Which stored picture an asked one is: geometry, grain, and what may be claimed of it. Pure.

A match claims a patient only where nothing speaks for another; a series rather than an instance
where neighbouring slices are as like.
"""

from collections.abc import Mapping, Sequence

import msgspec

from segel.leaks.images.features import Features, Turned, features_of
from segel.leaks.images.fingerprint import ASKED_FEATURES, Look, layout_of
from segel.leaks.images.geometry import Layout, agreement
from segel.leaks.images.grain import likeness
from segel.leaks.images.picture import Gray

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
"""Whose second best has more than so much of the best's inliers is not certain,"""
LIKENESS_BEYOND_DOUBT, CLEARLY_LESS = 0.9, 0.15
"""but where the best's grain is like beyond doubt, and the second's so much less. A decoy is made
of somebody's picture, bent: it has up to all of the features, and a grain of 0.5 to 0.77 where
the picture itself has 0.93 to 0.99."""
INSTANCE_LIKENESS_MIN = 0.75


class Whose(msgspec.Struct, frozen=True):
    """Ids of a stored picture's patient, series and instance."""

    patient: bytes
    series: bytes
    instance: bytes


class Known(msgspec.Struct, frozen=True):
    """Whose an asked picture is. ``series``, ``instance``: b'' where another of the patient's is as
    like. ``how``, ``inliers``, ``bits``: as in ``ImageMatch``."""

    patient: bytes
    series: bytes
    instance: bytes
    how: str
    inliers: int = 0
    bits: float = 0.0


class Proof(msgspec.Struct, frozen=True, eq=False):
    """A stored picture that an asked one is, or is like: all that was measured."""

    whose: Whose
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


class Shown(msgspec.Struct, frozen=True, eq=False):
    """An asked picture, fitted, its features, and how they lie were it mirrored or inverted."""

    picture: Gray
    features: Features
    layouts: Mapping[Turned, Layout]

    @classmethod
    def of(cls, picture: Gray) -> "Shown":
        """Of what ``fingerprint.shown`` gives. Some 60 ms."""
        found = features_of(picture, ASKED_FEATURES, spread=False)
        return cls(picture, found, {how: layout_of(found.turned(how)) for how in Turned})

    def proof(self, whose: Whose, look: Look, how: Turned) -> Proof | None:
        """What speaks for its being this one; None where it is not enough by itself."""
        agreed = agreement(look.layout, self.layouts[how])
        if agreed is None:
            return None
        like = likeness(look.grain, look.shape, self.picture, how, agreed.fit)
        made = Proof(whose, agreed.inliers, agreed.bits, like)
        return made if made.stands else None


def exactly(how: str, same: Sequence[Whose]) -> Known | None:
    """Whose it is by a token that these have; None where several people have it."""
    if len({one.patient for one in same}) != 1:
        return None
    return claimed(how, [Proof(one, 0, 0.0, 1.0) for one in same])


def claimed(how: str, proofs: Sequence[Proof]) -> Known | None:
    """Whose it is; None where it is nobody's, or might be several people's."""
    if not proofs:
        return None
    best = max(proofs, key=lambda one: (one.likeness >= LIKENESS_BEYOND_DOUBT, one.strength))
    ours = [one for one in proofs if one.whose.patient == best.whose.patient]
    if any(_rivals(one, best) for one in proofs if one.whose.patient != best.whose.patient):
        return None
    series = best.whose.series
    if any(_rivals(one, best) for one in ours if one.whose.series != series):
        series = b""
    same = [one for one in ours if one.whose.instance != best.whose.instance]
    certain = best.likeness >= INSTANCE_LIKENESS_MIN and not any(_rivals(p, best) for p in same)
    return Known(
        patient=best.whose.patient,
        series=series,
        instance=best.whose.instance if series and certain else b"",
        how=how,
        inliers=best.inliers,
        bits=best.bits,
    )


def _rivals(other: Proof, best: Proof) -> bool:
    if best.likeness >= LIKENESS_BEYOND_DOUBT and other.likeness <= best.likeness - CLEARLY_LESS:
        return False
    return other.inliers >= OTHERS_SHARE_MAX * best.inliers
