"""A study as its page and the light viewer show it: facts, series, and addresses of pictures."""

from dataclasses import dataclass
from typing import Any, Final

from segel.access import open_handle, seal_handle
from segel.console import present
from segel.console.ports import ShownSeries, ShownStudy
from segel.domain.dicom import text_value

THUMBNAIL_PX: Final = 320
"""Twice the 160 CSS pixels it is shown at, for dense screens."""

PICTURES: Final = "/pictures"
OWN_PICTURES: Final = "/my/pictures"
"""Where staff, and where patients have their pictures: they look for different purposes."""

_BETWEEN: Final = " "  # in no UID


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """One series of the page; ``thumbnail`` is '' where it holds no picture."""

    description: str
    modality: str
    number: str
    body_part: str
    images: int
    thumbnail: str
    device: str
    station: str
    protocol: str
    operator: str


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What the study's page says. ``first_shown``: index of the first series with a picture."""

    name: str
    birth_date: str
    sex: str
    age: int | None
    record_number: str
    study_date: str
    study_time: str
    description: str
    accession: str
    referrer: str
    institution: str
    modalities: list[str]
    images: int
    series: list[SeriesFacts]
    first_shown: int | None


def study_facts(study: ShownStudy, token: str, pictures: str = PICTURES) -> StudyFacts:
    """The facts of an opened study, its pictures addressed for this session."""
    about = study.attributes
    series = [_series_facts(study.uid, one, token, pictures) for one in study.series]
    return StudyFacts(
        name=present.person_name(about),
        birth_date=text_value(about, "00100030"),
        sex=text_value(about, "00100040"),
        age=present.age_years(text_value(about, "00100030"), text_value(about, "00080020")),
        record_number=text_value(about, "00100020"),
        study_date=text_value(about, "00080020"),
        study_time=text_value(about, "00080030"),
        description=text_value(about, "00081030"),
        accession=text_value(about, "00080050"),
        referrer=present.person_name(about, "00080090"),
        institution=text_value(about, "00080080"),
        modalities=present.modalities([one.attributes for one in study.series]),
        images=sum(one.images for one in series),
        series=series,
        first_shown=next((at for at, one in enumerate(series) if one.thumbnail), None),
    )


def viewer_content(
    study: ShownStudy, token: str, pictures: str = PICTURES
) -> list[list[dict[str, Any]]]:
    """For the light viewer: per series its pictures in order, address and default window each."""
    return [
        [
            {
                "at": picture_address(study.uid, instance.uid, frame, token, pictures),
                "window": list(instance.window) if instance.window else None,
                "grey": instance.grey,
                "inverted": instance.inverted,
                "side": max(instance.size),
                "mm": instance.width_mm,
                "detector": instance.at_detector,
                "aspect": instance.aspect,
            }
            for instance in series.instances
            for frame in range(1, instance.frames + 1)
        ]
        for series in study.series
    ]


def picture_address(
    study_uid: str, instance_uid: str, frame: int, token: str, pictures: str = PICTURES
) -> str:
    """Where a frame is had, without saying of what it is. ``pictures``: below which address."""
    handle = seal_handle(token, "instance", f"{study_uid}{_BETWEEN}{instance_uid}")
    return f"{pictures}/{handle}/{frame}"


def open_picture_handle(token: str, handle: str) -> tuple[str, str]:
    """Study and instance UID behind a picture's address. Raises HandleBroken."""
    study_uid, _, instance_uid = open_handle(token, "instance", handle).partition(_BETWEEN)
    return study_uid, instance_uid


def middle_of(series: ShownSeries) -> tuple[str, int] | None:
    """Instance UID and frame that stand for a series; None where it holds no picture."""
    pictured = [instance for instance in series.instances if instance.frames]
    if not pictured:
        return None
    middle = pictured[len(pictured) // 2]  # a stack's ends are often air
    return middle.uid, (middle.frames + 1) // 2


def _series_facts(study_uid: str, series: ShownSeries, token: str, pictures: str) -> SeriesFacts:
    about = series.attributes
    thumbnail = ""
    if middle := middle_of(series):
        address = picture_address(study_uid, *middle, token, pictures)
        thumbnail = f"{address}?size={THUMBNAIL_PX}"
    return SeriesFacts(
        description=text_value(about, "0008103E"),
        modality=text_value(about, "00080060"),
        number=text_value(about, "00200011"),
        body_part=text_value(about, "00180015"),
        images=sum(instance.frames for instance in series.instances),
        thumbnail=thumbnail,
        device=" ".join(
            filter(None, (text_value(about, "00080070"), text_value(about, "00081090")))
        ),
        station=text_value(about, "00081010"),
        protocol=text_value(about, "00181030"),
        operator=present.person_name(about, "00081070"),
    )
