"""Health declarations: what travellers send, what officers of a port see, and how it ends."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.declarations import Conveyance, Declaration


class ListPorts(Message, frozen=True):
    """Which ports take declarations. Anybody may ask."""


class PortLine(msgspec.Struct, frozen=True):
    """A port; ``code`` is what its health office is enrolled by."""

    code: str
    name: str


class PortList(Message, frozen=True):
    """By their names."""

    ports: list[PortLine]


class Declare(Message, frozen=True):
    """A declaration, or the correction of the one that has this recovery code. Anybody may."""

    code: str
    declaration: Declaration

    def __repr__(self) -> str:
        return "Declare(...)"


class Declared(Message, frozen=True):
    """It was taken. ``receipt``: its number for the officer; ``destroyed_s``: when nothing of it
    is left (Unix time)."""

    receipt: str
    corrected: bool
    destroyed_s: float


class ReadOwnDeclaration(Message, frozen=True):
    """What was sent with this code."""

    code: str

    def __repr__(self) -> str:
        return "ReadOwnDeclaration(...)"


class WithdrawDeclaration(Message, frozen=True):
    """Take back what was sent with this code."""

    code: str

    def __repr__(self) -> str:
        return "WithdrawDeclaration(...)"


class DeclarationView(Message, frozen=True, kw_only=True):
    """A declaration. Times are Unix times; ``corrected_s`` 0: never."""

    declaration_id: UUID
    receipt: str
    declaration: Declaration
    sent_s: float
    corrected_s: float
    correctable: bool
    withdrawable: bool
    destroyed_s: float


class ListArrivals(Message, frozen=True):
    """The vessels whose travellers a port's officer may see now."""

    requester: Requester


class VesselLine(msgspec.Struct, frozen=True, kw_only=True):
    """A vessel and how many of its travellers declared. ``arrival``: ISO; ``attention``: how many
    are ill, or met somebody who was."""

    day_id: UUID
    vessel_id: UUID
    arrival: str
    conveyance: Conveyance
    vessel: str
    declared: int
    attention: int


class ArrivalList(Message, frozen=True):
    """By day, and the name of the vessel."""

    vessels: list[VesselLine]


class ListTravellers(Message, frozen=True):
    """What travellers of one vessel declared; ``page`` from 0."""

    requester: Requester
    day_id: UUID
    vessel_id: UUID
    page: int = 0


class TravellerLine(msgspec.Struct, frozen=True):
    """A declaration in a list: no name. ``sent_s``: Unix time."""

    declaration_id: UUID
    receipt: str
    seat: str
    attention: bool
    sent_s: float


class TravellerList(Message, frozen=True):
    """First those who need attention, then by seat. ``more``: there is a further page."""

    vessel: VesselLine
    travellers: list[TravellerLine]
    more: bool = False


class ReadDeclaration(Message, frozen=True):
    """One declaration, for an officer of its port."""

    requester: Requester
    declaration_id: UUID


class FindDeclaration(Message, frozen=True):
    """The declaration whose receipt a traveller shows."""

    requester: Requester
    receipt: str


class ListArrivalDays(Message, frozen=True):
    """What became of a port's declarations."""

    requester: Requester


class ArrivalDayLine(msgspec.Struct, frozen=True, kw_only=True):
    """A day of arrival. ``destroyed_s``: when it was, or is to be, destroyed (Unix time);
    ``certificate``: a signed note, '' where it is not yet."""

    day_id: UUID
    arrival: str
    declared: int
    destroyed_s: float
    is_destroyed: bool
    certificate: str = ""


class ArrivalDayList(Message, frozen=True):
    """The newest first."""

    days: list[ArrivalDayLine]


class OpenPort(Message, frozen=True):
    """Operator's socket only: whether a health office takes declarations."""

    hospital_code: str
    taking: bool


Request = (
    ListPorts
    | Declare
    | ReadOwnDeclaration
    | WithdrawDeclaration
    | ListArrivals
    | ListTravellers
    | ReadDeclaration
    | FindDeclaration
    | ListArrivalDays
    | OpenPort
)
Reply = PortList | Declared | DeclarationView | ArrivalList | TravellerList | ArrivalDayList
