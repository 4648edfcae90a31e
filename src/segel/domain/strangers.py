"""Words that a stranger wrote, made fit to be shown: what they say, and nothing that they do."""

import unicodedata
from typing import Final

_DOING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (with it what turns the direction of writing), surrogates, what is unassigned,
separators of lines and paragraphs (Unicode § 4.5)."""


def neutral(text: str) -> str:
    """The same words, with a visible mark where a character does something rather than says it.

    A line break becomes a blank. Escaping is the template's.
    """
    return "".join(
        letter
        if unicodedata.category(letter) not in _DOING
        else " "
        if letter in "\n\r\t\u2028\u2029"
        else "\ufffd"
        for letter in text
    )
