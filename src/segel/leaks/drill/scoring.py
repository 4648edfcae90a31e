"""An answer against the truth."""

import msgspec

from segel.leaks.answer import Answer
from segel.leaks.drill.scenarios import Scenario
from segel.leaks.drill.truth import Truth
from segel.leaks.extent.sizing import Method
from segel.leaks.model import Verdict


class Score(msgspec.Struct, frozen=True):
    """One drill. ``place``: of the true origin in the ranking, from 1; 0 where there is none to
    find. ``alike``: whether it is among those that are not told apart from the first. ``named``:
    whether somebody was named, and ``accused``: wrongly. ``window``, ``size``: whether the truth is
    inside; ``window_days``, ``size_ratio``: how wide they are."""

    scenario: Scenario
    seed: int
    verdict: Verdict
    right: bool
    error: float
    place: int = 0
    alike: bool = False
    named: bool = False
    accused: bool = False
    window: bool = True
    window_days: float = 0.0
    size: bool = True
    size_ratio: float = 0.0
    method: Method = Method.NONE
    seconds: float = 0.0


def score(scenario: Scenario, seed: int, truth: Truth, found: Answer, seconds: float) -> Score:
    """Score one."""
    verdict = found.judgement.verdict
    right = verdict is truth.verdict
    if truth.verdict is Verdict.NOT_OURS:
        accused = found.origin.named
        return Score(
            scenario, seed, verdict, right, found.judgement.error,
            named=accused, accused=accused, seconds=seconds,
        )  # fmt: skip
    origin, window, size = found.origin, found.window, found.size
    places = [
        at
        for at, one in enumerate(origin.suspects, 1)
        if (one.way, one.who) == (truth.way, truth.who)
    ]
    place = places[0] if places else len(origin.suspects) + 1
    return Score(
        scenario=scenario,
        seed=seed,
        verdict=verdict,
        right=right,
        error=found.judgement.error,
        place=place,
        alike=place <= origin.alike,
        named=origin.named,
        accused=origin.named and place != 1,
        window=window.start_s <= truth.start_s and truth.end_s <= window.end_s,
        window_days=(window.end_s - window.start_s) / 86_400,
        size=size.low <= truth.people <= size.high,
        size_ratio=size.high / max(1.0, size.low),
        method=size.method,
        seconds=seconds,
    )
