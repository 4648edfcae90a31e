"""A staged leak is answered as it was, and nobody who answers knows how it was staged."""

import os
from collections import Counter

import numpy as np
import pytest
from typer.testing import CliRunner

from segel.app.leak_commands import app
from segel.app.synth.population import population
from segel.leaks.answer import answer
from segel.leaks.drill.desk import Desk
from segel.leaks.drill.estate import Estate, estate
from segel.leaks.drill.foreign import Body
from segel.leaks.drill.leaking import forged, leak
from segel.leaks.drill.scenarios import Scenario
from segel.leaks.drill.scoring import Score, score
from segel.leaks.drill.table import figures
from segel.leaks.model import Verdict, Way

PATIENTS = 20_000
SEED = 1_003
FORGED = int(os.environ.get("SEGEL_FORGED", "3"))
"""Forged dumps of each of the five bodies; 200 are the thousand of docs/guide/leak-answers.md."""


@pytest.fixture(scope="module")
def place() -> Estate:
    return estate(SEED, population, PATIENTS)


@pytest.fixture(scope="module")
def desk(place: Estate) -> Desk:
    return Desk(place)


@pytest.mark.parametrize("scenario", Scenario, ids=str)
def test_a_staged_leak_is_answered_as_it_was(place: Estate, desk: Desk, scenario: Scenario) -> None:
    staged = leak(place, scenario, SEED)
    found = answer(staged.question, desk.known(staged.place, staged.question))
    scored = score(scenario, SEED, staged.truth, found, 0.0)

    assert scored.right
    assert not scored.accused
    assert scored.window
    assert scored.size
    if scenario in (Scenario.INSIDER, Scenario.EXPORT):
        assert 1 <= scored.place <= 3


def test_the_same_seed_stages_the_same(place: Estate) -> None:
    once, again = (leak(place, Scenario.INSIDER, SEED) for _ in range(2))

    assert once.question == again.question
    assert once.truth == again.truth
    assert once.question != leak(place, Scenario.INSIDER, SEED + 1).question


@pytest.mark.parametrize("body", Body, ids=str)
def test_what_others_wrote_is_never_ours(place: Estate, desk: Desk, body: Body) -> None:
    verdicts: Counter[Verdict] = Counter()
    for number in range(FORGED):
        asked = forged(place, body, 200, np.random.default_rng((SEED, number, *body.encode())))
        verdicts[answer(asked, desk.known(place, asked)).judgement.verdict] += 1

    assert verdicts[Verdict.OURS] == verdicts[Verdict.MIXED] == 0
    assert verdicts[Verdict.NOT_OURS] > verdicts[Verdict.UNDETERMINED]


def test_a_disk_and_the_backups_of_its_days_are_not_told_apart(place: Estate, desk: Desk) -> None:
    staged = next(
        one
        for seed in range(SEED, SEED + 50)
        if (one := leak(place, Scenario.STOLEN_DISK, seed)).truth.who == place.releases.store
    )
    found = answer(staged.question, desk.known(staged.place, staged.question)).origin
    alike = found.suspects[: found.alike]

    assert not found.named
    assert {Way.BACKUP, Way.OUTSIDE_COPY} <= {one.way for one in alike}


def test_the_log_of_an_estate_does_not_say_who_leaked(place: Estate) -> None:
    staged = leak(place, Scenario.EXPORT, SEED)

    assert staged.place is place


def test_the_command_exits_by_the_verdict() -> None:
    asked = ["drill", "--scenario", "export", "--seed", "1003", "--patients", "6000", "--json"]
    done = CliRunner().invoke(app, asked)

    assert done.exit_code == 0, done.output
    assert '"verdict": "ours"' in done.stdout


def test_a_drill_wants_a_scenario() -> None:
    assert CliRunner().invoke(app, ["drill"]).exit_code != 0


def test_figures_say_what_is_missed() -> None:

    good = Score(Scenario.INSIDER, 0, Verdict.OURS, True, 0.01, place=1, alike=True)
    assert figures([good]).reached
    assert not figures([good, Score(Scenario.EXPORT, 0, Verdict.OURS, True, 0.01, place=4)]).reached
