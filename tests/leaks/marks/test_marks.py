"""A mark in an exported picture names whom it was given to, and nobody where it cannot."""

import numpy as np
import pytest

from leaks.marks.marking import CARRIER, Recipients, chest, given_to, recipient_key
from segel.domain.marks import false_odds, message_of, named, threshold
from segel.leaks.marks.writing import PSNR_DB
from support.picture_attacks import ATTACKS, MIXINGS, jpeg

PEOPLE = Recipients(1_000)
PICTURE = chest(1)
SHORT = (
    "crop of 20 %, JPEG 50",
    "to 70 %, JPEG 50",
    "turned by 3°, crop of 20 %, JPEG 50",
    "mirrored, JPEG 50",
    "screenshot of a viewer",
)


def test_mark_is_too_weak_to_be_seen_and_leaves_flat_black_alone() -> None:
    given = given_to(PICTURE, 5, 17)
    apart = (given.astype(float) - PICTURE) ** 2
    assert 10 * np.log10(255**2 / apart.mean()) >= PSNR_DB - 0.2
    assert not apart[:, : PICTURE.shape[1] // 20].any()


def test_colours_are_marked_alike() -> None:
    coloured = np.stack([PICTURE, PICTURE // 2, 255 - PICTURE], axis=2)
    given = given_to(coloured, 9, 3)
    assert given.shape == coloured.shape
    assert [one.candidate for one in PEOPLE.named_in(jpeg(given, 60))] == [PEOPLE.ids[9]]


@pytest.mark.parametrize("attack", SHORT)
def test_recipient_is_named_after(attack: str) -> None:
    chance = np.random.default_rng(4)
    leaked = ATTACKS[attack](given_to(PICTURE, 123, 200), chance)
    assert [one.candidate for one in PEOPLE.named_in(leaked)] == [PEOPLE.ids[123]]


def test_nobody_is_named_in_a_picture_without_a_mark_or_of_one_who_is_not_asked_about() -> None:
    assert PEOPLE.named_in(jpeg(chest(2), 70)) == []
    assert PEOPLE.named_in(given_to(PICTURE, 5_000, 8)) == []


def test_recipient_is_named_with_the_original_beside_it() -> None:
    leaked = jpeg(given_to(PICTURE, 44, 90)[30:380, 40:400], 50)
    assert [one.candidate for one in PEOPLE.named_in(leaked, PICTURE)] == [PEOPLE.ids[44]]


@pytest.mark.parametrize("mixing", list(MIXINGS))
def test_of_three_who_mix_their_copies_only_they_are_named(mixing: str) -> None:
    chance = np.random.default_rng(7)
    copies = [given_to(PICTURE, one, 100 + one) for one in (1, 2, 3)]
    leaked = jpeg(MIXINGS[mixing](copies, chance), 75)
    accused = {one.candidate for one in PEOPLE.named_in(leaked)}
    assert accused
    assert accused <= {PEOPLE.ids[one] for one in (1, 2, 3)}


def test_odds_hold_for_any_vector_that_did_not_know_the_message() -> None:
    """Hoeffding's bound, on a vector of one loud wave, where a normal distribution is far off."""
    loud = np.ones(CARRIER.length, np.float32)
    loud[0] = 100
    innocents = np.stack([message_of(recipient_key(n), CARRIER.length) for n in range(1_000)])
    scores = innocents @ (loud / np.linalg.norm(loud))
    for least in (0.5, 1.0, 2.0, 3.0):
        assert (scores >= least).mean() <= false_odds(least, 1) + 0.05
    assert named([loud], PEOPLE.ids, PEOPLE.rows) == []


def test_more_candidates_need_a_surer_mark() -> None:
    assert threshold(30_000) > threshold(3)
    assert false_odds(threshold(30_000), 30_000) == pytest.approx(1e-6)
