"""The terms to look for: a file, one a line, UTF-8.

A line is ``term`` or ``label<TAB>term``; blank lines and lines that begin with ``#`` are skipped.
A term's number is its place among the terms (from 1), and is what a report shows of it.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from segel.domain.errors import SegelError

TEXT_LENGTH_MIN: Final = 4
"""Shorter text is met by chance every few megabytes of sealed bytes."""

DIGITS_LENGTH_MIN: Final = 6
"""Shorter numbers are in every log, as times, ports and counts."""

TERM_LENGTH_MAX: Final = 1024
"""In characters; what encodings make of it must fit the overlap of two windows."""

TERMS_MAX: Final = 100_000
"""The automaton takes a few kilobytes a term."""


class TermsUnusable(SegelError):
    """The terms cannot be read or searched for."""

    code = "terms-unusable"


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must not be readable. ``repr`` doesn't show it."""

    number: int
    text: str
    label: str = ""

    def __repr__(self) -> str:
        return f"Term(number={self.number}, label={self.label!r})"

    @property
    def is_digits(self) -> bool:
        """Whether it is a plain number: a NIK, a record number, a DICOM date."""
        return self.text.isascii() and self.text.isdigit()

    @property
    def is_short(self) -> bool:
        """Whether finding it would mean little."""
        return len(self.text) < (DIGITS_LENGTH_MIN if self.is_digits else TEXT_LENGTH_MIN)


def parse_terms(lines: Iterable[str]) -> tuple[Term, ...]:
    """The terms of ``lines``; a later repetition of a term keeps its number and isn't searched.

    Raises TermsUnusable where there are none, too many, or one is too long.
    """
    found: list[Term] = []
    seen: set[str] = set()
    number = 0
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        number += 1
        label, tab, text = line.rstrip("\r\n").partition("\t")
        if not tab:
            label, text = "", label
        text = unicodedata.normalize("NFC", text.strip())
        if len(text) > TERM_LENGTH_MAX:
            raise TermsUnusable(
                f"Term {number} is longer than {TERM_LENGTH_MAX} characters.",
                remedy="Give a part of it that tells enough.",
            )
        if text and text not in seen:
            seen.add(text)
            found.append(Term(number, text, label.strip()))
    if not found:
        raise TermsUnusable("There are no terms to look for.", remedy="Give one a line.")
    if len(found) > TERMS_MAX:
        raise TermsUnusable(
            f"There are more than {TERMS_MAX} terms.", remedy="Split them over several scans."
        )
    return tuple(found)


def read_terms(path: Path) -> tuple[Term, ...]:
    """The terms in the file ``path``. Raises TermsUnusable."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TermsUnusable(f"The terms cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise TermsUnusable(
            "The file of terms is not UTF-8.", remedy="Save it as UTF-8 text."
        ) from None
    return parse_terms(text.split("\n"))
