"""Venue passes: made in batches for the patient who asks, and kept by nobody here."""

from segel.broker.messages.base import Message, Requester


class IssuePasses(Message, frozen=True):
    """A pass for each of a holder's keys (compressed points of P-256), for the asking patient."""

    requester: Requester
    points: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "IssuePasses(...)"


class IssuedPasses(Message, frozen=True):
    """In the order of the keys; they hold until ``ends_s`` (Unix time, a full hour)."""

    passes: tuple[bytes, ...]
    ends_s: int

    def __repr__(self) -> str:
        return "IssuedPasses(...)"


Request = IssuePasses
Reply = IssuedPasses
