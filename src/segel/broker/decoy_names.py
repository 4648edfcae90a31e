"""Names of nobody: words of a hospital's own people, and as many as are new with anybody there.

A name put together from words of the hospital has none that is met only once, and in every
hospital some people's are: who reads many records would tell decoys by that. How often one more
person brings a word that is new follows from how the number of words grows with the number of
people (Heaps' law; H. S. Heaps, Information Retrieval, 1978, § 7.5). New words are two of the
hospital's, joined where they share letters, so that they look like its region's. Pure.
"""

import math
import random
import re
from collections.abc import Sequence
from typing import Final

_BETWEEN: Final = re.compile(r"([\s^]+)")
"""Between the words of a DICOM person name, with or without its components (PS3.5 § 6.2.1)."""

JOINS_MAX: Final = 60
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
    known = {word for whole in alike for word in whole}
    for at in range(len(words)):
        here = [whole[at] for whole in alike]
        if chance.random() < new_share(here, people * len(alike) // len(names)):
            words[at] = join(here, known, chance) or words[at]
    return words[0] + "".join(gap + word for gap, word in zip(between, words[1:], strict=True))


def words_of(name: str) -> list[str]:
    """The words of a name."""
    return _BETWEEN.split(name)[::2]


def new_share(words: Sequence[str], people: int) -> float:
    """How likely one more of ``people`` has a word that is new among them, 0 to 1.

    From how many different ones there are in half of ``words``, one of each in a sample of them,
    and in all.
    """
    few, many = len(set(words[: len(words) // 2])), len(set(words))
    if not few or many <= few:
        return 0.0
    exponent = min(math.log2(many / few), 1.0)
    grown = max(people / len(words), 1.0)
    share: float = exponent * many / len(words) * grown ** (exponent - 1)
    return share


def join(words: Sequence[str], known: set[str], chance: random.Random) -> str:
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
