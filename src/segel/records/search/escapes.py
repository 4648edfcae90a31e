r"""The escapes of search values (FHIR R4 § 3.1.1.4.19).

``,`` parts alternatives, ``|`` the parts of a token or quantity and ``$`` those of a composite,
unless a backslash precedes them. A backslash before anything else is an error.
"""

from collections.abc import Iterator
from typing import Final

SPECIAL: Final = frozenset("\\,|$")


def split(text: str, separator: str) -> list[str]:
    """The parts of ``text`` between separators that are not escaped; the escapes stay in them.

    Raises ValueError for a backslash that escapes nothing.
    """
    parts = [""]
    letters = iter(text)
    for letter in letters:
        if letter == "\\":
            parts[-1] += letter + _escaped(letters)
        elif letter == separator:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def unescaped(text: str) -> str:
    """What an escaped text stands for. Raises ValueError for a backslash that escapes nothing."""
    letters = iter(text)
    return "".join(_escaped(letters) if letter == "\\" else letter for letter in letters)


def escaped(text: str) -> str:
    """A literal text as a part of a search value: ``unescaped`` gives it back."""
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in text)


def _escaped(letters: Iterator[str]) -> str:
    letter = next(letters, "")
    if letter not in SPECIAL:
        raise ValueError("a backslash escapes \\ , | or $ only")
    return letter
