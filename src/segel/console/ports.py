"""What the pages need to know of studies, and from whom they ask it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from segel.access import ReadKey
from segel.broker import Requester
from segel.broker.messages import CaseView
from segel.domain.consent import Decision, Standing
from segel.domain.dicom import JsonDataset
from segel.domain.purpose import Purpose
from segel.domain.registration import Registered, Registration
from segel.leaks.examining import Corrections
from segel.leaks.telling import Telling
from segel.records import Links, Reports, Sheets
from segel.sealing import Buffer


@dataclass(frozen=True, slots=True)
class ShownInstance:
    """One instance. ``frames`` is 0 where it holds no picture (a report, a presentation state).

    ``window``: centre and width in the image's own units, None for colour or where unsaid.
    ``inverted``: low values are shown white (MONOCHROME1). ``size``: columns and rows;
    ``width_mm``: how wide that is, ``at_detector`` rather than in the patient, who stood before it
    and looks larger there. Both are 0 where nobody said. ``aspect``: a pixel's height by its width.
    """

    uid: str = field(repr=False)
    frames: int
    window: tuple[float, float] | None = None
    grey: bool = True
    inverted: bool = False
    size: tuple[int, int] = (0, 0)
    width_mm: float = 0.0
    at_detector: bool = False
    aspect: float = 1.0


@dataclass(frozen=True, slots=True)
class ShownSeries:
    """One series, its instances in the order in which they are looked at."""

    uid: str = field(repr=False)
    attributes: JsonDataset = field(repr=False)
    instances: tuple[ShownInstance, ...]


@dataclass(frozen=True, slots=True)
class ShownStudy:
    """An opened study: patient and study attributes, and its series by number. ``report_mark``:
    what says that it has been reported, once it has."""

    uid: str = field(repr=False)
    attributes: JsonDataset = field(repr=False)
    series: tuple[ShownSeries, ...]
    patient_id: UUID | None = None
    report_mark: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """One rendered frame."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a frame is wanted: ``window`` in the image's units, at most ``size_px`` on its longer
    side; 0 for the image's own size."""

    window: tuple[float, float] | None = None
    size_px: int = 0


@dataclass(frozen=True, slots=True)
class StudyCopy:
    """A study's files to be taken along, each bit for bit as it came: of each the number of its
    series, and its size in bytes; ``files`` in the same order, opened one after the other."""

    places: tuple[tuple[int, int], ...]
    files: AsyncIterator[Buffer] = field(repr=False)


class Reader(Protocol):
    """Opens studies and charts. Everything here raises the broker's errors: refused, unknown, used
    up."""

    async def chart_copy(self, requester: Requester, patient_id: UUID) -> AsyncIterator[bytes]:
        """A patient's own record as a FHIR Bundle in pieces, to be taken along. Raises
        ChartMissing."""
        ...

    async def study_copy(self, requester: Requester, study_uid: str) -> StudyCopy:
        """A patient's own study, to be taken along."""
        ...

    async def chart(
        self, requester: Requester, patient_id: UUID, types: Sequence[str] = ()
    ) -> Sequence[Mapping[str, Any]]:
        """The FHIR resources of a patient's chart, of these types or of all; the patient's first.

        Raises ChartMissing for a patient whom the requester may not know of.
        """
        ...

    async def study(self, requester: Requester, study_uid: str) -> ShownStudy:
        """A study with its series."""
        ...

    async def picture(
        self,
        requester: Requester,
        study_uid: str,
        instance_uid: str,
        frame: int,
        rendering: Rendering,
    ) -> Picture:
        """Frame ``frame`` (from 1) of an instance. Raises PictureMissing."""
        ...


class Keeper(Protocol):
    """Registers people, and writes down what they decide. Raises the broker's errors, ChartMissing
    for who is not there, and ChangedMeanwhile."""

    async def registered(self, requester: Requester, patient_id: UUID) -> Registered:
        """Somebody's registration."""
        ...

    async def register(self, requester: Requester, about: Registration) -> UUID:
        """A new patient. Raises AlreadyExists where one of the numbers is known."""
        ...

    async def amend(self, requester: Requester, known: Registered) -> None:
        """Write a registration anew, made of the version that it says. Raises AlreadyExists."""
        ...

    async def standings(self, requester: Requester, patient_id: UUID) -> Sequence[Standing]:
        """How it stands with each purpose that a patient has a say in."""
        ...

    async def decide(
        self, requester: Requester, patient_id: UUID, purpose: Purpose, decision: Decision
    ) -> None:
        """Write what a patient decided of a purpose."""
        ...


@dataclass(frozen=True, slots=True)
class Examining:
    """How an examination of a case's evidence stands. ``code``: of what broke it off, or ''."""

    is_over: bool
    code: str
    files: int
    bytes_read: int
    rows: int
    compared: int
    pictures: int = 0
    pictures_known: int = 0


class Evidence(Protocol):
    """Takes files into a case of a leak, and has them examined."""

    async def examine(
        self, requester: Requester, hospital_id: UUID | None, case_id: UUID, warrant_id: UUID
    ) -> None:
        """Begin, in the background. Raises WarrantUnknown, CaseOver where one is under way."""

    async def corrections(self, requester: Requester, view: CaseView) -> tuple[Corrections, int]:
        """What officers of a case know better than the sample says, and its version; 0 where it is
        nothing. Raises CorrectionsBroken, BrokerError."""

    def examining(self, case_id: UUID, hospital_id: UUID | None) -> Examining | None:
        """How it stands; None where none was begun by this organisation."""

    async def add(
        self,
        requester: Requester,
        case_id: UUID,
        name: str,
        source: str,
        stream: AsyncIterator[bytes],
    ) -> UUID:
        """Seal a stream as evidence; its id. Raises BrokerError, StoreError."""


@dataclass(frozen=True, slots=True)
class Backing:
    """All that the pages are made over."""

    reader: Reader
    keeper: Keeper
    reports: Reports
    sheets: Sheets
    links: Links
    read_key: ReadKey
    evidence: Evidence
    telling: Telling
