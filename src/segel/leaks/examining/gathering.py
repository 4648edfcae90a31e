"""What is kept of rows while they stream by: exact counts, and a fair draw of the rows themselves.

Ten million rows are gigabytes; of each only hashes stay, 8 bytes, and of the patients who were
recognised their pseudonyms. The verdict rests on shares, which a draw of a hundred thousand gives
to a third of a percent.
"""

import random
from array import array
from collections.abc import Iterable
from typing import Final

import numpy as np

from segel.leaks.model import PSEUDONYM_BYTES, PersonRow, RowMatch
from segel.leaks.verdict.counting import Counts, fingerprint, person_of
from segel.leaks.verdict.held import shows_telling

DRAWN_MAX: Final = 100_000
"""Rows that are kept, each with the same chance (algorithm R; Vitter, ACM TOMS 11, 1985)."""

SETTLED: Final = 1_000_000
"""Hashes or pseudonyms after which doubles are taken out: a sample of copies stays small."""


class Gathering:
    """Of one examination. ``chance``: draws the rows; a seller cannot foresee it."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.SystemRandom()
        self._drawn: list[tuple[PersonRow, RowMatch]] = []
        self._telling = 0
        self._rows = self._empty = 0
        self._unique = _Distinct()
        self._people = _Distinct()
        self._ours = bytearray()
        self._ours_settled = SETTLED

    def take(self, rows: Iterable[tuple[PersonRow, RowMatch]]) -> None:
        """The next rows, each with what the archive says of it."""
        for row, match in rows:
            self._rows += 1
            person = person_of(row, match)
            if person is None:
                self._empty += 1
                if shows_telling(row):
                    self._draw(row, match)
                continue
            self._unique.add(fingerprint(row))
            self._people.add(hash(person))
            if match.pseudonym:
                self._ours += match.pseudonym
                if len(self._ours) >= self._ours_settled * PSEUDONYM_BYTES:
                    self._settle()
            self._draw(row, match)

    def _draw(self, row: PersonRow, match: RowMatch) -> None:
        self._telling += 1
        if len(self._drawn) < DRAWN_MAX:
            self._drawn.append((row, match))
            return
        at = self._chance.randrange(self._telling)
        if at < DRAWN_MAX:
            self._drawn[at] = (row, match)

    def know(self, pseudonyms: Iterable[bytes]) -> None:
        """Who was recognised by something else than a row."""
        for one in pseudonyms:
            self._ours += one

    @property
    def drawn(self) -> tuple[tuple[PersonRow, RowMatch], ...]:
        """The rows that were drawn: all of them where they are few."""
        return tuple(self._drawn)

    def ours(self) -> bytes:
        """Who was recognised: distinct pseudonyms one after the other, in their order."""
        self._settle()
        return bytes(self._ours)

    def counts(self, files: int) -> Counts:
        """What there is. Distinct rows and people are counted by 64-bit hashes: among ten million a
        pair that collides has odds of 1 in 400,000."""
        return Counts(
            files=files,
            rows=self._rows,
            empty=self._empty,
            unique_rows=self._unique.count(),
            people=self._people.count(),
            ours=len(self.ours()) // PSEUDONYM_BYTES,
        )

    def _settle(self) -> None:
        words = np.frombuffer(bytes(self._ours), ">u8").reshape(-1, 2)
        distinct = np.unique(words, axis=0)
        self._ours = bytearray(distinct.astype(">u8").tobytes())
        self._ours_settled = max(SETTLED, 2 * len(distinct))


class _Distinct:
    """Counts distinct hashes, in 8 bytes each."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._settled = SETTLED

    def add(self, number: int) -> None:
        self._hashes.append(number)
        if len(self._hashes) >= self._settled:
            self.count()

    def count(self) -> int:
        distinct = np.unique(np.frombuffer(self._hashes, np.int64))
        self._hashes = array("q", distinct.tobytes())
        self._settled = max(SETTLED, 2 * len(distinct))
        return len(distinct)
