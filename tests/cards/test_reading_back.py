"""Cards and passes as a phone's camera sees them: turned, tilted, blurred, in glare, far away.

``SEGEL_CARDS_DRAWN`` says how many of each are drawn; 1,000 take some minutes. Each photograph has
all five at once, in random strengths up to what a hand and a lamp do.
"""

import io
import os
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pytest
import segno
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image, ImageFilter

from segel.cards import CardRefused
from segel.cards.issuing import draw, make_certificate, make_passes, new_identifier, pass_ends_at
from segel.cards.passes import answer_text, new_nonce, paper_text, signed_by_holder
from segel.cards.pictures import codes_in
from segel.cards.signatures import sign_with
from segel.domain.card_facts import CardHolder
from support.cards import NOW, Maker
from support.issuing import AUTHORITY, TEST

DRAWN: Final = int(os.environ.get("SEGEL_CARDS_DRAWN", "12"))
MISSED_MAX: Final = 0.03
FEW: Final = 2
"""Of a few, chance may miss more than its share."""

FRAME: Final = (1600, 1200)
"""A phone's preview, which is what it reads codes from."""

SMALLEST: Final = 0.30
LARGEST: Final = 0.48
"""Of the frame's width that a code fills; a larger one, turned, would not be whole in it."""

MAKER: Final = Maker()
NAMES: Final = (
    "Sri Wulandari", "Bambang Hadikusumo", "Ni Luh Putu Ayu Kartikasari", "Muhammad Rizky Ramadhan",
    "Wirasena Panggabean", "Sutrisno", "Maria Goreti Simanjuntak", "Anak Agung Gede Raka",
)  # fmt: skip


def cards(chance: random.Random) -> Iterator[tuple[str, int]]:
    """Travel cards, each of somebody else: text and QR version."""
    while True:
        surname, *given = reversed(chance.choice(NAMES).split())
        born = f"{chance.randint(1940, 2012)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        made = make_certificate(
            CardHolder(surname, " ".join(reversed(given)), born),
            TEST,
            AUTHORITY,
            key_id=MAKER.signer.key_id,
            identifier=new_identifier("ID", os.urandom),
            at=NOW,
            sign=MAKER.sign,
        )
        yield made.text, draw(made.text).version


def passes(_: random.Random) -> Iterator[tuple[str, int]]:
    """Venue passes as they are printed."""
    ends_at = pass_ends_at(NOW, NOW + timedelta(hours=60))
    while True:
        key = ec.generate_private_key(ec.SECP256R1())
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        (made,) = make_passes(
            [point], "ID", key_id=MAKER.signer.key_id, ends_at=ends_at, sign=sign_with(MAKER.key)
        )
        text = paper_text(made)
        yield text, int(segno.make(text, error="q", micro=False, boost_error=False).version)


def code_of(text: str) -> Image.Image:
    """The code as it is drawn: level Q, with its quiet zone."""
    file = io.BytesIO()
    segno.make(text, error="q", micro=False, boost_error=False).save(file, kind="png", scale=8)
    return Image.open(file).convert("L")


def as_png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def photographed(code: Image.Image, chance: random.Random) -> Image.Image:
    """One frame of a phone that is held to a code."""
    side = int(FRAME[0] * chance.uniform(SMALLEST, LARGEST))
    drawn = code.resize((side, side), Image.Resampling.LANCZOS)
    frame = Image.new("L", FRAME, chance.randint(60, 150))
    at = ((FRAME[0] - side) // 2 + chance.randint(-20, 20), (FRAME[1] - side) // 2)
    frame.paste(drawn, at)
    frame = frame.rotate(chance.uniform(0, 360), Image.Resampling.BICUBIC, fillcolor=110)
    tilt = [chance.uniform(-1.2e-4, 1.2e-4) for _ in range(2)]
    frame = frame.transform(
        FRAME, Image.Transform.PERSPECTIVE, (1, 0, 0, 0, 1, 0, *tilt), Image.Resampling.BICUBIC
    )
    frame = frame.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.5)))
    light = np.asarray(frame, dtype=np.float32) * _light(chance) + _glare(side, chance)
    light += np.random.default_rng(chance.randrange(2**32)).normal(0, 5, light.shape)
    return Image.fromarray(light.clip(0, 255).astype(np.uint8))


def _light(chance: random.Random) -> Any:
    """Brighter on one side."""
    return np.linspace(chance.uniform(0.55, 0.9), 1.0, FRAME[0], dtype=np.float32)[None, :]


def _glare(side: int, chance: random.Random) -> Any:
    """A lamp's reflection somewhere on the code: white in its middle, a fifth of its width."""
    y, x = np.mgrid[0 : FRAME[1], 0 : FRAME[0]].astype(np.float32)
    centre = [half / 2 + chance.uniform(-0.35, 0.35) * side for half in FRAME]
    radius = side * chance.uniform(0.05, 0.1)
    away = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / radius**2
    return 255 * np.exp(-away)


def is_read(picture: Image.Image, text: str) -> bool:
    try:
        return text in [one.text for one in codes_in(as_png(picture))]
    except CardRefused:
        return False


@pytest.mark.parametrize(
    ("made", "version_max"), [(cards, 20), (passes, 13)], ids=["cards", "passes"]
)
def test_all_are_read_as_drawn_and_nearly_all_as_photographed(
    made: Callable[[random.Random], Iterator[tuple[str, int]]], version_max: int
) -> None:
    chance = random.Random(97)
    of_drawn = of_photographed = 0
    versions = set()
    for _, (text, version) in zip(range(DRAWN), made(chance), strict=False):
        versions.add(version)
        code = code_of(text)
        of_drawn += is_read(code, text)
        of_photographed += is_read(photographed(code, chance), text)
    print(f"\n{DRAWN} drawn, QR versions {sorted(versions)}")
    print(f"{of_drawn} read as drawn, {of_photographed} as photographed")
    assert max(versions) <= version_max
    assert of_drawn == DRAWN
    assert DRAWN - of_photographed <= max(MISSED_MAX * DRAWN, FEW)


def test_an_answer_to_a_gate_is_read_from_a_screen() -> None:
    chance = random.Random(98)
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    (made,) = make_passes(
        [point],
        "ID",
        key_id=MAKER.signer.key_id,
        ends_at=pass_ends_at(NOW, NOW + timedelta(hours=60)),
        sign=sign_with(MAKER.key),
    )
    answer = answer_text(made, sign_with(key)(signed_by_holder(new_nonce(), made)))
    assert is_read(photographed(code_of(answer), chance), answer)
