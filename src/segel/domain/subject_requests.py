"""What people may ask of a hospital about their own data: kinds, clocks, and the law of each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HOURS_TO_ANSWER: Final = 3 * 24
"""UU 27/2022 Pasal 30, 32 and 41 give three times twenty-four hours from the request."""

TEXT_LENGTH_MAX: Final = 2_000
ARTICLE_LENGTH_MAX: Final = 120
FORM_LENGTH_MAX: Final = 64
"""Of the number on a paper form."""


class RequestKind(StrEnum):
    """What is asked for."""

    CORRECTION = "correction"
    RESTRICTION = "restriction"
    ACCESS = "access"
    ERASURE = "erasure"


class Sureness(StrEnum):
    """How sure it is that an article says so."""

    TEXT_READ = "text-read"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Law:
    """The article that a kind of request stands on. ``clock``: whether that the clock of
    ``HOURS_TO_ANSWER`` runs was read there, or is kept by this product of its own accord."""

    article: str
    clock: Sureness


LAWS: Final[dict[RequestKind, Law]] = {
    RequestKind.CORRECTION: Law("UU 27/2022 Pasal 30", Sureness.TEXT_READ),
    RequestKind.RESTRICTION: Law("UU 27/2022 Pasal 41", Sureness.TEXT_READ),
    RequestKind.ACCESS: Law("UU 27/2022 Pasal 32", Sureness.TEXT_READ),
    RequestKind.ERASURE: Law("UU 27/2022 Pasal 43", Sureness.UNCONFIRMED),
}
"""No time for the answer was found with Pasal 43; the same clock is held for erasure."""

RETENTION_ARTICLE: Final = "Permenkes 24/2022 Pasal 39(1)"


class Part(StrEnum):
    """What of a record is said to be wrong."""

    IDENTITY = "identity"
    CONTACT = "contact"
    REPORT = "report"
    IMAGE = "image"
    OTHER = "other"


class Use(StrEnum):
    """A use of the data that is objected to."""

    RESEARCH = "research"
    TEACHING = "teaching"
    SHARING = "sharing"
    OUTREACH = "outreach"
    AUTOMATED = "automated"
    OTHER = "other"


class Channel(StrEnum):
    """How a request came."""

    OWN_PAGE = "own-page"
    PAPER = "paper"


class RequestState(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    MORE_NEEDED = "more-needed"
    DONE = "done"
    PARTLY = "partly"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN: Final = frozenset({RequestState.WAITING, RequestState.MORE_NEEDED})


class Reply(StrEnum):
    """What the hospital answers."""

    DONE = "done"
    PARTLY = "partly"
    REFUSED = "refused"
    MORE_NEEDED = "more-needed"
