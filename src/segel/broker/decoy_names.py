"""Names of nobody: words of a hospital's own people, and as many as are new with anybody there.

A name put together from words of the hospital has none that is met only once, and in every
hospital some people's are: who reads many records would tell decoys by that. How often one more
person brings a new word follows from how many words of a sample are met once in it (I. J. Good,
Biometrika 40, 1953), and from how the number of words grows with that of people (H. S. Heaps,
Information Retrieval, 1978, § 7.5). New words are two of the hospital's, joined where they share
letters, so that they look like its region's. Pure.
"""

import math
import random
import re
from collections import Counter
from collections.abc import Container, Sequence
from typing import Final

_BETWEEN: Final = re.compile(r"([\s^]+)")
"""Between the words of a DICOM person name, with or without its components (PS3.5 § 6.2.1)."""

JOINS_MAX: Final = 400
SHARED: Final = (3, 2)
"""Letters that two words have in common where they are joined: three where that can be had."""
NEW_LENGTH: Final = range(4, 15)


def compose_name(pattern: str, names: Sequence[str], people: int, chance: random.Random) -> str:
    """A name of the pattern's form; '' where nobody in ``names`` has one of that form.

    ``names``: those of a sample of the hospital's people. ``people``: how many it has in all.
    """
    between = _BETWEEN.split(pattern)[1::2]
    alike = [words for words in map(words_of, names) if len(words) == len(between) + 1]
    if not alike:
        return ""
    # The beginning of one, the end of another: what goes with what stays together.
    begin, end = chance.choice(alike), chance.choice(alike)
    words = [*begin[:-1], end[-1]]
    borne = Counter(word for name in names for word in set(words_of(name)))
    fewer = shrinking(names, people)
    for at in range(len(words)):
        here = [whole[at] for whole in alike]
        # Good and Turing: one more word is new as often as words so far are met once.
        once = sum(borne[word] == 1 for word in here) / len(here)
        if chance.random() < once * fewer:
            words[at] = join(here, borne, chance) or words[at]
    return words[0] + "".join(gap + word for gap, word in zip(between, words[1:], strict=True))


def words_of(name: str) -> list[str]:
    """The words of a name."""
    return _BETWEEN.split(name)[::2]


def shrinking(names: Sequence[str], people: int) -> float:
    """How much seldomer a word is new among ``people`` than in a sample of their ``names``.

    From how much of the vocabulary the second half of the sample brought (Heaps).
    """
    half, whole = names[: len(names) // 2], names
    few, many = (len({w for name in part for w in words_of(name)}) for part in (half, whole))
    if not few:
        return 1.0
    exponent = min(math.log2(many / few), 1.0)
    share: float = max(people / len(whole), 1.0) ** (exponent - 1)
    return share


def join(words: Sequence[str], known: Container[str], chance: random.Random) -> str:
    """A word that is none of ``known``: the head of one of ``words`` and the tail of another.

    '' where no two share letters.
    """
    for shared in SHARED:
        for _ in range(JOINS_MAX):
            head, tail = chance.choice(words), chance.choice(words)
            if len(head) <= shared + 1:
                continue
            cut = chance.randrange(1, len(head) - shared + 1)
            at = tail.find(head[cut : cut + shared], 1)
            made = head[:cut] + tail[at:]
            if at > 0 and made not in known and len(made) in NEW_LENGTH:
                return made
    return ""
