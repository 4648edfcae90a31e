"""Sizes as people and sellers write them: "720 GB", "1,5 TB", "4096"."""

from typing import Final

UNITS: Final = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
SIZE_MAX: Final = 10**15


def parse_size(text: str) -> int | None:
    """Bytes; 0 of nothing, None of what is no size. Units are decimal, as sellers mean them."""
    tidy = "".join(text.upper().split()).replace(",", ".")
    digits = tidy.rstrip("BKMGT")
    unit = UNITS.get(tidy[len(digits) :])
    if not tidy:
        return 0
    if unit is None or not digits.replace(".", "", 1).isascii():
        return None
    try:
        found = float(digits) * unit
    except ValueError:
        return None
    return int(found) if 0 <= found <= SIZE_MAX else None
