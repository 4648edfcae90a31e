"""What rows say of people: of each kind one column, its values written in one way."""

import re
from collections.abc import Sequence
from typing import Final

from segel.leaks.intake.columns.values import Normal, normal_of
from segel.leaks.model import ColumnKind

_UNSAID: Final = frozenset({ColumnKind.OTHER, ColumnKind.FREE_TEXT})
_IN_TEXT: Final = (
    (ColumnKind.NIK, re.compile(r"(?<!\d)\d{16}(?!\d)")),
    (ColumnKind.PHONE, re.compile(r"(?<![\d.])(?:\+62|62|0)8\d{8,11}(?!\d)")),
)
"""Numbers that are looked for within texts, where no column of their own has them."""
_NAMES_MAX: Final = 3
_SURE: Final = 0.9


class People:
    """Takes columns, gives those that say something of people."""

    def __init__(self) -> None:
        self._taken: list[tuple[ColumnKind, tuple[int, ...], Normal]] = []
        self._texts: tuple[int, ...] = ()

    def set_columns(
        self, guesses: Sequence[tuple[ColumnKind, float]], samples: Sequence[Sequence[str]]
    ) -> None:
        """From which column each kind is taken: the surest one, the first of equals."""
        known = {kind for kind, _, _ in self._taken}
        best: dict[ColumnKind, list[int]] = {}
        for at, (kind, sure) in enumerate(guesses):
            if kind in _UNSAID or kind in known:
                continue
            seen = best.setdefault(kind, [at])
            if sure > guesses[seen[0]][1]:
                best[kind] = [at]
            elif kind is ColumnKind.NAME and sure > _SURE and seen[-1] == at - 1:
                seen.append(at)  # first and last name, beside one another
        for kind, places in best.items():
            sample = samples[places[0]]
            self._taken.append((kind, tuple(places[:_NAMES_MAX]), normal_of(kind, sample)))
        self._texts = tuple(
            at for at, (kind, _) in enumerate(guesses) if kind is ColumnKind.FREE_TEXT
        )

    def said(
        self, columns: Sequence[Sequence[str]], count: int
    ) -> tuple[tuple[ColumnKind, ...], tuple[tuple[str, ...], ...]]:
        """The kinds that are said, and for each of them the values of ``count`` rows."""
        kinds: list[ColumnKind] = []
        values: list[tuple[str, ...]] = []
        for kind, places, normal in self._taken:
            present = [columns[at] for at in places if at < len(columns)]
            if not present:
                continue
            cells = present[0] if len(present) == 1 else map(" ".join, zip(*present, strict=True))
            kinds.append(kind)
            values.append(tuple(map(normal, cells)))
        texts = [columns[at] for at in self._texts if at < len(columns)]
        for kind, pattern in _IN_TEXT if texts else ():
            if kind not in kinds:
                normal = normal_of(kind, ())
                found = (pattern.search(" ".join(row)) for row in zip(*texts, strict=True))
                kinds.append(kind)
                values.append(tuple(normal(one[0]) if one else "" for one in found))
        return tuple(kinds), tuple(values)
