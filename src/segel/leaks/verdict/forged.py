"""Was it made up? What invented people lack: the order of real numbers, and the disorder of life.

NIKs have a structure without a check digit: region, day of birth (40 added for women), and a serial
that is given out from 0001 on for each region and day, so that real ones are small. Who invents
them draws evenly. Each test gives a z score or a share; none of them decides alone.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from segel.domain.identifiers import nik_disagrees, parse_nik
from segel.leaks.model import PersonRow

PROVINCES: Final = frozenset(
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81"
    " 82 91 92 93 94 95 96".split()
)
"""Codes of provinces as the ministry of home affairs gives them."""

INVENTED_PROVINCES: Final = frozenset({"97", "98", "99"})
"""What Segel's own invented patients have: no province."""

SERIAL_HIGH: Final = 300
"""A region's registry gives one day's births a few dozen numbers; this many is rare in any."""

ROWS_MIN: Final = 30
"""Fewer rows show no pattern."""


class Invention(msgspec.Struct, frozen=True):
    """Shares of the rows that have what is tested; -1 where too few have it.

    ``impossible``: NIKs that cannot be. ``disagreeing``: whose NIK says another birth or sex than
    the row. ``high_serials``: beyond what registries give. ``stepping``: NIKs that are as far from
    the one before as most others are. ``repeated``: NIKs with several names. ``short_phones``:
    numbers that no phone has. ``score``: 0 (life) to 1 (made up).
    """

    rows: int
    impossible: float
    disagreeing: float
    high_serials: float
    stepping: float
    repeated: float
    short_phones: float
    score: float


def invention(rows: Sequence[PersonRow]) -> Invention:
    """Test rows."""
    numbered = [row for row in rows if row.nik]
    parsed = [(row, parse_nik(row.nik)) for row in numbered]
    real = [(row, nik) for row, nik in parsed if nik]
    known = PROVINCES | INVENTED_PROVINCES
    impossible = _share(len(numbered), sum(not nik or nik[:2] not in known for _, nik in parsed))
    disagreeing = _share(
        len(real), sum(bool(nik_disagrees(nik, row.birth_date, row.sex)) for row, nik in real)
    )
    high = _share(len(real), sum(int(nik[12:]) > SERIAL_HIGH for _, nik in real))
    return Invention(
        rows=len(rows),
        impossible=impossible,
        disagreeing=disagreeing,
        high_serials=high,
        stepping=_stepping([int(nik) for _, nik in real]),
        repeated=_repeated(real),
        short_phones=_share(
            sum(bool(row.phone) for row in rows),
            sum(bool(row.phone) and not _is_phone(row.phone) for row in rows),
        ),
        score=_score(impossible, disagreeing, high),
    )


def _score(impossible: float, disagreeing: float, high: float) -> float:
    """The worst of the three, each against what clean registers show (1 %, 3 %, 2 %)."""
    usual = ((impossible, 0.01), (disagreeing, 0.03), (high, 0.02))
    worst = max((share - base) / (0.5 - base) for share, base in usual)
    return float(np.clip(worst, 0.0, 1.0))


def _share(total: int, those: int) -> float:
    return those / total if total >= ROWS_MIN else -1.0


def _stepping(numbers: list[int]) -> float:
    if len(numbers) < ROWS_MIN:
        return -1.0
    steps = Counter(np.diff(np.array(numbers)).tolist())
    step, count = steps.most_common(1)[0]
    return count / (len(numbers) - 1) if step and count > 2 else 0.0


def _repeated(real: list[tuple[PersonRow, str]]) -> float:
    if len(real) < ROWS_MIN:
        return -1.0
    names: dict[str, set[str]] = {}
    for row, nik in real:
        names.setdefault(nik, set()).add(row.name)
    return sum(len(found) > 1 for found in names.values()) / len(names)


def _is_phone(digits: str) -> bool:
    return 10 <= len(digits) <= 15 and len(set(digits[2:])) > 2
