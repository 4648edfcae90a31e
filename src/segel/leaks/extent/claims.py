"""Can what the seller claims be true? Numbers and bytes against what the archive held."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from segel.leaks.extent.sizing import Size

LEEWAY: Final = 1.1
"""Sellers round up; a tenth more than there was is no contradiction."""

ROW_BYTES: Final = (40, 4_000)
"""What a person takes in a table: the least that identifies, and the most that text fields hold."""


class Plausibility(StrEnum):
    """What is thought of a claim."""

    POSSIBLE = "possible"
    TOO_MANY = "too-many"
    """More people than the archive held."""
    TOO_FEW_SEEN = "too-few-seen"
    """More people than the interval that the samples give."""
    TOO_LARGE = "too-large"
    """More bytes than all that the archive held of these kinds."""
    TOO_SMALL = "too-small"
    """Fewer bytes than so many people take."""


class Claim(msgspec.Struct, frozen=True):
    """What a seller says. 0 where nothing is said. ``size_bytes``: of the whole."""

    people: int = 0
    rows: int = 0
    size_bytes: int = 0
    posted_s: float = 0.0


class Held(msgspec.Struct, frozen=True):
    """What the archive held at the end of the window. ``bytes_by_kind``: tables, images, …"""

    patients: int
    records: int
    bytes_by_kind: Mapping[str, int] = {}


def plausible(claim: Claim, size: Size, held: Held) -> tuple[Plausibility, ...]:
    """All that contradicts a claim; ``POSSIBLE`` alone where nothing does."""
    found = []
    if claim.people > LEEWAY * held.patients:
        found.append(Plausibility.TOO_MANY)
    if size.estimate and claim.people > LEEWAY * size.high:
        found.append(Plausibility.TOO_FEW_SEEN)
    if claim.size_bytes:
        if held.bytes_by_kind and claim.size_bytes > LEEWAY * sum(held.bytes_by_kind.values()):
            found.append(Plausibility.TOO_LARGE)
        if claim.size_bytes < claim.people * ROW_BYTES[0] / LEEWAY:
            found.append(Plausibility.TOO_SMALL)
    return tuple(found) or (Plausibility.POSSIBLE,)
