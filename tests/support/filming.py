"""A film of a card's QR code, as Chromium's pretended camera shows it."""

from pathlib import Path
from typing import Final

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter

SIZE: Final = (640, 480)
FRAMES: Final = 6
_SEED: Final = 97


def film(path: Path, text: str) -> Path:
    """Writes frames (Y4M) in which a hand holds the code a little askew, in uneven light."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    drawn = Image.fromarray(np.asarray(code.to_image(scale=4))).convert("L")
    drawn = drawn.resize((400, 400), Image.Resampling.LANCZOS)
    random = np.random.default_rng(_SEED)
    light = np.linspace(0.72, 1.0, SIZE[0], dtype=np.float32)[None, :]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F10:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            frame = Image.new("L", SIZE, 96)
            turned = drawn.rotate(4 + number, Image.Resampling.BICUBIC, expand=True, fillcolor=96)
            frame.paste(
                turned, ((SIZE[0] - turned.width) // 2 + number, (SIZE[1] - turned.height) // 2)
            )
            frame = frame.filter(ImageFilter.GaussianBlur(0.7))
            noise = random.normal(0, 4, SIZE[::-1])
            grey = np.clip(np.asarray(frame, dtype=np.float32) * light + noise, 0, 255)
            grey = grey.astype(np.uint8)
            file.write(b"FRAME\n" + grey.tobytes() + b"\x80" * (SIZE[0] * SIZE[1] // 2))
    return path
