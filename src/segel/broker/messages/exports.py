"""Bulk exports: asked for, approved by two, and opened patient by patient."""

from typing import Final
from uuid import UUID

from segel.broker.messages.approvals import ApprovalState
from segel.broker.messages.base import Done, Message, Requester
from segel.broker.messages.charts import ChartGrant
from segel.broker.messages.reading import StudyMatch
from segel.domain.purpose import Purpose

PART_PATIENTS: Final = 1_000
"""Patients of one file of an export: some minutes of reading, which is then begun anew where it
breaks off."""


class AskExport(Message, frozen=True):
    """Ask for the records of all patients of the own hospital, for the requester's purpose.

    ``types``: none for all that the requester may export; ``since_s``: Unix time, only what changed
    from it on; 0 for all. ``address``: the request as the client made it. The reply is the export.
    """

    requester: Requester
    recipient: str
    reason: str
    types: tuple[str, ...] = ()
    since_s: float = 0.0
    address: str = ""


class ShowExport(Message, frozen=True):
    """How an own export stands."""

    requester: Requester
    export_id: UUID


class EndExport(Message, frozen=True):
    """Take an own export back, or end it: from now on it gives nothing."""

    requester: Requester
    export_id: UUID


class ExportReport(Message, frozen=True):
    """An export as who asked for it sees it. Times are Unix times, 0 for never.

    ``at_s``: what is exported is as it stood then. ``expires_s``: until when it can be approved;
    once it is, until when it gives files. ``parts``: files of each type.
    """

    export_id: UUID
    state: ApprovalState
    recipient: str
    purpose: Purpose
    types: tuple[str, ...]
    since_s: float
    patients: int
    parts: int
    address: str
    at_s: float
    expires_s: float
    approved: int
    needed: int


class OpenExported(Message, frozen=True):
    """Open what an approved export may take of one patient: the one at ``place`` of a part, of one
    type."""

    requester: Requester
    export_id: UUID
    part: int
    place: int
    resource_type: str


class Exported(Message, frozen=True):
    """What is opened of one patient; nothing where there is nothing of it, where they declined it,
    or are not here any more. ``studies``: of the type ImagingStudy, which has no folder.

    ``over``: the part has no such place. ``at_s``, ``since_s``: as of the export. ``pseudonym``:
    what stands, wherever ``patient_id`` does, in what is given to the recipient.
    """

    at_s: float
    since_s: float
    over: bool = False
    grant: ChartGrant | None = None
    hospital_id: UUID | None = None
    studies: tuple[StudyMatch, ...] = ()
    patient_id: UUID | None = None
    pseudonym: UUID | None = None


class LogExportFile(Message, frozen=True):
    """Write down that a file of an export is about to be given whole. ``digest``: its SHA-256."""

    requester: Requester
    export_id: UUID
    part: int
    resource_type: str
    rows: int
    size: int
    digest: bytes


Request = AskExport | ShowExport | EndExport | OpenExported | LogExportFile
Reply = ExportReport | Exported | Done
