"""Who is registered where, and what was imaged when: all of it follows from a ``Plan``.

People are numbered; each is drawn with the ``SHARD`` people around them, so that any part can be
made again by itself, and a larger archive has everybody whom a smaller one of the same seed has.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID, uuid5

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from segel.app.synth.population import population
from segel.domain.dicom import JsonDataset
from segel.domain.identifiers import NIK_SYSTEM
from segel.domain.patient import PatientIdentity

NAMESPACE: Final = UUID("6d0a4c53-30c7-4b52-9b6c-0f1f5f7d5a11")
SHARD: Final = 5_000
"""People drawn, sealed and written together: a second or two of one core, some ten megabytes."""

PATIENTS_MAX: Final = 80_000_000
"""So many NIKs there are of provinces that nobody lives in."""

HOSPITALS_MAX: Final = 500
STUDIES_MAX: Final = 20.0
YEARS: Final = 5
"""Of studies, back from the day of the plan."""

GROWTH: Final = 1.15
"""Studies of a year over those of the year before."""

WEEK: Final = (1.0, 1.0, 1.0, 1.0, 0.95, 0.55, 0.25)
"""Studies of a day, from Monday."""

TOWNS: Final = (
    "ARUMBAYA", "BANJARSEJUK", "CEMPAKASARI", "DELIMARAJA", "EMBUNPAGI", "FAJARMULYA",
    "GEMILANGREJO", "HARUMJAYA", "INTANPURA", "JATILUHURAN", "KENANGASARI", "LEMBAHTEDUH",
    "MUARATENANG", "NUSADAMAI", "OMBAKBIRU", "PURNAMAREJO", "RANTAUSUNYI", "SENJAKENCANA",
    "TIRTAMAYA", "UJUNGHARAPAN",
)  # fmt: skip
"""Towns that are on no map."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """What is imaged. ``share``: of all studies."""

    share: float
    modality: str
    description: str
    body_part: str


PROCEDURES: Final = (
    Procedure(0.34, "DX", "FOTO THORAX PA", "CHEST"),
    Procedure(0.10, "CR", "FOTO THORAX AP", "CHEST"),
    Procedure(0.06, "DX", "FOTO LUMBOSACRAL AP/LAT", "LSPINE"),
    Procedure(0.06, "CR", "FOTO GENU AP/LAT", "KNEE"),
    Procedure(0.04, "DX", "FOTO MANUS AP/OBLIQUE", "HAND"),
    Procedure(0.12, "US", "USG ABDOMEN", "ABDOMEN"),
    Procedure(0.06, "US", "USG KANDUNGAN", "UTERUS"),
    Procedure(0.02, "US", "USG TIROID", "NECK"),
    Procedure(0.06, "CT", "CT KEPALA TANPA KONTRAS", "HEAD"),
    Procedure(0.04, "CT", "CT THORAX", "CHEST"),
    Procedure(0.03, "CT", "CT ABDOMEN KONTRAS", "ABDOMEN"),
    Procedure(0.03, "MR", "MRI KEPALA", "HEAD"),
    Procedure(0.02, "MR", "MRI LUMBAL", "LSPINE"),
    Procedure(0.02, "MG", "MAMMOGRAFI", "BREAST"),
)


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a synthetic archive is made of. ``until``: the day of its newest study.

    All but ``patients`` is fixed once the first of them is there.
    """

    patients: Annotated[int, Meta(ge=1, le=PATIENTS_MAX)]
    hospitals: Annotated[int, Meta(ge=1, le=HOSPITALS_MAX)]
    studies_per_patient: Annotated[float, Meta(ge=1, le=STUDIES_MAX)]
    seed: Annotated[int, Meta(ge=0, lt=2**31)]
    until: date
    compare: bool

    @property
    def shards(self) -> int:
        """How many times ``SHARD`` people, the last of them perhaps fewer."""
        return -(-self.patients // SHARD)

    def people_in(self, shard: int) -> int:
        """How many people of a shard are wanted."""
        return min(SHARD, self.patients - shard * SHARD)


@dataclass(frozen=True, slots=True)
class SynthHospital:
    """A hospital as it is enrolled; ``share`` of all patients are its own."""

    code: str
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class SynthStudy:
    """A study's summary; ``series`` is the one series that it has."""

    uid: str
    accession: str
    day: date
    attributes: JsonDataset
    series_uid: str
    series: JsonDataset


@dataclass(frozen=True, slots=True)
class SynthPerson:
    """``hospital``: its place in the plan's list. Studies are in the order of their days."""

    number: int
    hospital: int
    identity: PatientIdentity
    studies: tuple[SynthStudy, ...]


def hospitals(count: int) -> tuple[SynthHospital, ...]:
    """So many hospitals: a few large ones, and many small."""
    weights = [1 / (rank + 2) for rank in range(count)]
    return tuple(
        SynthHospital(
            code=f"SINTETIS{rank + 1:03}",
            name=f"RS {TOWNS[rank % len(TOWNS)].capitalize()} {rank // len(TOWNS) + 1} (sintetis)",
            share=weight / sum(weights),
        )
        for rank, weight in enumerate(weights)
    )


def request_id(plan: Plan, number: int) -> UUID:
    """What stands for the request that would have registered a person."""
    return uuid5(NAMESPACE, f"{plan.seed}/{number}")


def people(plan: Plan, shard: int) -> Iterator[SynthPerson]:
    """The people of one shard, as far as the plan wants them."""
    where = hospitals(plan.hospitals)
    first = shard * SHARD
    drawn = population(SHARD, (plan.seed, shard), [one.share for one in where], first)
    chance = np.random.default_rng((plan.seed, shard, 1))
    counts = chance.geometric(1 / plan.studies_per_patient, SHARD)
    days, shares = _days(plan.until)
    total = int(counts.sum())
    day_of = chance.choice(len(days), total, p=shares)
    minute_of = chance.integers(7 * 60, 17 * 60, total)
    what = chance.choice(len(PROCEDURES), total, p=[one.share for one in PROCEDURES])
    ends = np.cumsum(counts)
    for at in range(plan.people_in(shard)):
        identity, hospital = drawn.person(at), where[int(drawn.hospital[at])]
        born = date.fromisoformat(identity.birth_date)
        begin, end = int(ends[at] - counts[at]), int(ends[at])
        # The days are counted backwards.
        order = sorted(range(begin, end), key=lambda one: (-day_of[one], minute_of[one]))
        studies = tuple(
            _study(
                plan.seed,
                f"{first + at}/{turn}",
                identity,
                hospital,
                max(days[day_of[one]], born),
                int(minute_of[one]),
                PROCEDURES[what[one]],
            )
            for turn, one in enumerate(order)
        )
        yield SynthPerson(first + at, int(drawn.hospital[at]), identity, studies)


@functools.lru_cache(maxsize=1)
def _days(until: date) -> tuple[list[date], NDArray[np.float64]]:
    """The days that studies are of, the newest first, and how many of all are of each."""
    days = [until - timedelta(days=back) for back in range(YEARS * 365)]
    weights = np.array(
        [WEEK[day.weekday()] * GROWTH ** (-((until - day).days) / 365) for day in days]
    )
    return days, weights / weights.sum()


def _study(
    seed: int,
    name: str,
    who: PatientIdentity,
    hospital: SynthHospital,
    day: date,
    minute: int,
    what: Procedure,
) -> SynthStudy:
    study_uid, series_uid = _uid(seed, "study", name), _uid(seed, "series", name)
    at = f"{minute // 60:02}{minute % 60:02}00"
    accession = f"{day:%y%m%d}{int(study_uid[-9:]):09}"
    age = (day - date.fromisoformat(who.birth_date)).days // 365
    attributes: JsonDataset = {
        "00080020": {"vr": "DA", "Value": [f"{day:%Y%m%d}"]},
        "00080030": {"vr": "TM", "Value": [at]},
        "00080050": {"vr": "SH", "Value": [accession]},
        "00080080": {"vr": "LO", "Value": [hospital.name]},
        "00081030": {"vr": "LO", "Value": [what.description]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": who.name}]},
        "00100020": {"vr": "LO", "Value": [who.patient_id]},
        "00100030": {"vr": "DA", "Value": [who.birth_date]},
        "00100040": {"vr": "CS", "Value": [who.sex]},
        "00101002": {
            "vr": "SQ",
            "Value": [
                {
                    "00100020": {"vr": "LO", "Value": [who.nik]},
                    "00100021": {"vr": "LO", "Value": [NIK_SYSTEM]},
                }
            ],
        },
        "00101010": {"vr": "AS", "Value": [f"{max(age, 0):03}Y"]},
        "0020000D": {"vr": "UI", "Value": [study_uid]},
        "00200010": {"vr": "SH", "Value": [accession[-5:]]},
    }
    series: JsonDataset = {
        "00080021": {"vr": "DA", "Value": [f"{day:%Y%m%d}"]},
        "00080031": {"vr": "TM", "Value": [at]},
        "00080060": {"vr": "CS", "Value": [what.modality]},
        "00081010": {"vr": "SH", "Value": [f"{what.modality}1"]},
        "0008103E": {"vr": "LO", "Value": [what.description]},
        "00180015": {"vr": "CS", "Value": [what.body_part]},
        "0020000E": {"vr": "UI", "Value": [series_uid]},
        "00200011": {"vr": "IS", "Value": [1]},
    }
    return SynthStudy(study_uid, accession, day, attributes, series_uid, series)


def _uid(seed: int, kind: str, name: str) -> str:
    """A UID made from names, below the root of UUIDs (PS3.5 § B.2)."""
    return f"2.25.{uuid5(NAMESPACE, f'{seed}/{kind}/{name}').int}"
