"""The audit log taken elsewhere: exported by those who may, forwarded by syslog."""

from uuid import UUID

from segel.broker.messages.base import Message, Requester
from segel.broker.messages.own import AuditLine


class ExportAudit(Message, frozen=True):
    """Ask for entries from leaf ``first`` on: of the asker's hospital, or of their own account.

    Events hold Segel's random ids and no names. Of a hospital, each distinct patient costs budget.
    ``until``: the size of the log that the first page was of; each page adds to it.
    ``since_s``, ``before_s``: Unix times that ``first`` and ``until`` are narrowed by (0: not), for
    a first page. ``agent``: only what this account did.
    """

    requester: Requester
    first: int = 0
    until: int = 0
    limit: int = 500
    own: bool = False
    since_s: float = 0.0
    before_s: float = 0.0
    agent: UUID | None = None


class AuditPage(Message, frozen=True):
    """Entries in the order of the log. ``next_leaf``, ``until``: go on with them; ``complete``:
    nothing is left.

    ``erased``: entries of erased patients that nobody can open.
    """

    lines: list[AuditLine]
    next_leaf: int
    until: int
    complete: bool
    erased: int = 0


class FollowForwarding(Message, frozen=True):
    """Operator's socket only: how far the syslog forwarder is."""


class ForwardStatus(Message, frozen=True):
    """``state``: off, connecting, forwarding, waiting (after a failure), elsewhere (another broker
    forwards). ``trouble``: the kind of the last failure. ``settled``: entries that the receiver
    has for sure; the rest up to ``log_size`` is yet to be sent, or may be sent again."""

    state: str
    destination: str = ""
    settled: int = 0
    log_size: int = 0
    trouble: str = ""
    failures: int = 0


Request = ExportAudit | FollowForwarding
Reply = AuditPage | ForwardStatus
