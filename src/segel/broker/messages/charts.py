"""Patients, and the folders of their charts: found, opened, registered, amended."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.broker.messages.subscriptions import Subscriber
from segel.domain.consent import Restriction, Rule
from segel.domain.identifiers import NumberKind
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.records import Interaction


class PatientNumber(msgspec.Struct, frozen=True):
    """A number that somebody is known by; ``kind`` None where the asker does not know which."""

    value: str
    kind: NumberKind | None = None

    def __repr__(self) -> str:
        return f"PatientNumber(kind={self.kind})"


class PatientQuery(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is looked for: by any of the numbers or ids, or by name and birth (YYYYMMDD, first and
    last day). ``sex`` and ``name`` narrow either. Everything that is given has to agree."""

    patient_ids: tuple[UUID, ...] = ()
    numbers: tuple[PatientNumber, ...] = ()
    name: str = ""
    born_first: str = ""
    born_last: str = ""
    sex: str = ""
    limit: int = 20
    offset: int = 0
    ids_only: bool = False
    """Only who has a number, for whoever is about to write to them: without whom they are linked
    to, and without a name; a system's look costs what its writing costs."""

    def __repr__(self) -> str:
        return "PatientQuery(...)"


class PatientLine(msgspec.Struct, frozen=True):
    """Somebody who was found. No key comes with it."""

    patient_id: UUID
    identity: PatientIdentity

    def __repr__(self) -> str:
        return f"PatientLine(patient_id={self.patient_id})"


class PatientList(Message, frozen=True):
    """Patients in order of their ids; ``more`` where others follow."""

    lines: list[PatientLine]
    more: bool = False


class MatchLine(msgspec.Struct, frozen=True):
    """Somebody who may be who was asked about. ``grade``: certain, probable or possible; ``score``
    is from 0 to 1."""

    patient_id: UUID
    identity: PatientIdentity
    grade: str
    score: float

    def __repr__(self) -> str:
        return f"MatchLine(patient_id={self.patient_id})"


class MatchList(Message, frozen=True):
    """The likeliest first."""

    lines: list[MatchLine]


class FolderGrant(msgspec.Struct, frozen=True):
    """The key of all resources of one type of one patient, and where they lie.

    ``subscribers``: where they are opened to be written, who is to be told of what matches.
    """

    resource_type: str
    folder_id: UUID
    key: bytes
    subscribers: tuple[Subscriber, ...] = ()

    def __repr__(self) -> str:
        return f"FolderGrant(resource_type={self.resource_type})"


class ChartGrant(Message, frozen=True):
    """Released folder keys. Drop them with the request that asked for them.

    ``identity`` is given where the Patient folder is. ``receipt`` is the JSON of a
    ``segel.tlog.Receipt``: the proof that the release was logged. ``own``: to the patient, who is
    not shown what nobody has signed yet.
    """

    patient_id: UUID
    hospital_id: UUID
    folders: tuple[FolderGrant, ...]
    receipt: bytes
    identity: PatientIdentity | None = None
    consent_mark: UUID | None = None
    """With the Consent folder: what stood in the patient's row, for ``DecideConsent``."""
    restricted: tuple[Restriction, ...] = ()
    """With the Consent folder: what the hospital stopped at the patient's request."""
    own: bool = False

    def __repr__(self) -> str:
        return f"ChartGrant(patient_id={self.patient_id})"


class FindPatients(Message, frozen=True):
    """Each patient listed costs a fifth of one who is opened."""

    requester: Requester
    query: PatientQuery


class MatchPatients(Message, frozen=True):
    """Who may be somebody, by how alike they are; each patient listed costs as in a search."""

    requester: Requester
    identity: PatientIdentity
    limit: int
    only_certain: bool = False


class OpenChart(Message, frozen=True):
    """Open folders of a patient for one interaction; every type has to be permitted.

    ``copy``: the patient's own, to be taken along; the log says so.
    """

    requester: Requester
    patient_id: UUID
    resource_types: tuple[str, ...]
    interaction: Interaction
    copy: bool = False


class OpenFolder(Message, frozen=True):
    """Open the folder that a resource lies in, where it is of this type."""

    requester: Requester
    folder_id: UUID
    resource_type: str
    interaction: Interaction


class RegisterPatient(Message, frozen=True):
    """Make a patient whom none of the numbers is known of; opens their Patient folder.

    ``request_id``: random; of requests that have the same one, the first makes the patient.
    """

    requester: Requester
    identity: PatientIdentity
    request_id: UUID


class AmendPatient(Message, frozen=True):
    """Write who a patient is anew; opens their Patient folder."""

    requester: Requester
    patient_id: UUID
    identity: PatientIdentity


class ConsentVersion(msgspec.Struct, frozen=True):
    """A version of a Consent as its row will have it: sealed under the folder's key."""

    interaction: Interaction
    resource_id: UUID
    number: int
    sealed: bytes

    def __repr__(self) -> str:
        return f"ConsentVersion(resource_id={self.resource_id}, number={self.number})"


class DecideConsent(Message, frozen=True):
    """Write a Consent together with what holds from then on: everything that the patient decided,
    the newest first. ``permits``: what this version itself permits, so that a restriction of it
    ends. ``mark``: of the grant under which all of it was read."""

    requester: Requester
    patient_id: UUID
    version: ConsentVersion
    rules: tuple[Rule, ...]
    permits: tuple[Purpose, ...]
    mark: UUID | None


class ConsentDecided(Message, frozen=True):
    """The proof that it was logged, as the JSON of a ``segel.tlog.Receipt``."""

    receipt: bytes


Request = (
    FindPatients
    | MatchPatients
    | OpenChart
    | OpenFolder
    | RegisterPatient
    | AmendPatient
    | DecideConsent
)
Reply = PatientList | MatchList | ChartGrant | ConsentDecided
