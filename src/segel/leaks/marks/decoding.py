"""The child that decodes one picture that a stranger wrote: bytes in, grey levels out.

It has no key, is given no address, writes no file, and ends by its limits. Run as
``python -m segel.leaks.marks.decoding``; ``pictures`` is its parent.
"""

import io
import resource
import sys
import warnings
from typing import Final

FORMATS: Final = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
BYTES_MAX: Final = 64 * 1024 * 1024
PIXELS_MAX: Final = 50_000_000
"""Of a picture: a phone's largest photo."""

MEMORY_BYTES_MAX: Final = 2 * 1024**3
CPU_S_MAX: Final = 30
FILES_MAX: Final = 32

REFUSED: Final = 3
"""Exit code for what is no picture, or too large a one; any other is a decoder that fell."""


def main() -> int:
    """Decode what comes; ``rows columns`` in a line, then the grey levels."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))
    import numpy as np
    from PIL import Image

    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # the limit below is ours, and is no warning
    content = sys.stdin.buffer.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        return REFUSED
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > PIXELS_MAX:
            return REFUSED
        values = np.asarray(picture if picture.mode[:1] in "IF" else picture.convert("RGB"))
    except Exception:  # decoders raise all kinds
        return REFUSED
    if values.ndim == 3:
        grey = values.mean(2, dtype=np.float32)
    else:  # of more than 8 bits: from its darkest to its brightest
        low, high = float(values.min()), float(values.max())
        grey = (values.astype(np.float32) - low) * (255 / max(high - low, 1e-6))
    rows, columns = grey.shape
    sys.stdout.buffer.write(f"{rows} {columns}\n".encode())
    sys.stdout.buffer.write(np.rint(grey).astype(np.uint8).tobytes())
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
