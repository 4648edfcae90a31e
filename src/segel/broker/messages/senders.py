"""Systems that send HL7 messages: enrolled by the operator, known by what their messages say."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message


class EnrolSender(Message, frozen=True):
    """Operator's socket only: a sending system, by its messages' MSH-3 and MSH-4.

    ``authorities``: assigning authorities (PID-3.4) whose record numbers are the hospital's own.
    ``keys``: SHA-256 in hex of the public keys in its certificates; with any, it is let in by TLS
    only. What was said before is replaced, and the sender's sessions end.
    """

    application: str
    facility: str
    hospital_code: str
    authorities: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class RemoveSender(Message, frozen=True):
    """Operator's socket only: nothing more is taken from it."""

    application: str
    facility: str


class ListSenders(Message, frozen=True):
    """Operator's socket only."""


class SenderLine(msgspec.Struct, frozen=True):
    """A sender in a list."""

    application: str
    facility: str
    hospital: str
    authorities: tuple[str, ...]
    keys: tuple[str, ...]


class SenderList(Message, frozen=True):
    senders: list[SenderLine]


class OpenSender(Message, frozen=True):
    """Ask for a token of the system account of a sender.

    ``key``: SHA-256 in hex of the public key in the certificate that it showed; "" without TLS.
    """

    application: str
    facility: str
    address: str
    key: str = ""


class OpenedSender(Message, frozen=True):
    """A sender's token, and what its numbers mean. ``expires_s`` is Unix time in seconds."""

    token: str
    expires_s: int
    hospital_id: UUID
    hospital: str
    authorities: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "OpenedSender(...)"


Request = EnrolSender | RemoveSender | ListSenders | OpenSender
Reply = SenderList | OpenedSender
