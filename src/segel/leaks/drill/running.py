"""Drills by the dozen: of each seed one estate, and in it each scenario."""

from collections.abc import Iterable, Iterator
from time import perf_counter

from segel.leaks.answer import answer
from segel.leaks.drill.desk import Desk
from segel.leaks.drill.estate import PATIENTS, DrawPeople, estate
from segel.leaks.drill.leaking import leak
from segel.leaks.drill.scenarios import Scenario
from segel.leaks.drill.scoring import Score, score


def drilled(
    seed: int, scenarios: Iterable[Scenario], draw: DrawPeople, patients: int = PATIENTS
) -> Iterator[Score]:
    """Stage each scenario in the estate of a seed, and score what is found. ``seconds``: of the
    answer alone, as the making of estate and leak is no part of a case."""
    place = estate(seed, draw, patients)
    desk = Desk(place)
    for scenario in scenarios:
        staged = leak(place, scenario, seed)
        begun = perf_counter()
        found = answer(staged.question, desk.known(staged.place, staged.question))
        yield score(scenario, seed, staged.truth, found, perf_counter() - begun)
