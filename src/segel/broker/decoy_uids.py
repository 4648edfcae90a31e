"""UIDs of nobody's studies, of the make and length of somebody's. Pure."""

import random
import re
from datetime import date
from typing import Final

STANDARD: Final = "1.2.840.10008."
"""UIDs of the standard itself mean something, and are kept."""

LONG_DIGITS: Final = 8
"""From here on a part of a UID is taken for a serial, a time or a random number."""

ROOT_PARTS: Final = 3
"""Parts that name who gives the UIDs out, and are kept."""

STAMP: Final = re.compile(r"20\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])\d")


class NoOtherUid(Exception):
    """A UID that no long number makes unique."""


def renewed(
    uid: str, uids: dict[str, str], day: date, chance: random.Random, *, unique: bool
) -> str:
    """Another UID of the same make and length, below the same other UID if this one was.

    What UIDs have in common they must keep in common: documents that hold them are compressed, and
    their length would tell. ``uids``: what was renewed already. ``day``: of a device's clock in it.
    ``unique``: no two studies may have it in common. Raises NoOtherUid.
    """
    if not uid or uid.startswith(STANDARD):
        return uid
    parts = uid.split(".")
    long = [at for at, part in enumerate(parts) if at >= ROOT_PARTS and len(part) >= LONG_DIGITS]
    if not long and not unique:
        return uid  # of a device or a maker
    if not long:
        raise NoOtherUid
    for at in long:
        if parts[at] not in uids:
            uids[parts[at]] = _digits(parts[at], day, chance)
        parts[at] = uids[parts[at]]
    return ".".join(parts)


def _digits(number: str, day: date, chance: random.Random) -> str:
    fresh = "".join(
        str(chance.randrange(1 if at == 0 else 0, 10)) if digit.isdigit() else digit
        for at, digit in enumerate(number)
    )
    stamped = STAMP.match(number)  # a device's clock: the day is given, the rest is drawn
    return f"{day:%Y%m%d}" + fresh[8:] if stamped else fresh
