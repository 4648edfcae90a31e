"""Pictures of a code as a phone's camera takes them: turned, small, blurred, with glare."""

import io
import random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SCALE = 0.3
"""Of the drawn picture's size: a module of eight pixels is then less than two and a half."""
PAPER = 235
GLARE_MAX = 0.12
"""Of the code's side: a lamp's reflection."""


def as_seen(png: bytes, chance: random.Random) -> bytes:
    """A photo of the code, as PNG: any turn, 30 % of its size, a slight blur, noise and a lamp."""
    code = Image.open(io.BytesIO(png)).convert("L")
    small = code.resize([round(side * SCALE) for side in code.size], Image.Resampling.LANCZOS)
    scene = Image.new("L", [side * 2 for side in small.size], PAPER)
    scene.paste(small, (small.width // 2, small.height // 2))
    turned = scene.rotate(
        chance.uniform(0, 360), resample=Image.Resampling.BICUBIC, fillcolor=PAPER
    )
    lit = ImageChops.lighter(turned, _lamp(turned.size, small.width, chance))
    blurred = lit.filter(ImageFilter.GaussianBlur(chance.uniform(0.2, 0.6)))
    pixels = np.asarray(blurred, dtype=np.float32)
    noise = np.random.default_rng(chance.randrange(2**32)).normal(0, 6, pixels.shape)
    shade = np.linspace(1.0, chance.uniform(0.7, 1.0), pixels.shape[1], dtype=np.float32)
    out = io.BytesIO()
    seen = (pixels * shade + noise).clip(0, 255).astype(np.uint8)
    Image.fromarray(seen).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _lamp(size: tuple[int, int], code: int, chance: random.Random) -> Image.Image:
    lamp = Image.new("L", size, 0)
    x, y = (side / 2 + chance.uniform(-0.3, 0.3) * code for side in size)
    radius = chance.uniform(0.02, GLARE_MAX / 2) * code
    ImageDraw.Draw(lamp).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return lamp.filter(ImageFilter.GaussianBlur(radius / 4))
