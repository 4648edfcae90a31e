"""Alerts: what the data protection officer is shown, and acknowledges."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester


class AlertLine(msgspec.Struct, frozen=True):
    """One alert. ``kind`` is an ``AlertKind``; times are Unix seconds, 0 for never.

    ``account``: the name of the account that it is about, or ''. ``subject_id``: what to look at.
    """

    alert_id: UUID
    kind: str
    raised_s: float
    hospital: str = ""
    account: str = ""
    subject_id: UUID | None = None
    detail: str = ""
    acknowledged_s: float = 0.0
    acknowledged_by: str = ""
    note: str = ""


class AlertList(Message, frozen=True):
    """Newest first. ``waiting``: how many nobody has acknowledged."""

    alerts: list[AlertLine]
    waiting: int


class ListAlerts(Message, frozen=True):
    """The alerts of the asking officer's hospital."""

    requester: Requester
    limit: int = 100


class AcknowledgeAlert(Message, frozen=True):
    """Say that it was seen; ``note``: what is done about it, or ''."""

    requester: Requester
    alert_id: UUID
    note: str = ""


class ListAllAlerts(Message, frozen=True):
    """Operator's socket only: the alerts of every hospital."""

    limit: int = 100


class AcknowledgeAnyAlert(Message, frozen=True):
    """Operator's socket only: acknowledge for a person, who is named."""

    alert_id: UUID
    by: str
    note: str = ""


Request = ListAlerts | AcknowledgeAlert | ListAllAlerts | AcknowledgeAnyAlert
Reply = AlertList
