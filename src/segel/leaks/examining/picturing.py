"""The pictures of a sample while they stream by: each that is distinct is compared once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from segel.domain.picture_records import AskedPicture
from segel.leaks.intake.model import PictureFound
from segel.leaks.model import ImageMatch
from segel.leaks.verdict.ladder import is_ours

DISTINCT_MAX: Final = 5_000_000
"""Hashes that are remembered, 32 bytes each; of more pictures the same ones count again."""

NOBODYS: Final = ImageMatch(0, b"", b"", b"", "")

Placed = tuple[int, AskedPicture]
"""A picture and the place of its file."""


class Picturing:
    """Of one examination; ``batch`` at a time. ``found``: pictures in all; ``compared``: distinct
    ones that were answered; ``known``: of them, somebody's; ``over``: beyond the warrant;
    ``matches``: those that are known."""

    def __init__(self, batch: int) -> None:
        self.found = self.compared = self.over = 0
        self.matches: list[ImageMatch] = []
        self.waiting: list[Placed] = []
        self._batch = batch
        self._seen: set[bytes] = set()
        self._placed = 0

    @property
    def known(self) -> int:
        """How many are somebody's."""
        return len(self.matches)

    def take(self, picture: PictureFound) -> bool:
        """The next one; whether there are enough for a batch. What has too little in it (an icon),
        and what came before, is not compared."""
        self.found += 1
        if picture.pixel_sha256 in self._seen or not (picture.made or picture.instance_uid):
            return False
        if len(self._seen) < DISTINCT_MAX:
            self._seen.add(picture.pixel_sha256)
        asked = AskedPicture(picture.pixel_sha256, picture.instance_uid, picture.made)
        self.waiting.append((picture.file, asked))
        return len(self.waiting) >= self._batch

    def batch(self) -> list[Placed]:
        """The next to be compared, taken out."""
        some, self.waiting = self.waiting[: self._batch], self.waiting[self._batch :]
        return some

    def pass_over(self, batch: Sequence[Placed]) -> None:
        """They are beyond the warrant."""
        self.over += len(batch)

    def answered(self, batch: Sequence[Placed], found: Sequence[ImageMatch]) -> list[bytes]:
        """What became of a batch's first ones, the others are beyond the warrant; who was
        recognised."""
        self.over += len(batch) - len(found)
        self.compared += len(found)
        ours = [
            msgspec.structs.replace(one, file=file)
            for (file, _), one in zip(batch, found, strict=False)
            if is_ours(one)
        ]
        self.matches += ours
        return [one.pseudonym for one in ours]

    def place(self, places: Mapping[int, int]) -> None:
        """Give the files of what was found since the last call the numbers that they have."""
        for at in range(self._placed, len(self.matches)):
            one = self.matches[at]
            number = places.get(one.file, one.file)
            self.matches[at] = msgspec.structs.replace(one, file=number)
        self._placed = len(self.matches)

    def judged(self) -> tuple[ImageMatch, ...]:
        """All that were compared, as the ladder judges them."""
        return tuple(self._judged())

    def _judged(self) -> Iterator[ImageMatch]:
        yield from self.matches
        yield from [NOBODYS] * (self.compared - self.known)
