"""Destruction runs of what is past its retention, and the holds that keep something from them."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester


class PlanDestruction(Message, frozen=True):
    """Count the asking account's hospital; what is past its retention is the plan."""

    requester: Requester


class RunReport(Message, frozen=True, kw_only=True):
    """A run. Times are Unix seconds, 0 for not yet; ``counted`` is a day (ISO).

    ``state``: counting, planned, running, destroyed, complete, given_up. ``done`` of ``total``:
    what it is at; ``trouble``: what it waits for. ``ends``: all records by the year in which their
    retention ends; ``planned``: those that it takes, by the year of the last visit.
    """

    run_id: UUID
    hospital: str
    state: str
    asked_s: float
    years: int
    counted: str
    examined: int = 0
    no_record: int = 0
    kept: int = 0
    lately: int = 0
    held: int = 0
    later: int = 0
    due: int = 0
    ends: dict[int, int] = msgspec.field(default_factory=dict)
    planned: dict[int, int] = msgspec.field(default_factory=dict)
    approval_id: UUID | None = None
    approval: str = ""
    begun_s: float = 0.0
    done: int = 0
    total: int = 0
    trouble: str = ""
    destroyed_s: float = 0.0
    destroyed: int = 0
    studies: int = 0
    instances: int = 0
    skipped: int = 0
    completed_s: float = 0.0


class ListRuns(Message, frozen=True):
    requester: Requester


class ReportRetention(Message, frozen=True):
    """The operator's: each hospital's newest run."""


class RunList(Message, frozen=True):
    """Runs, the newest first. ``years``: how long this archive keeps records."""

    years: int
    runs: list[RunReport] = msgspec.field(default_factory=list)


class ShowRun(Message, frozen=True):
    requester: Requester
    run_id: UUID


class AskDestruction(Message, frozen=True):
    """Ask for the approval of a plan. ``reason``: in a sentence, for those who decide."""

    requester: Requester
    run_id: UUID
    reason: str


class BeginDestruction(Message, frozen=True):
    """Destroy what was planned and approved. It cannot be undone, nor stopped but by a freeze."""

    requester: Requester
    run_id: UUID


class GiveUpRun(Message, frozen=True):
    """Drop a plan."""

    requester: Requester
    run_id: UUID


class CertifyRun(Message, frozen=True):
    requester: Requester
    run_id: UUID


class RunCertificate(Message, frozen=True):
    """A signed note, see ``segel.broker.run_certificates``."""

    text: str


class PlaceHold(Message, frozen=True):
    """Keep a patient's record, or the whole hospital's ('' for the number), from destruction."""

    requester: Requester
    reference: str
    reason: str
    patient_number: str = ""


class EndHold(Message, frozen=True):
    requester: Requester
    hold_id: UUID
    reason: str


class ListHolds(Message, frozen=True):
    requester: Requester


class HoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A hold; of whom it is, it does not say. Times are Unix seconds, 0 for not yet."""

    hold_id: UUID
    whole_hospital: bool
    reference: str
    reason: str
    placed_by: str
    placed_s: float
    ended_by: str = ""
    ended_s: float = 0.0
    end_reason: str = ""


class HoldList(Message, frozen=True):
    """A hospital's holds: those that stand first."""

    holds: list[HoldLine] = msgspec.field(default_factory=list)


Request = (
    PlanDestruction
    | ListRuns
    | ReportRetention
    | ShowRun
    | AskDestruction
    | BeginDestruction
    | GiveUpRun
    | CertifyRun
    | PlaceHold
    | EndHold
    | ListHolds
)
Reply = RunReport | RunList | RunCertificate | HoldList
