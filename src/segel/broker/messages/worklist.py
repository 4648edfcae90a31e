"""Orders for images: written down as due on a day, and listed for the devices that make them."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.broker.messages.charts import FolderGrant
from segel.domain.patient import PatientIdentity
from segel.domain.records import Interaction


class OrderDue(msgspec.Struct, frozen=True):
    """What a worklist is searched by, of one version of an order; ``interaction``: how it came.

    ``day``: YYYYMMDD; '' where the version takes the order off the worklist. ``modalities`` and
    ``stations``: none where the order is for any.
    """

    interaction: Interaction
    patient_id: UUID
    resource_id: UUID
    day: str = ""
    accession: str = ""
    study_uid: str = ""
    modalities: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"OrderDue(resource_id={self.resource_id})"


class DueMark(msgspec.Struct, frozen=True):
    """The row of an order in ``orders_due``; without ``sealed`` it is to be taken away."""

    due_id: UUID
    whose: bytes = b""
    day: bytes = b""
    number: bytes = b""
    sealed: bytes = b""

    def __repr__(self) -> str:
        return f"DueMark(due_id={self.due_id})"


class DueMarks(Message, frozen=True):
    """Rows, one for each order, to be written with them."""

    marks: tuple[DueMark, ...]


class MarkDue(Message, frozen=True):
    """What is to be written beside orders, for somebody who may write them."""

    requester: Requester
    orders: tuple[OrderDue, ...]


class DueQuery(msgspec.Struct, frozen=True):
    """Matching keys of a worklist; tag in hex to DICOM matching value.

    ``started``: also orders of which there are images already.
    """

    filters: dict[str, str] = {}
    started: bool = False

    def __repr__(self) -> str:
        return "DueQuery(...)"


class DueOrder(msgspec.Struct, frozen=True):
    """An order that is due. ``started``: there are images of it."""

    resource_id: UUID
    started: bool = False


class DueLine(msgspec.Struct, frozen=True):
    """A patient with orders that are due, and the key of the folder that these lie in."""

    patient_id: UUID
    identity: PatientIdentity
    folder: FolderGrant
    orders: tuple[DueOrder, ...]

    def __repr__(self) -> str:
        return f"DueLine(patient_id={self.patient_id})"


class DueList(Message, frozen=True):
    """Everybody who matched. Drop the keys with the request that asked for them."""

    lines: tuple[DueLine, ...]


class FindDue(Message, frozen=True):
    """Each patient listed costs a fifth of one who is opened."""

    requester: Requester
    query: DueQuery


Request = MarkDue | FindDue
Reply = DueMarks | DueList
