"""A hospital that somebody else than the operator takes in, by a link that the operator made."""

from segel.broker.messages.accounts import AddAccount
from segel.broker.messages.base import Message
from segel.broker.messages.clients import AddClient
from segel.broker.messages.operating import EnrolHospital, EnrolPeer
from segel.broker.messages.register import AddDepartment, DescribeHospital
from segel.broker.messages.senders import EnrolSender

Act = (
    EnrolHospital
    | DescribeHospital
    | AddDepartment
    | EnrolPeer
    | EnrolSender
    | AddClient
    | AddAccount
)
"""What the operator may let somebody do, each of one hospital."""


class MakeTicket(Message, frozen=True):
    """Let whoever has the ticket take in the hospital of this code, and no other."""

    hospital_code: str
    lifetime_s: int


class Ticket(Message, frozen=True):
    """``secret``: the ticket itself, to be handed over once."""

    secret: str
    until_s: int

    def __repr__(self) -> str:
        return "Ticket(...)"


class LookTicket(Message, frozen=True):
    """What a ticket is for."""

    secret: str

    def __repr__(self) -> str:
        return "LookTicket(...)"


class TicketShown(Message, frozen=True):
    """The hospital's code; ``enrolled``: whether it is there already; ``people``: who is."""

    hospital_code: str
    until_s: int
    enrolled: bool
    people: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "TicketShown(...)"


class ActByTicket(Message, frozen=True):
    """Do one thing of the operator's, as far as a ticket goes."""

    secret: str
    act: Act

    def __repr__(self) -> str:
        return f"ActByTicket({type(self.act).__name__})"


Request = MakeTicket | LookTicket | ActByTicket
Reply = Ticket | TicketShown
