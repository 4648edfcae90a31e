"""SMART Health Links: made and ended by a patient, opened by whoever has one and its passcode."""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.broker.messages.charts import FolderGrant

LINK_TRIES: Final = 10
"""Wrong passcodes in a link's whole life: ten of the million that six digits make."""


class MakeHealthLink(Message, frozen=True):
    """Have a link to what is the patient's own. ``lifetime_s``: seconds from now; ``openings``:
    how many times it may be opened."""

    requester: Requester
    label: str
    passcode: str
    lifetime_s: int
    openings: int

    def __repr__(self) -> str:
        return "MakeHealthLink(...)"


class HealthLinkMade(Message, frozen=True):
    """A new link. ``secret`` is told once: the database has its keyed token only. ``grant``: the
    key under which its files are to be sealed."""

    link_id: UUID
    secret: str
    until_s: int
    patient_id: UUID
    grant: FolderGrant
    receipt: bytes

    def __repr__(self) -> str:
        return f"HealthLinkMade(link_id={self.link_id})"


class ListHealthLinks(Message, frozen=True):
    """The patient's own links."""

    requester: Requester


class LinkOpening(msgspec.Struct, frozen=True):
    """That a link was opened: when (Unix seconds), and who they said to be."""

    at_s: float
    recipient: str

    def __repr__(self) -> str:
        return f"LinkOpening(at_s={self.at_s})"


class HealthLinkLine(msgspec.Struct, frozen=True):
    """A link as its patient sees it. ``over``: why nobody opens it any more, a word, or ''."""

    link_id: UUID
    label: str
    made_s: float
    until_s: int
    openings_left: int
    tries_left: int
    openings: tuple[LinkOpening, ...]
    over: str

    def __repr__(self) -> str:
        return f"HealthLinkLine(link_id={self.link_id})"


class HealthLinkLines(Message, frozen=True):
    """The newest first."""

    lines: list[HealthLinkLine]


class EndHealthLink(Message, frozen=True):
    """Have nobody open it any more."""

    requester: Requester
    link_id: UUID


class OpenHealthLink(Message, frozen=True):
    """From a stranger: what is behind a link. ``recipient``: who they say to be."""

    secret: str
    passcode: str
    recipient: str

    def __repr__(self) -> str:
        return "OpenHealthLink(...)"


class FetchHealthLink(Message, frozen=True):
    """From a stranger who opened a link just now: one of its files by itself."""

    ticket: str

    def __repr__(self) -> str:
        return "FetchHealthLink(...)"


class HealthLinkOpened(Message, frozen=True):
    """The key of a link's files, and what fetches them one by one for ``TICKET_S`` seconds.

    Drop the key with the request that asked for it.
    """

    link_id: UUID
    patient_id: UUID
    grant: FolderGrant
    ticket: str
    receipt: bytes

    def __repr__(self) -> str:
        return f"HealthLinkOpened(link_id={self.link_id})"


Request = MakeHealthLink | ListHealthLinks | EndHealthLink | OpenHealthLink | FetchHealthLink
Reply = HealthLinkMade | HealthLinkLines | HealthLinkOpened
