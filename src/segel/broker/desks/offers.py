"""What a desk answers, and to whom. Nothing is answered that no offer names."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol

from segel.broker.messages import Message, Reply


class Caller(Enum):
    """By which socket a request came."""

    DOOR = "door"
    OPERATOR = "operator"
    PLANTER = "planter"
    COURIER = "courier"
    FINGERPRINTER = "fingerprinter"


ANYBODY: Final = frozenset({Caller.DOOR, Caller.OPERATOR})
OPERATOR_ONLY: Final = frozenset({Caller.OPERATOR})
COURIER_ONLY: Final = frozenset({Caller.COURIER})
FINGERPRINTER_ONLY: Final = frozenset({Caller.FINGERPRINTER})
PLANTING: Final = frozenset({Caller.OPERATOR, Caller.PLANTER})

Handler = Callable[[Any], Awaitable[Reply]]
"""Gets a request of the offer's class. Raises BrokerError."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One message, who answers it, and which callers may send it."""

    message: type[Message]
    handle: Handler
    callers: frozenset[Caller] = ANYBODY


class Desk(Protocol):
    """One area of what the broker does."""

    def offers(self) -> list[Offer]:
        """The messages that are answered here."""
        ...
