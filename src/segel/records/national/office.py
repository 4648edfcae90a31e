"""What the rounds of one hospital have in common."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from segel.domain.clock import Clock
from segel.records.national.platform import Platform
from segel.records.national.sent import Books
from segel.records.national.systems import Number, Organisation
from segel.records.repo import Repo


@dataclass(frozen=True, slots=True)
class Office:
    """What a hospital's rounds have in common.

    ``disclose`` logs that a record of a type leaves, ``add_number`` adds the patient's number;
    None where a hospital does not want that. ``settle_s``: how long after it was sent a record may
    still turn up at the platform.
    """

    organisation: Organisation
    platform: Platform = field(repr=False)
    repo: Repo = field(repr=False)
    books: Books = field(repr=False)
    disclose: Callable[[UUID, str], Awaitable[None]]
    add_number: Callable[[UUID, str], Awaitable[None]] | None
    settle_s: float
    clock: Clock = time.time
    practitioners: dict[Number, str] = field(default_factory=dict, repr=False)
