"""Findings and documents of cases at the command line: over the broker and the files of cases."""

import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import IO, Final, TypeVar

from segel.app.case_telling import telling_over
from segel.app.operator import ask_over_objects
from segel.broker import BrokerClient
from segel.leaks.telling import (
    Document,
    Draft,
    Finished,
    Telling,
    as_docx,
    as_pdf,
    as_text,
    content_missing,
)

OWN_FILE: Final = 0o600

R = TypeVar("R")


def ask(folder: Path, question: Callable[[Telling], Awaitable[R]], *, writes: bool = False) -> R:
    """Do something with a case's findings; ``writes`` as in ``with_client``."""
    return with_client(folder, lambda _, telling: question(telling), writes=writes)


def with_client(
    folder: Path,
    question: Callable[[BrokerClient, Telling], Awaitable[R]],
    *,
    writes: bool = False,
) -> R:
    """Do something at the broker and with a case's findings. ``writes``: a file of the case;
    started by root, the doors' user writes it, and it is the last that this process does.

    Raises NotRunning, BrokerError, TellingError."""
    return ask_over_objects(
        folder,
        lambda client, objects: question(client, telling_over(client, objects)),
        writes=writes,
    )


DRAWING: Final[Mapping[str, Callable[[Document], bytes]]] = {
    "txt": lambda made: as_text(made).encode(),
    "docx": as_docx,
    "pdf": as_pdf,
}


def to_be_signed(draft: Draft) -> tuple[str, Finished]:
    """What is shown before it is signed, and what is signed. Raises ContentMissing."""
    if draft.document is None or draft.signed is None:
        raise content_missing(draft.kind, draft.missing)
    return as_text(draft.document), draft.signed


def opened_to_write(path: Path) -> IO[bytes]:
    """A file that nobody else reads. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    return os.fdopen(os.open(path, flags, OWN_FILE), "wb")
