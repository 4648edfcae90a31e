"""How well registrations of one person find each other: ``python -m bench.linking``.

Everybody who comes is compared with whoever shares a token with them, as the broker's index has
them: a number, the whole name with the year of birth, a word of the name with the day. Printed:
how many links that nobody was asked about are right, how many second registrations were linked or
put before somebody, and how much there is to look at.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import log2
from random import Random
from time import perf_counter

from bench.registrations import ERRORS, Registration, registrations
from segel.broker.index import name_compounds
from segel.domain.person_matching import (
    PERSONAL_NUMBERS,
    WEIGHTS,
    Degree,
    Traits,
    Verdict,
    compare,
)

PRECISION_MIN = 0.999
RECALL_MIN = 0.95


@dataclass
class Tally:
    """What happened to registrations. ``queued``: put before somebody, the right one among them."""

    people: int = 0
    again: int = 0
    linked: int = 0
    linked_wrongly: int = 0
    queued: int = 0
    missed: int = 0
    looked_at: int = 0
    """Pairs that somebody is shown, right and wrong."""
    compared: int = 0
    seconds: float = 0.0

    @property
    def precision(self) -> float:
        """Of the links that nobody was asked about, how many are right."""
        return 1 - self.linked_wrongly / max(1, self.linked)

    @property
    def recall(self) -> float:
        """Of the second registrations, how many were linked or put before somebody."""
        return (self.linked - self.linked_wrongly + self.queued) / max(1, self.again)


def blocks(one: Traits) -> Iterator[tuple[str, ...]]:
    """What a registration is found by; as ``broker/index.py`` makes tokens of it."""
    for kind in PERSONAL_NUMBERS:
        if value := one.numbers.get(kind, ""):
            yield kind, value
    yield from name_compounds(one.name, one.birth_date)


def linked(people: int, seed: int) -> Tally:
    """Register everybody, some twice, in any order, and link."""
    first, again = registrations(people, seed)
    known: dict[tuple[str, ...], list[Registration]] = defaultdict(list)
    tally = Tally(people=len(first), again=len(again))
    began_s = perf_counter()
    for one in first:
        _register(one, known, tally, is_new=True)
    for one in again:
        _register(one, known, tally, is_new=False)
    tally.seconds = perf_counter() - began_s
    return tally


def _register(
    one: Registration,
    known: dict[tuple[str, ...], list[Registration]],
    tally: Tally,
    *,
    is_new: bool,
) -> None:
    found = {id(other): other for block in blocks(one.traits) for other in known[block]}
    compared = [(compare(one.traits, other.traits), other) for other in found.values()]
    tally.compared += len(compared)
    same = [other for result, other in compared if result.verdict is Verdict.SAME]
    if len({other.person for other in same}) == 1:
        tally.linked += 1
        tally.linked_wrongly += same[0].person != one.person
    else:
        shown = [other for result, other in compared if result.verdict is not Verdict.DIFFERENT]
        tally.looked_at += len(shown)
        if not is_new:
            right = any(other.person == one.person for other in shown)
            tally.queued += right
            tally.missed += not right
    if is_new:
        for block in blocks(one.traits):
            known[block].append(one)


def weights(people: int, seed: int) -> dict[str, dict[Degree, tuple[float, float]]]:
    """By field and degree: how often it is seen of one person's two registrations (m), and of two
    people's who have nothing to do with each other (u)."""
    first, again = registrations(people, seed)
    chance = Random(seed)
    of_one = [(first[one.person].traits, one.traits) for one in again]
    of_two = [
        (one.traits, other.traits)
        for one, other in (chance.sample(first, 2) for _ in range(10 * len(again)))
    ]
    seen_of_one, seen_of_two = _shares(of_one), _shares(of_two)
    return {
        name: {
            degree: (seen_of_one[name][degree], seen_of_two[name][degree])
            for degree in WEIGHTS[name]
        }
        for name in WEIGHTS
    }


def _shares(pairs: list[tuple[Traits, Traits]]) -> dict[str, dict[Degree, float]]:
    seen: dict[str, Counter[Degree]] = defaultdict(Counter)
    for one, other in pairs:
        for name, degree in compare(one, other).degrees.items():
            seen[name][degree] += 1
    # Half a pair more of each: what was never seen is rare, not impossible.
    return {
        name: {
            degree: (seen[name][degree] + 0.5) / (seen[name].total() + 0.5 * len(WEIGHTS[name]))
            for degree in WEIGHTS[name]
        }
        for name in WEIGHTS
    }


def main() -> int:
    """0 where precision and recall are reached."""
    parser = argparse.ArgumentParser(prog="bench.linking", description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20260105)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--weights", action="store_true", help="measure the weights instead")
    said = parser.parse_args()
    if said.weights:
        for name, degrees in weights(said.people, said.seed).items():
            for degree, (m, u) in degrees.items():
                print(
                    f"{name:12}{degree:10} m {m:8.5f}  u {u:8.5f}  log2(m/u) {log2(m / u):6.1f}"
                    f"  weight {WEIGHTS[name][degree]:6.1f}"
                )
        return 0
    tally = linked(said.people, said.seed)
    if said.json:
        print(json.dumps({**asdict(tally), "precision": tally.precision, "recall": tally.recall}))
    else:
        print(_table(tally))
    return 0 if tally.precision >= PRECISION_MIN and tally.recall >= RECALL_MIN else 1


def _table(tally: Tally) -> str:
    every = tally.people + tally.again
    lines = [
        ("people", f"{tally.people:,}"),
        ("registered again", f"{tally.again:,}"),
        ("linked without asking", f"{tally.linked:,}, of them wrongly {tally.linked_wrongly:,}"),
        ("precision of these", f"{tally.precision:.5f} (at least {PRECISION_MIN})"),
        ("put before somebody", f"{tally.queued:,}"),
        ("recall with these", f"{tally.recall:.4f} (at least {RECALL_MIN})"),
        ("missed", f"{tally.missed:,}"),
        ("to look at", f"{1e3 * tally.looked_at / every:.1f} pairs of 1,000 registrations"),
        ("compared", f"{tally.compared:,} pairs, {tally.compared / tally.seconds:,.0f} a second"),
        ("errors made", ", ".join(f"{e.__name__.strip('_')} {s:.0%}" for e, s in ERRORS.items())),
    ]
    return "\n".join(f"{name:24}{value}" for name, value in lines)


if __name__ == "__main__":
    sys.exit(main())
