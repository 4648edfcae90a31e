"""The national identity number, and under which name systems carry it."""

from typing import Final

NIK_SYSTEM: Final = "https://fhir.kemkes.go.id/id/nik"
"""The identifier system of the national platform for NIKs."""

NIK_DIGITS: Final = 16
_WOMEN_DAY: Final = 40  # added to the day of birth of women


def parse_nik(text: str) -> str:
    """``text`` as a NIK, or '' where it cannot be one.

    region (6 digits) + day, month, year of birth (2 each) + serial from 0001 (4). There is no
    check digit, so that this only tells what is impossible. Blanks, dots and dashes that people
    write between the digits are let through.
    """
    digits = text.strip().translate(_SEPARATORS)
    if len(digits) != NIK_DIGITS or not (digits.isascii() and digits.isdigit()):
        return ""
    day = int(digits[6:8])
    if day > _WOMEN_DAY:
        day -= _WOMEN_DAY
    month = int(digits[8:10])
    plausible = 1 <= day <= 31 and 1 <= month <= 12
    return digits if plausible and digits[12:] != "0000" and digits[0] != "0" else ""


_SEPARATORS: Final = str.maketrans("", "", " .-")
