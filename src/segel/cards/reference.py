"""The page of reason codes: ``python -m segel.cards.reference docs/reference``."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from segel.cards.reasons import Outcome, Reason, Remark, Step
from segel.cards.words import Language, Words, outcome_of, remark_of, words_of

PAGE: Final = "card-reasons.md"
_INTRODUCTION: Final = """# Reasons of cards

What `segel card verify` says of a card, one word each. The words are stable; programs may rely on
them. Made by `python -m segel.cards.reference docs/reference`.

Steps are taken in this order, and the first thing found is the `reason`. Content, times and
revocation are looked at together once the signature held: what else was found is in `also`.

`valid`: nothing is against the card. It is genuine and holds now. Whether its content lets somebody
pass is for rules.
"""


def reference() -> str:
    """The page."""
    parts = [_INTRODUCTION]
    for step in Step:
        parts += [
            f"\n## {step.name.capitalize()}\n",
            "| reason | English | Indonesian |",
            "|---|---|---|",
        ]
        parts += [
            _row(reason, partial(words_of, reason)) for reason in Reason if reason.step is step
        ]
    parts += [
        "\n## Remarks\n",
        "Worth knowing; a card is not refused for them.\n",
        "| remark | English | Indonesian |",
        "|---|---|---|",
    ]
    parts += [
        f"| `{remark}` | {remark_of(remark, Language.EN)} | {remark_of(remark, Language.ID)} |"
        for remark in Remark
    ]
    parts += [
        "\n## Rules\n",
        "What a set of rules (`--rules`) says of a card that is genuine and holds. The last two are"
        " neither yes nor no.\n",
        "| outcome | English | Indonesian |",
        "|---|---|---|",
    ]
    parts += [_row(outcome, partial(outcome_of, outcome)) for outcome in Outcome]
    return "\n".join(parts) + "\n"


def _row(word: str, words: Callable[[Language], Words]) -> str:
    said = [words(language) for language in (Language.EN, Language.ID)]
    cells = [f"{one.what} {one.remedy}".rstrip() for one in said]
    return f"| `{word}` | {' | '.join(cells)} |"


if __name__ == "__main__":
    (Path(sys.argv[1]) / PAGE).write_text(reference())
