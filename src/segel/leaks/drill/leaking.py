"""A leak is made behind the team's back: a post as a seller writes it, and the truth, apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from segel.leaks.answer import Question
from segel.leaks.drill.copying import Copy, copied
from segel.leaks.drill.estate import Estate, seconds
from segel.leaks.drill.foreign import COLUMNS, Body, foreign
from segel.leaks.drill.people import YEAR_DAYS, Integers
from segel.leaks.drill.posting import columns_of, row_of, table_of, with_slips
from segel.leaks.drill.scenarios import Scenario
from segel.leaks.drill.truth import Truth
from segel.leaks.extent.claims import Claim
from segel.leaks.model import Handling, PersonRow, SampleFile, Verdict

RECORDS: Final = 200
"""In a sample, in all."""

PADDED: Final = 0.02
"""Of a sample that is ours, how much at most is not."""

OURS_IN_MIXED: Final = (0.25, 0.75)
BOASTS: Final = (1.0, 1.0, 1.5, 10.0, 60.0)
"""How many times as many people as there are a seller claims."""

NUMBERED, TWICE, CORNER = 0.25, 0.2, 0.1
"""How many sellers show their own row numbers, post twice, post the first rows of the file."""


@dataclass(frozen=True, slots=True)
class Leak:
    """``place``: the estate with what its log has of it. ``question``: all that the team gets."""

    place: Estate
    question: Question
    truth: Truth


def leak(place: Estate, scenario: Scenario, seed: int) -> Leak:
    """Make one; the same seed makes the same."""
    chance = np.random.default_rng((seed, 1, *scenario.encode()))
    if scenario is Scenario.NOT_OURS:
        return _not_ours(place, chance)
    place, copy = copied(place, scenario, chance)
    mixed = scenario is Scenario.MIXED
    ours = chance.uniform(*OURS_IN_MIXED) if mixed else 1 - PADDED * chance.random()
    body = tuple(Body)[int(chance.integers(0, len(Body)))]
    columns = columns_of(chance)
    people = len(copy.patient)
    whole = round(people / ours)
    style = chance.random()
    posts, numbers = _drawn(place, copy, whole, style, chance)
    rows: list[PersonRow] = []
    tables = []
    for number, places in enumerate(posts):
        mine = places < people
        elsewhere = iter(foreign(place, body, int((~mine).sum()), chance))
        made = [
            row_of(place, int(copy.patient[at]), int(copy.visit[at]), float(copy.day[at]), columns)
            if at < people
            else next(elsewhere)
            for at in places
        ]
        shown = columns | COLUMNS[body] if (~mine).any() else columns
        rows += _placed(with_slips(made, chance), number)
        tables.append(table_of(number, made, shown, int(chance.integers(0, 3))))
    truth = Truth(
        Verdict.MIXED if mixed else Verdict.OURS,
        copy.way,
        copy.who,
        people,
        seconds(float(copy.day.min())),
        seconds(float(copy.day.max())),
    )
    posted = _posted(float(copy.day.max()), chance)
    claim = Claim(people=int(whole * chance.choice(BOASTS)), posted_s=posted)
    question = Question(
        (_file(rows),),
        tuple(tables),
        tuple(rows),
        claim,
        numbers,
        frozenset({1}) if len(posts) > 1 else frozenset(),
    )
    return Leak(place, question, truth)


def _not_ours(place: Estate, chance: np.random.Generator) -> Leak:
    body = tuple(Body)[int(chance.integers(0, len(Body)))]
    return Leak(place, forged(place, body, RECORDS, chance), Truth(Verdict.NOT_OURS))


def forged(place: Estate, body: Body, count: int, chance: np.random.Generator) -> Question:
    """A post of one body's rows, of which nothing was copied here."""
    rows = _placed(with_slips(foreign(place, body, count, chance), chance), 0)
    table = table_of(0, rows, COLUMNS[body], int(chance.integers(0, 3)))
    claim = Claim(people=int(10 ** chance.uniform(4, 7)), posted_s=_posted(30.0, chance))
    return Question((_file(rows),), (table,), tuple(rows), claim)


def _drawn(
    place: Estate, copy: Copy, whole: int, style: float, chance: np.random.Generator
) -> tuple[list[Integers], tuple[int, ...]]:
    """Which places of the whole are posted, by post; and the numbers that the seller shows. Places
    from the number of people on are of elsewhere."""
    if style < NUMBERED:
        # In the seller's file the rows of elsewhere stand between the others.
        number_of = chance.permutation(whole) + 1
        places = chance.choice(whole, min(RECORDS, whole), replace=False)
        return [places], tuple(int(one) for one in number_of[places])
    if style < NUMBERED + TWICE:
        half = min(RECORDS // 2, whole)
        return [chance.choice(whole, half, replace=False) for _ in range(2)], ()
    if style < NUMBERED + TWICE + CORNER and whole == len(copy.patient):
        order = np.lexsort((copy.patient, place.persons.hospital[copy.patient]))
        return [order[:RECORDS]], tuple(range(1, RECORDS + 1))
    return [chance.choice(whole, min(RECORDS, whole), replace=False)], ()


def _placed(rows: Sequence[PersonRow], table: int) -> list[PersonRow]:
    return [msgspec.structs.replace(row, table=table, row=at) for at, row in enumerate(rows)]


def _posted(copied_day: float, chance: np.random.Generator) -> float:
    return seconds(min(YEAR_DAYS, copied_day + float(chance.uniform(2, 60))))


def _file(rows: Sequence[PersonRow]) -> SampleFile:
    return SampleFile(("sample.csv",), 150 * len(rows), bytes(32), "csv", Handling.READ)
