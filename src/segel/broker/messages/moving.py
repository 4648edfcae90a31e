"""Moving keys from one KMS to another."""

from typing import Any
from uuid import UUID

from segel.broker.messages.base import Done, Message, Requester
from segel.broker.messages.keys import KeyWork


class BeginMove(Message, frozen=True):
    """Operator's socket only: keys go to the KMS that ``kms`` describes (settings by name), as
    others agreed to.
    """

    kms: dict[str, Any]
    approval_id: UUID


class AskMove(Message, frozen=True):
    """Ask that others agree to a move's beginning, to the KMS that ``kms`` describes, or without
    one to its end: the old KMS emptied. The reply names the request.
    """

    requester: Requester
    kms: dict[str, Any] | None = None


class FinishMove(Message, frozen=True):
    """Operator's socket only: empty the KMS that keys were moved from, as others agreed to."""

    approval_id: UUID


Request = BeginMove | AskMove | FinishMove
Reply = KeyWork | Done
