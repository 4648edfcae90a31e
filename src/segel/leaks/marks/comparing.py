"""A picture beside itself with its mark, for who doubts that it cannot be seen: a page of its own.

Both, one over the other at a key's press, their difference made visible, and a blind test (ABX):
who is shown one of the two at random, so many times, and says which it was. Pure.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segel.domain.errors import SegelError

LOUDER: Final = 16
"""By what the difference is multiplied to be seen at all."""

ROUNDS: Final = 12
"""Of the blind test: who guesses has all right once in 4,096."""

PIXELS_MAX: Final = 50_000_000

Picture = NDArray[np.uint8]


class PictureRefused(SegelError):
    """A file that is no picture, or not of the same size as the other."""

    code = "picture-refused"


@dataclass(frozen=True, slots=True)
class Compared:
    """Two pictures of one size, and how far they are apart. ``changed``: share of the points."""

    before: Picture = field(repr=False)
    after: Picture = field(repr=False)
    psnr_db: float
    largest: int
    changed: float


def compared(before: Picture, after: Picture) -> Compared:
    """The figures of two pictures, (h, w). Raises PictureRefused where sizes differ."""
    if before.shape != after.shape:
        raise PictureRefused(
            f"The pictures are of {before.shape[1]} × {before.shape[0]} and"
            f" {after.shape[1]} × {after.shape[0]} points.",
            field="given",
            remedy="Give the picture as it was given, not cut or resized, in its full size.",
        )
    apart = after.astype(np.int32) - before
    mean = float(np.mean(apart.astype(np.float64) ** 2))
    psnr_db = float(10 * np.log10(255**2 / mean)) if mean else float("inf")
    changed = float(np.count_nonzero(apart) / apart.size)
    return Compared(before, after, psnr_db, int(np.abs(apart).max()), changed)


def own_picture(content: bytes, field: str) -> Picture:
    """The grey levels of a picture of one's own archive, in full. Raises PictureRefused.

    What a stranger wrote is opened by ``pictures`` instead, in quarantine.
    """
    try:
        picture = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
        if picture.width * picture.height > PIXELS_MAX:
            raise ValueError
        return np.asarray(picture.convert("L"))
    except (OSError, ValueError, SyntaxError):
        raise PictureRefused(
            "This is no picture as this archive gives them.",
            field=field,
            remedy="Give a PNG or JPEG, or for the original the DICOM file.",
        ) from None


def page_of(found: Compared, language: str = "en") -> str:
    """The page, whole in itself: it asks nobody for anything."""
    said = TEXTS["id" if language == "id" else "en"]
    apart = found.after.astype(np.int32) - found.before
    louder = np.clip(128 + LOUDER * apart, 0, 255).astype(np.uint8)
    values = {
        **said,
        "lang": "id" if language == "id" else "en",
        "psnr": f"{found.psnr_db:.1f} dB",
        "largest": f"{found.largest} / 256",
        "changed": f"{100 * found.changed:.0f} %",
        "louder": str(LOUDER),
        "before_png": _png(found.before),
        "after_png": _png(found.after),
        "apart_png": _png(louder),
        "script_texts": json.dumps({name: said[name] for name in ("right", "by_chance", "round")}),
        "rounds": str(ROUNDS),
    }
    page = files("segel.leaks.marks").joinpath("compare.html").read_text("utf-8")
    for name, value in values.items():
        page = page.replace(f"@{name}@", value)
    return page


def _png(picture: Picture) -> str:
    out = BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Can the mark be seen?",
        "intro": "Left the picture as it is, right as it was given, with its recipient's mark.",
        "without": "Without the mark",
        "with": "With the mark",
        "apart": "The difference, made louder by",
        "blink": "Hold to see the other",
        "figures": "How far apart they are",
        "psnr_text": "Peak signal to noise",
        "largest_text": "Largest difference, grey levels",
        "changed_text": "Points that differ",
        "test": "Blind test",
        "test_text": "X is one of the two, drawn anew each round. Look at A, B and X as long as you"
        " like, then say which X is. The answer is shown at the end.",
        "say_a": "X is A",
        "say_b": "X is B",
        "right": "right of",
        "by_chance": "Who guesses has so many right, or more, with a chance of",
        "round": "Round",
    },
    "id": {
        "title": "Apakah tandanya terlihat?",
        "intro": "Kiri: gambar apa adanya. Kanan: seperti diberikan, dengan tanda penerimanya.",
        "without": "Tanpa tanda",
        "with": "Dengan tanda",
        "apart": "Selisihnya, diperkuat",
        "blink": "Tahan untuk melihat yang lain",
        "figures": "Seberapa jauh selisihnya",
        "psnr_text": "Rasio puncak sinyal terhadap derau",
        "largest_text": "Selisih terbesar, tingkat keabuan",
        "changed_text": "Titik yang berbeda",
        "test": "Uji buta",
        "test_text": "X adalah salah satu dari keduanya, diundi tiap putaran. Lihat A, B dan X"
        " selama yang Anda mau, lalu katakan X yang mana. Jawabannya ditampilkan di akhir.",
        "say_a": "X adalah A",
        "say_b": "X adalah B",
        "right": "benar dari",
        "by_chance": "Yang menebak benar sebanyak itu, atau lebih, berpeluang",
        "round": "Putaran",
    },
}
"""What the page says, by language."""
