"""The national platform: set up by the operator, told by the process that speaks with it."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.broker.messages.charts import FolderGrant
from segel.broker.messages.reading import StudyMatch
from segel.domain.patient import PatientIdentity

# --- the operator's socket -----------------------------------------------------------------------


class SetUpNational(Message, frozen=True):
    """Operator's socket only: how a hospital is known at the platform. From now on it is told.

    ``organisation``, ``location``: its IHS number, and its Location there or "". ``add_numbers``:
    whether the number that the platform has for a patient is added to theirs here.
    """

    hospital_code: str
    organisation: str
    location: str
    client_id: str
    client_secret: str
    add_numbers: bool = False

    def __repr__(self) -> str:
        return f"SetUpNational(hospital_code={self.hospital_code!r})"


class SwitchNational(Message, frozen=True):
    """Operator's socket only: whether a hospital that was set up tells the platform anything."""

    hospital_code: str
    on: bool


class ReportNational(Message, frozen=True):
    """Operator's socket only."""


class NationalHospital(msgspec.Struct, frozen=True):
    """How it stands with one hospital. Times are Unix seconds, 0 for never.

    ``waiting``: patients of whom something may be to be told; ``letters``: records set aside.
    ``trouble``: why nothing can be told since ``since_s``, or "".
    """

    hospital: str
    organisation: str
    on: bool
    waiting: int
    letters: int
    trouble: str = ""
    since_s: float = 0.0
    last_sent_s: float = 0.0


class NationalReport(Message, frozen=True):
    """``platform``: whether the settings name one at all."""

    hospitals: list[NationalHospital]
    platform: bool


class Letter(msgspec.Struct, frozen=True):
    """A record that was set aside, and why; nothing in it is anybody's.

    ``resource_id`` is random. ``version``: tells one state of the record from another.
    ``fault``: a word for programs; ``status``: of HTTP, where the platform refused it.
    """

    resource_type: str
    resource_id: UUID
    version: str
    fault: str
    place: str
    what: str
    remedy: str
    status: int = 0


class LetterLine(msgspec.Struct, frozen=True):
    """A letter in a list; since when it lies there in Unix seconds."""

    letter_id: UUID
    hospital: str
    since_s: float
    letter: Letter


class ListLetters(Message, frozen=True):
    """Operator's socket only: the newest first. ``hospital_code`` "": of every hospital."""

    hospital_code: str = ""
    limit: int = 100


class LetterList(Message, frozen=True):
    letters: list[LetterLine]


class RetryNational(Message, frozen=True):
    """Operator's socket only: try letters of a hospital again; without ``letter_id`` all."""

    hospital_code: str
    letter_id: UUID | None = None


class DropLetters(Message, frozen=True):
    """Operator's socket only: let letters be, until their record changes. As ``RetryNational``."""

    hospital_code: str
    letter_id: UUID | None = None


class NationalCount(Message, frozen=True):
    count: int


# --- the socket of the process that speaks with the platform -----------------------------------


class ListOrganisations(Message, frozen=True):
    """Which hospitals tell the platform, and under which revision of their set-up."""


class OrganisationList(Message, frozen=True):
    """``organisations``: revisions by hospital."""

    organisations: dict[UUID, UUID]


class OpenOrganisation(Message, frozen=True):
    """Ask for a hospital's credentials and for a session of its account for the platform."""

    hospital_id: UUID


class OpenedOrganisation(Message, frozen=True):
    """``expires_s`` is Unix time in seconds."""

    token: str
    expires_s: int
    organisation: str
    location: str
    client_id: str
    client_secret: str
    add_numbers: bool

    def __repr__(self) -> str:
        return "OpenedOrganisation(...)"


class TakeNational(Message, frozen=True):
    """Open the chart of a patient of whom something may be to be told."""

    requester: Requester


class NationalGrant(msgspec.Struct, frozen=True):
    """A patient's open chart, for one round. Drop it with the round.

    ``mark``: which change this is about. ``book``: where it is kept what was sent. ``again``: what
    was refused before is tried once more. ``attempts``: rounds that the platform broke off.
    """

    entry_id: UUID
    mark: UUID
    patient_id: UUID
    hospital_id: UUID
    identity: PatientIdentity
    folders: tuple[FolderGrant, ...]
    book: FolderGrant
    studies: list[StudyMatch]
    again: bool
    attempts: int

    def __repr__(self) -> str:
        return f"NationalGrant(entry_id={self.entry_id})"


class NationalWork(Message, frozen=True):
    """``grant`` None: nothing is due."""

    grant: NationalGrant | None = None


class DiscloseRecord(Message, frozen=True):
    """Log that a record leaves the house, before it does."""

    requester: Requester
    entry_id: UUID
    resource_type: str


class AddHealthNumber(Message, frozen=True):
    """Add the number that the platform has for a patient who has none here."""

    requester: Requester
    entry_id: UUID
    number: str


class SettleNational(Message, frozen=True):
    """End a round: ``later_s`` seconds from now again, or 0 for done; ``letters``: all there are
    of this patient now, or None where that was not found out."""

    requester: Requester
    entry_id: UUID
    mark: UUID
    later_s: float = 0.0
    letters: list[Letter] | None = None


class TellPlatform(Message, frozen=True):
    """How the platform is: ``trouble`` a word, or "" where it answers; ``sent``: took something."""

    requester: Requester
    trouble: str
    sent: bool = False


Request = (
    SetUpNational
    | SwitchNational
    | ReportNational
    | ListLetters
    | RetryNational
    | DropLetters
    | ListOrganisations
    | OpenOrganisation
    | TakeNational
    | DiscloseRecord
    | AddHealthNumber
    | SettleNational
    | TellPlatform
)
Reply = (
    NationalReport
    | LetterList
    | NationalCount
    | OrganisationList
    | OpenedOrganisation
    | NationalWork
)
