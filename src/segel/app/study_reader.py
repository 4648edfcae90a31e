"""The console's ``Reader`` over archive and records: how the pages come to see them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from segel.broker import Requester
from segel.console.errors import ChartMissing, PictureMissing
from segel.console.ports import (
    Picture,
    Rendering,
    ShownInstance,
    ShownSeries,
    ShownStudy,
    StudyCopy,
)
from segel.domain.dicom import JsonDataset, first_value, text_value
from segel.domain.records import CHART_TYPES
from segel.domain.scopes import IMAGING
from segel.imaging import Archive, InstanceEntry, InstanceUnknown, OpenStudy
from segel.imaging.dicom import DicomError, Window, frame_of, read_header, render_frame
from segel.records import Records, RecordsError

SERIES_UID: Final = "0020000E"
INSTANCE_UID: Final = "00080018"
FRAMES: Final = "00280008"
WINDOW_CENTER: Final = "00281050"
WINDOW_WIDTH: Final = "00281051"
ROWS: Final = "00280010"
COLUMNS: Final = "00280011"
PIXEL_SPACING: Final = "00280030"
IMAGER_PIXEL_SPACING: Final = "00181164"
SPACING_CALIBRATION: Final = "00280A02"
PIXEL_ASPECT_RATIO: Final = "00280034"
PHOTOMETRIC: Final = "00280004"
GREY: Final = frozenset({"MONOCHROME1", "MONOCHROME2", ""})

SIZE_MAX: Final = 1e9
ASPECT_MAX: Final = 20.0
"""Of a pixel. Reformatted thick slices have some 10; beyond this it is a slip of the pen."""

_datasets = msgspec.json.Decoder(list[JsonDataset])


class ArchiveReader:
    """Opens studies of ``archive``, and charts of ``records``, for the pages."""

    def __init__(self, archive: Archive, records: Records) -> None:
        self._archive = archive
        self._records = records

    async def chart(
        self, requester: Requester, patient_id: UUID, types: Sequence[str] = ()
    ) -> Sequence[Mapping[str, Any]]:
        """A patient's chart. Raises ChartMissing, BrokerError."""
        try:
            return await self._records.finding.everything(
                requester, patient_id, types or (*CHART_TYPES, IMAGING)
            )
        except RecordsError as error:
            raise ChartMissing(error.what, remedy=error.remedy) from None

    async def chart_copy(self, requester: Requester, patient_id: UUID) -> AsyncIterator[bytes]:
        """A patient's own record, to be taken along. Raises ChartMissing, BrokerError."""
        try:
            return await self._records.copy_of(requester, patient_id)
        except RecordsError as error:
            raise ChartMissing(error.what, remedy=error.remedy) from None

    async def study_copy(self, requester: Requester, study_uid: str) -> StudyCopy:
        """A patient's own study, to be taken along. Raises BrokerError."""
        opened = await self._archive.open_copy(requester, study_uid)
        series = [text_value(one, SERIES_UID) for one in await opened.series()]
        entries = sorted(await opened.instances(), key=lambda one: series.index(one.series_uid))
        places = tuple(
            (series.index(entry.series_uid) + 1, entry.record.file_bytes) for entry in entries
        )
        return StudyCopy(places, _files(opened, entries))

    async def study(self, requester: Requester, study_uid: str) -> ShownStudy:
        """A study with its series. Raises BrokerError."""
        opened = await self._archive.open_study(requester, study_uid)
        entries = await opened.instances()
        described = await self._described(opened)
        by_series: dict[str, list[ShownInstance]] = {}
        for entry in entries:
            shown = shown_instance(entry, described.get(entry.sop_instance_uid, {}))
            by_series.setdefault(entry.series_uid, []).append(shown)
        series = tuple(
            ShownSeries(uid, attributes, tuple(by_series.get(uid, ())))
            for attributes in await opened.series()
            if (uid := text_value(attributes, SERIES_UID))
        )
        grant = opened.grant
        return ShownStudy(study_uid, opened.attributes, series, grant.patient_id, grant.report_mark)

    async def picture(
        self,
        requester: Requester,
        study_uid: str,
        instance_uid: str,
        frame: int,
        rendering: Rendering,
    ) -> Picture:
        """Frame ``frame`` as a JPEG. Raises PictureMissing, BrokerError."""
        opened = await self._archive.open_study(requester, study_uid)
        try:
            file = await opened.read(await opened.instance(instance_uid))
            data = await asyncio.to_thread(_draw, file, frame, rendering)
        except (InstanceUnknown, DicomError):
            raise PictureMissing("There is no picture of this frame.") from None
        return Picture("image/jpeg", data)

    async def _described(self, opened: OpenStudy) -> dict[str, JsonDataset]:
        document = await opened.metadata()
        datasets = await asyncio.to_thread(_datasets.decode, document)
        return {text_value(dataset, INSTANCE_UID): dataset for dataset in datasets}


async def _files(opened: OpenStudy, entries: Sequence[InstanceEntry]) -> AsyncIterator[bytes]:
    """Each file; every one asks whether its session may still read."""
    for entry in entries:
        yield await opened.read(entry)


def shown_instance(entry: InstanceEntry, dataset: JsonDataset) -> ShownInstance:
    """What the pages need to know of an instance, from its metadata."""
    photometric = text_value(dataset, PHOTOMETRIC)
    grey = photometric in GREY
    columns = _number(dataset, COLUMNS)
    spacing_mm, at_detector = _spacing_mm(dataset)
    return ShownInstance(
        entry.sop_instance_uid,
        int(_number(dataset, FRAMES)) or 1 if entry.record.frames else 0,
        _window(dataset) if grey else None,
        grey=grey,
        inverted=photometric == "MONOCHROME1",
        size=(int(columns), int(_number(dataset, ROWS))),
        width_mm=columns * spacing_mm[1],
        at_detector=at_detector,
        aspect=_aspect(spacing_mm) or _aspect(_pair(dataset, PIXEL_ASPECT_RATIO)) or 1.0,
    )


def _spacing_mm(dataset: JsonDataset) -> tuple[tuple[float, float], bool]:
    """Between rows and between columns, 0 where unsaid; whether at the detector.

    PS3.3 § 10.7.1.3: a Pixel Spacing that repeats Imager Pixel Spacing, with nothing said of a
    calibration, was not corrected for how far from the detector the patient was.
    """
    spacing = _pair(dataset, PIXEL_SPACING)
    at_detector = _pair(dataset, IMAGER_PIXEL_SPACING)
    if not all(spacing):
        return at_detector, all(at_detector)
    return spacing, spacing == at_detector and SPACING_CALIBRATION not in dataset


def _pair(dataset: JsonDataset, tag: str) -> tuple[float, float]:
    return _number(dataset, tag, 0), _number(dataset, tag, 1)


def _aspect(pixel: tuple[float, float]) -> float:
    """A pixel's height by its width; 0 where that makes no sense."""
    height, width = pixel
    aspect = height / width if height and width else 0.0
    return aspect if 1 / ASPECT_MAX <= aspect <= ASPECT_MAX else 0.0


def _number(dataset: JsonDataset, tag: str, place: int = 0) -> float:
    """A value of an attribute; 0 where it is missing or not a size."""
    try:
        return min(SIZE_MAX, max(0.0, float(dataset[tag]["Value"][place])))
    except (KeyError, IndexError, TypeError, ValueError):
        return 0.0


def _window(dataset: JsonDataset) -> tuple[float, float] | None:
    try:
        centre = float(first_value(dataset, WINDOW_CENTER))
        width = float(first_value(dataset, WINDOW_WIDTH))
    except (TypeError, ValueError):
        return None
    return (centre, width) if width >= 1 else None


def _draw(file: bytes, frame: int, rendering: Rendering) -> bytes:
    header = read_header(file)
    window = Window(*rendering.window) if rendering.window else None
    viewport: Any = (rendering.size_px, rendering.size_px) if rendering.size_px else None
    return render_frame(
        header,
        frame_of(header, file, frame),
        frame,
        media_type="image/jpeg",
        window=window,
        viewport=viewport,
    )
