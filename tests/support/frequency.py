"""The frequency attack on a stolen index: which name does each token stand for?

The thief sees which patient has which token, of which kind (more than a dump tells), and knows the
population that the patients come from: how often every name, word and day of birth occurs and
occurs together. Tokens are first matched to values by the rank of their counts, which is the
likeliest assignment where counts are Poisson's; then the commonest are matched again and again by
how often they occur *together*, each time half of them against the other half (the quadratic
attack of Oya and Kerschbaum, USENIX Security 2022).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix

Integers = NDArray[np.int64]

STEPS = (40, 80, 160, 320, 640)
"""Tokens of a kind that are matched by what they occur with: first the few that their counts alone
nearly tell, then more and more, each step held up by the one before."""
VALUES_MORE = 1.25
"""Values to choose from, for each token: the one that is meant may be a little rarer."""
ROUNDS = 16
STARTS = 5
"""Times that it is begun anew; the likeliest end is taken, which the thief can tell."""
DOUBT = (0.5, 0.02)
"""How likely a match is held to be wrong, in the first round and in the last: what it says about
others is mixed with mere independence by as much."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Pairs of a person and something about them: a token in the dump, or a value in the known
    population. Both are numbers from 0."""

    person: Integers
    what: Integers

    @property
    def counts(self) -> Integers:
        """How many people have each."""
        return np.bincount(self.what)


def assign(
    dump: Mapping[str, Sight], known: Mapping[str, Sight], scale: float, seed: int
) -> dict[str, Integers]:
    """For each kind, the value that each token is taken for; -1 where none is left.

    ``scale``: how many people of the dump there are for one of the known population.
    """
    chance = np.random.default_rng(seed)
    guess = {kind: _by_rank(dump[kind].counts, known[kind].counts, chance) for kind in dump}
    kinds = list(dump)
    tokens = [_ranked(dump[kind].counts, chance)[: STEPS[-1]] for kind in kinds]
    most = int(STEPS[-1] * VALUES_MORE)
    values = [_ranked(known[kind].counts, chance)[:most] for kind in kinds]
    match = Match(
        _together([dump[kind] for kind in kinds], tokens),
        _together([known[kind] for kind in kinds], values) * scale,
        _kind_and_rank(tokens),
        _kind_and_rank(values),
        max(len(np.unique(sight.person)) for sight in dump.values()),
    )
    found = max((match.found(chance) for _ in range(STARTS)), key=match.likelihood)
    value = np.concatenate(values)
    for at, kind in enumerate(kinds):
        guess[kind][tokens[at]] = value[found[match.token_kind[0] == at]]
    return guess


def _by_rank(counts: Integers, known: Integers, chance: np.random.Generator) -> Integers:
    order, values = _ranked(counts, chance), _ranked(known, chance)
    guess = np.full(len(counts), -1, np.int64)
    guess[order[: len(values)]] = values[: len(order)]
    return guess


def _ranked(counts: Integers, chance: np.random.Generator) -> Integers:
    """From the commonest; what is equally common in no order."""
    return np.lexsort((chance.random(len(counts)), -counts))


def _kind_and_rank(chosen: Sequence[Integers]) -> tuple[Integers, Integers]:
    kinds = [np.full(len(those), at) for at, those in enumerate(chosen)]
    return np.concatenate(kinds), np.concatenate([np.arange(len(those)) for those in chosen])


def _together(sights: Sequence[Sight], chosen: Sequence[Integers]) -> NDArray[np.float64]:
    """How many people have both, for each two of the chosen of all kinds; alone: the diagonal."""
    people = max(int(sight.person.max()) for sight in sights) + 1
    rows, columns, start = [], [], 0
    for sight, those in zip(sights, chosen, strict=True):
        place = np.full(int(sight.what.max()) + 1, -1, np.int64)
        place[those] = np.arange(len(those)) + start
        here = place[sight.what] >= 0
        rows.append(sight.person[here])
        columns.append(place[sight.what[here]])
        start += len(those)
    row, column = np.concatenate(rows), np.concatenate(columns)
    has = csr_matrix((np.ones(len(row)), (row, column)), shape=(people, start))
    return np.asarray((has.T @ has).todense(), np.float64)


@dataclass(frozen=True, slots=True)
class Match:
    """The commonest tokens of all kinds against the commonest values, by joint counts.

    ``token_kind`` and ``value_kind``: of each its kind, and its rank within the kind.
    """

    seen: NDArray[np.float64]
    expected: NDArray[np.float64]
    token_kind: tuple[Integers, Integers]
    value_kind: tuple[Integers, Integers]
    people: int

    def found(self, chance: np.random.Generator) -> Integers:
        """The value of each token."""
        kind, rank = self.token_kind
        starts = np.searchsorted(self.value_kind[0], np.arange(int(kind.max()) + 1))
        found: Integers = starts[kind] + rank
        for step in STEPS:
            within = rank < step
            for doubt in np.geomspace(*DOUBT, ROUNDS):
                free = within & (chance.random(len(found)) < 0.5)
                self._again(found, free, within & ~free, step, doubt)
            self._give_the_rest(found, within)
        return found

    def likelihood(self, found: Integers) -> float:
        """How likely all that is seen is, where the tokens mean what was found (logarithm)."""
        joint = self.expected[np.ix_(found, found)]
        apart = np.outer(np.diag(joint), np.diag(joint)) / self.people
        joint = joint * (1 - DOUBT[1]) + apart * DOUBT[1]
        return float((self.seen * np.log(joint) - joint).sum())

    def _give_the_rest(self, found: Integers, settled: NDArray[np.bool_]) -> None:
        """What is not matched yet gets the values that are left, by rank."""
        for kind in np.unique(self.token_kind[0]):
            rest = np.flatnonzero(~settled & (self.token_kind[0] == kind))
            values = np.flatnonzero(self.value_kind[0] == kind)
            found[rest] = values[~np.isin(values, found[settled])][: len(rest)]

    def _again(
        self,
        found: Integers,
        free: NDArray[np.bool_],
        fixed: NDArray[np.bool_],
        step: int,
        doubt: float,
    ) -> None:
        """Match the free tokens anew, by the fixed ones."""
        alone, mean = np.diag(self.seen), np.diag(self.expected)
        others, against = np.flatnonzero(fixed), found[fixed]
        for kind in np.unique(self.token_kind[0]):
            mine = np.flatnonzero(free & (self.token_kind[0] == kind))
            held = np.zeros(len(mean), np.bool_)
            held[against] = True
            open_values = np.flatnonzero(
                (self.value_kind[0] == kind) & (self.value_kind[1] < step * VALUES_MORE) & ~held
            )
            apart = np.outer(mean[open_values], mean[against]) / self.people
            joint = self.expected[np.ix_(open_values, against)] * (1 - doubt) + apart * doubt
            likely = np.outer(alone[mine], np.log(mean[open_values])) - mean[open_values]
            likely += self.seen[np.ix_(mine, others)] @ np.log(joint).T - joint.sum(axis=1)
            token, value = linear_sum_assignment(likely, maximize=True)
            found[mine[token]] = open_values[value]
