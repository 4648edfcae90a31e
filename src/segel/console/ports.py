"""What the pages need to know of studies, and from whom they ask it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from segel.broker import Requester
from segel.domain.dicom import JsonDataset


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


class Reader(Protocol):
    """Opens studies and charts. Everything here raises the broker's errors: refused, unknown, used
    up."""

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
