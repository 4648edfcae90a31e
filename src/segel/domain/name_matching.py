"""Does a person name answer a query? Exactly as PS3.4 § C.2.2.2.1 has it, or by its sound."""

import unicodedata
from typing import Final

from rapidfuzz.distance import JaroWinkler

from segel.domain.names import name_tokens, sound
from segel.domain.wildcards import has_wildcard, is_universal, wildcard_match

ALIKE: Final = 0.90
"""Jaro-Winkler similarity from which two words of a name count as one, when asked to be fuzzy.
It lets one wrong letter through in words of five letters and more."""


def name_matches(name: object, value: str, fuzzy: bool) -> bool:
    """By component group; a value of one group may be any group of the name."""
    if isinstance(name, dict):
        groups = [str(name.get(key, "")) for key in ("Alphabetic", "Ideographic", "Phonetic")]
    else:
        groups = str(name).split("=")[:3]
    if fuzzy and _sounds_like(groups, value):
        return True
    wanted = value.split("=")
    if len(wanted) == 1:
        return any(_group_matches(wanted[0], group) for group in groups if group)
    return all(
        is_universal(part) or (index < len(groups) and _group_matches(part, groups[index]))
        for index, part in enumerate(wanted)
    )


def _group_matches(wanted: str, group: str) -> bool:
    pattern, text = plain_name(wanted), plain_name(group)
    if not has_wildcard(pattern):
        return pattern == text
    # Trailing carets mean nothing, so SANTOSO^* also asks for the family name alone.
    return wildcard_match(pattern, text) or ("^" in pattern and wildcard_match(pattern, text + "^"))


def plain_name(text: str) -> str:
    """A component group as it is compared: no accents, no case, no idle blanks and carets."""
    letters = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if unicodedata.combining(letter) < _ACCENTS_FROM
    )
    # Composed again, so that ? stands for one Korean syllable and not for a third of it.
    whole = unicodedata.normalize("NFC", letters)
    parts = [" ".join(part.split()) for part in whole.casefold().split("^")]
    return "^".join(parts).rstrip("^")


# Canonical combining classes of marks above and below letters; smaller ones are the vowel signs
# and voicing marks of other scripts, which tell words apart.
_ACCENTS_FROM: Final = 200


def _sounds_like(groups: list[str], value: str) -> bool:
    """Whether each word asked for sounds or looks like a word of one of the groups."""
    wanted = [word for part in value.split("=") for word in name_tokens(part.replace("*", " "))]
    if not wanted:
        return False
    return any(
        all(any(_word_like(word, other) for other in words) for word in wanted)
        for group in groups
        if (words := name_tokens(group))
    )


def _word_like(wanted: str, word: str) -> bool:
    """One word of a name for another: the same sound, the beginning, or nearly the same letters."""
    if len(wanted) >= _PREFIX_LENGTH_MIN and word.startswith(wanted):
        return True
    one, other = sound(wanted), sound(word)
    if one == other:
        return True
    shortest = min(len(one), len(other))
    return shortest >= _LIKE_LENGTH_MIN and JaroWinkler.similarity(one, other) >= ALIKE


_PREFIX_LENGTH_MIN: Final = 3
_LIKE_LENGTH_MIN: Final = 5
