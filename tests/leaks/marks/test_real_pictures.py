"""``SEGEL_MARKS=60``: the mark on so many real radiographs against the attacks that are promised,
on a quarter of them against every other, in a table.

The radiographs lie outside the project and are read in place. docs/reference/export-marks.md has
what came of it.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from leaks.marks.marking import READER, Recipients, given_to
from segel.domain.marks import named, together
from support.picture_attacks import ATTACKS, MIXINGS, jpeg

PICTURES = int(os.environ.get("SEGEL_MARKS", "0"))
RADIOGRAPHS = Path(__file__).parents[4] / "shared/images/chest-xray"
CANDIDATES = 10_000
PROMISED = ("JPEG 50", "crop of 20 %, JPEG 50")
FEWER = 4
TOGETHER = 8
"""Pictures of one export that are read together."""

pytestmark = [
    pytest.mark.skipif(not PICTURES, reason="SEGEL_MARKS says how many pictures"),
    pytest.mark.timeout(0),
]


def _pictures() -> list[NDArray[np.uint8]]:
    paths = sorted(RADIOGRAPHS.glob("*.png"))
    chosen = np.random.default_rng(11).permutation(len(paths))[:PICTURES]
    return [np.asarray(Image.open(paths[at]).convert("L")) for at in chosen]


def test_marks_of_real_radiographs_name_their_recipient() -> None:
    people, pictures, read = Recipients(CANDIDATES), _pictures(), {}
    print("\n| after | named | wrongly named | PSNR at least |\n| --- | --- | --- | --- |")
    for name, attack in ATTACKS.items():
        right = wrong = 0
        lowest = np.inf
        those = pictures if name in PROMISED else pictures[::FEWER]
        for number, picture in enumerate(those):
            chance = np.random.default_rng(number)
            recipient = int(chance.integers(CANDIDATES))
            given = given_to(picture, recipient, int(chance.integers(256)))
            apart = np.mean((given.astype(float) - picture) ** 2)
            lowest = min(lowest, 10 * np.log10(255**2 / apart))
            told = [one.candidate for one in people.named_in(attack(given, chance))]
            right += people.ids[recipient] in told
            wrong += any(one != people.ids[recipient] for one in told)
        read[name] = right / len(those)
        print(f"| {name} | {right} of {len(those)} | {wrong} | {lowest:.1f} dB |", flush=True)
        assert not wrong
    assert all(read[name] >= 0.95 for name in PROMISED)


def test_those_who_mix_copies_of_real_radiographs_are_named() -> None:
    people, pictures = Recipients(CANDIDATES), _pictures()[::FEWER]
    for count in (2, 3):
        for name, mixing in MIXINGS.items():
            caught = innocent = 0
            for number, picture in enumerate(pictures):
                chance = np.random.default_rng(number)
                own = [int(one) for one in chance.choice(CANDIDATES, count, replace=False)]
                slots = chance.integers(256, size=count)
                copies = [
                    given_to(picture, one, int(slot)) for one, slot in zip(own, slots, strict=True)
                ]
                told = {one.candidate for one in people.named_in(jpeg(mixing(copies, chance), 75))}
                caught += bool(told & {people.ids[one] for one in own})
                innocent += bool(told - {people.ids[one] for one in own})
            print(f"| {count}: {name} | {caught} of {len(pictures)} | {innocent} |", flush=True)
            assert not innocent


def test_nobody_is_named_in_real_radiographs_without_a_mark() -> None:
    people = Recipients(CANDIDATES)
    assert not any(people.named_in(jpeg(one, 75)) for one in _pictures()[::FEWER])


def test_all_who_mix_a_whole_export_are_named_by_its_pictures_read_together() -> None:
    """The broker's way: the best reading of each picture, summed."""
    people, pictures = Recipients(CANDIDATES), _pictures()
    exports = [pictures[at : at + TOGETHER] for at in range(0, len(pictures), 2 * TOGETHER)]
    for count in (2, 3):
        for name in ("average", "pixel by pixel at random"):
            caught = whole = innocent = 0
            for number, export in enumerate(exports):
                chance = np.random.default_rng(number)
                own = [int(one) for one in chance.choice(CANDIDATES, count, replace=False)]
                said = []
                for picture in export:
                    slots = chance.integers(256, size=count)
                    copies = [
                        given_to(picture, one, int(slot))
                        for one, slot in zip(own, slots, strict=True)
                    ]
                    leaked = jpeg(MIXINGS[name](copies, chance), 50)
                    said += [READER.read(leaked)[0].said]
                told = {one.candidate for one in named([together(said)], people.ids, people.rows)}
                mixers = {people.ids[one] for one in own}
                caught += bool(told & mixers)
                whole += mixers <= told
                innocent += bool(told - mixers)
            print(
                f"| {count}: {name} | {caught} of {len(exports)} | {whole} of {len(exports)}"
                f" | {innocent} |",
                flush=True,
            )
            assert not innocent
