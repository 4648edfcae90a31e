"""The figures of many drills, and the page that shows them."""

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Final

import msgspec

from segel.leaks.drill.scenarios import Scenario
from segel.leaks.drill.scoring import Score

RIGHT_MIN: Final = 119 / 120
FIRST_MIN: Final = 0.90
IN_THREE_MIN: Final = 0.98
WINDOW_MIN: Final = 0.95
SIZE_MIN: Final = 0.90
"""What is promised, of all drills or of those that it can be asked of."""

_ORIGINS: Final = (Scenario.INSIDER, Scenario.EXPORT)


class Figures(msgspec.Struct, frozen=True):
    """Shares of drills: verdict right; of insiders and exports the true origin first, and in the
    first three; of what is ours the true window and size inside. ``accused``: who was named, and
    was not it."""

    drills: int
    right: float
    first: float
    in_three: float
    window: float
    size: float
    accused: int

    @property
    def reached(self) -> bool:
        """Whether all is as promised."""
        return (
            self.right >= RIGHT_MIN
            and self.first >= FIRST_MIN
            and self.in_three >= IN_THREE_MIN
            and self.window >= WINDOW_MIN
            and self.size >= SIZE_MIN
        )


def figures(scores: Sequence[Score]) -> Figures:
    """Count."""
    origins = [one for one in scores if one.scenario in _ORIGINS]
    ours = [one for one in scores if one.place]
    return Figures(
        drills=len(scores),
        right=_share(scores, lambda one: one.right),
        first=_share(origins, lambda one: one.place == 1),
        in_three=_share(origins, lambda one: one.place <= 3),
        window=_share(ours, lambda one: one.window),
        size=_share(ours, lambda one: one.size),
        accused=sum(one.accused for one in scores),
    )


def summary(scores: Sequence[Score]) -> list[str]:
    """A table of the scenarios, in Markdown."""
    lines = [
        "| scenario | drills | verdict right | origin first | in first three | not told apart |"
        " named | named wrongly | window holds | days wide | size holds | high : low |",
        "|---" * 12 + "|",
    ]
    for scenario in Scenario:
        of_one = [one for one in scores if one.scenario is scenario]
        if not of_one:
            continue
        cells = [scenario.value, str(len(of_one)), _count(of_one, lambda one: one.right)]
        if of_one[0].place:
            cells += [
                _count(of_one, lambda one: one.place == 1),
                _count(of_one, lambda one: one.place <= 3),
                _count(of_one, lambda one: one.alike),
                _count(of_one, lambda one: one.named),
                _count(of_one, lambda one: one.accused),
                _count(of_one, lambda one: one.window),
                f"{median(one.window_days for one in of_one):.0f}",
                _count(of_one, lambda one: one.size),
                f"{median(one.size_ratio for one in of_one):.1f}",
            ]
        else:
            named, accused = (
                _count(of_one, lambda one: one.named),
                _count(of_one, lambda one: one.accused),
            )
            cells += ["–", "–", "–", named, accused, "–", "–", "–", "–"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def page(scores: Sequence[Score], patients: int) -> str:
    """The whole page, in Markdown."""
    found = figures(scores)
    seeds = sorted({one.seed for one in scores})
    promised = (
        ("verdict right", found.right, RIGHT_MIN),
        ("true origin first, of insiders and exports", found.first, FIRST_MIN),
        ("true origin in the first three", found.in_three, IN_THREE_MIN),
        ("true time window inside the stated one", found.window, WINDOW_MIN),
        ("true size inside the stated interval", found.size, SIZE_MIN),
    )
    lines = [
        "# Drills of leaks",
        "",
        "Made by `make drill` (`segel leak drill --all`); what is measured, and what is assumed,"
        " is in [the guide](../guide/leak-answers.md).",
        "",
        f"Seeds {seeds[0]} to {seeds[-1]}, an invented estate of {patients:,} patients for each;"
        f" {found.drills} drills, 200 records each. Nothing was tuned on these seeds.",
        "",
        "| | measured | promised |",
        "|---|---|---|",
        *(f"| {name} | {share:.1%} | {least:.1%} |" for name, share, least in promised),
        f"| somebody named who was not it | {found.accused} | |",
        "",
        *summary(scores),
        "",
        "*Not told apart*: the true origin is the first of the ranking or not told apart from it."
        " *Named*: one candidate was likelier than 90 %. *Days wide* and *high : low* are medians.",
        "",
        "| scenario | seed | verdict | its error | place | named | window | days | size |"
        " high : low | by |",
        "|---" * 11 + "|",
        *(_line(one) for one in scores),
    ]
    return "\n".join(lines) + "\n"


def _line(one: Score) -> str:
    told = f"{one.verdict.value}{'' if one.right else ' (wrong)'}"
    head = f"| {one.scenario} | {one.seed} | {told} | {one.error:.3f} |"
    if not one.place:
        return f"{head} – | {_yes(one.named)} | – | – | – | – | – |"
    return (
        f"{head} {one.place} | {_yes(one.named)} | {_yes(one.window)} | {one.window_days:.1f} |"
        f" {_yes(one.size)} | {one.size_ratio:.2f} | {one.method} |"
    )


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def _count(scores: Iterable[Score], holds: Callable[[Score], bool]) -> str:
    return str(sum(holds(one) for one in scores))


def _share(scores: Sequence[Score], holds: Callable[[Score], bool]) -> float:
    return sum(holds(one) for one in scores) / len(scores) if scores else 1.0
