"""Names of decoys: of the pattern's form, of the hospital's words, and as often of new ones."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.app.synth.population import population
from segel.broker.decoy_names import compose_name, join, shrinking, words_of

PEOPLE = [one.name for one in population(3_000, 5).people()]


@pytest.mark.parametrize("pattern", ["BUDI^SANTOSO", "SANTOSO^BUDI^^DR", "BUDI  SANTOSO", "SLAMET"])
def test_the_form_is_the_patterns(pattern: str) -> None:
    people = [*PEOPLE, "WULAN^SARI^^DR", "HADI^EKO^^DR"]
    made = compose_name(pattern, people, len(people), random.Random(3))
    assert len(words_of(made)) == len(words_of(pattern))
    assert [c for c in made if c in " ^"] == [c for c in pattern if c in " ^"]


def test_nobody_of_that_form_lends_no_name() -> None:
    assert compose_name("A B C D E F", PEOPLE, len(PEOPLE), random.Random(1)) == ""


def test_as_many_words_are_met_once_as_among_people() -> None:
    chance, sample = random.Random(9), PEOPLE[:400]
    made = [compose_name(one, sample, 400, chance) for one in PEOPLE[400:800]]
    known = {word for name in sample for word in words_of(name)}

    def new(names: list[str]) -> float:
        words = [word for name in names for word in words_of(name)]
        return sum(word not in known for word in words) / len(words)

    people, decoys = new(PEOPLE[400:800]), new(made)
    assert decoys > 0
    assert abs(decoys - people) < 0.06


def test_a_new_word_is_two_of_the_known_ones_joined() -> None:
    words = sorted({word for name in PEOPLE for word in words_of(name)})
    known, pairs = set(words), Counter[str]()
    for seed in range(200):
        made = join(words, known, random.Random(seed))
        assert made
        assert made not in known
        pairs[made] += 1
        assert any(
            any(one.startswith(made[:cut]) for one in words)
            and any(one.endswith(made[cut:]) for one in words)
            for cut in range(1, len(made))
        )
    assert len(pairs) > 150


def test_words_that_share_nothing_cannot_be_joined() -> None:
    assert join(["ABCDE", "FGHIJ"], {"ABCDE", "FGHIJ"}, random.Random(1)) == ""


@given(st.lists(st.sampled_from(PEOPLE), max_size=60), st.integers(0, 10**7))
def test_words_are_new_at_most_as_often_as_in_the_sample(names: list[str], people: int) -> None:
    assert 0.0 < shrinking(names, people) <= 1.0


def test_in_a_larger_hospital_fewer_words_are_new() -> None:
    shares = [shrinking(PEOPLE[:400], people) for people in (400, 4_000, 400_000)]
    assert shares[0] == 1.0
    assert shares == sorted(shares, reverse=True)
    assert len(set(shares)) == 3
