"""Opens pictures that strangers wrote, each in a child of its own that has nothing to lose."""

import subprocess
import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.domain.errors import SegelError
from segel.leaks.marks.decoding import BYTES_MAX, FORMATS, REFUSED

WAIT_S: Final = 60.0
CHILD: Final = "segel.leaks.marks.decoding"


class PictureRefused(SegelError):
    """A file that is no picture, too large, or made to break what reads it."""

    code = "picture-refused"


def opened(content: bytes, field: str = "picture") -> NDArray[np.uint8]:
    """A picture's grey levels, (h, w). Raises PictureRefused, and nothing else whatever it is."""
    if len(content) > BYTES_MAX:
        raise _refused("The file is larger than a picture is.", field)
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-m", CHILD],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WAIT_S,
            check=False,
            env={},
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        raise _refused("The picture takes longer to read than any does.", field) from None
    if child.returncode == REFUSED:
        raise _refused("This is no picture, or one of more than 50 million pixels.", field)
    if child.returncode:
        raise _refused("The picture made its reader fall: it was made for that.", field)
    head, _, levels = child.stdout.partition(b"\n")
    rows, columns = map(int, head.split())
    return np.frombuffer(levels, np.uint8).reshape(rows, columns)


def _refused(what: str, field: str) -> PictureRefused:
    return PictureRefused(
        what, field=field, remedy=f"Give a picture ({', '.join(FORMATS)}) of at most 64 MiB."
    )
