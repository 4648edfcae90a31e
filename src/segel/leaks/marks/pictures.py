"""The pictures in a file that a stranger wrote: found and decoded in quarantine, made grey.

A file may be a picture, or hold some: an archive, a PDF, DICOM.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.leaks.intake.model import FileFound, Limits, PictureFound
from segel.leaks.intake.quarantine import inspect
from segel.leaks.model import Handling

LIMITS: Final = Limits(ocr_pictures=0, seconds=600)
"""What is written in a picture is read by others."""

PICTURES_MAX: Final = 1_024
"""Of one file."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture. ``path``: steps from the file that was handed in; ``frame``: of several."""

    path: tuple[str, ...]
    frame: int
    grey: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """The pictures of a file; ``unread``: what was skipped, by path, and why (a code)."""

    pictures: list[Seen]
    unread: Mapping[tuple[str, ...], str]
    sha256: bytes


async def pictures_in(name: str, chunks: AsyncIterator[bytes]) -> Found:
    """What is to be seen in a file. Raises nothing for what is in it."""
    found: list[PictureFound] = []
    files: dict[int, FileFound] = {}
    async with contextlib.aclosing(inspect(name, chunks, LIMITS)) as findings:
        async for finding in findings:
            if isinstance(finding, PictureFound):
                if len(found) == PICTURES_MAX:
                    break
                found.append(finding)
            elif isinstance(finding, FileFound):
                files[finding.place] = finding
    seen = [
        Seen(
            files[one.file].file.path if one.file in files else (name,),
            one.frame,
            np.frombuffer(one.gray, np.uint8).reshape(one.height, one.width),
        )
        for one in found
    ]
    unread = {
        one.file.path: one.file.reason or one.file.format
        for one in files.values()
        if one.file.handling is not Handling.READ
    }
    own = files[0].file if 0 in files else None
    if own is not None and not seen and own.path not in unread:
        unread[own.path] = "no-picture"
    return Found(seen, unread, own.sha256 if own is not None else b"")
