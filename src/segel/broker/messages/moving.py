"""Moving keys from one KMS to another."""

from typing import Any
from uuid import UUID

from segel.broker.messages.base import Done, Message, Requester
from segel.broker.messages.keys import KeyWork


class BeginMove(Message, frozen=True):
    """Operator's socket only: keys go to the KMS that ``kms`` describes (settings by name)."""

    kms: dict[str, Any]


class AskFinishMove(Message, frozen=True):
    """Ask that others agree to the old KMS being emptied; the reply names the request."""

    requester: Requester


class FinishMove(Message, frozen=True):
    """Operator's socket only: empty the KMS that keys were moved from, as others agreed to."""

    approval_id: UUID


Request = BeginMove | AskFinishMove | FinishMove
Reply = KeyWork | Done
