"""People who are in one export alone, and are nobody: its recipient's own decoys.

Who leaks that export leaks them with it, and nobody else can have. They are composed as planted
decoys are, of what the hospital's own patients are like, but they are not registered: they stand in
the export's list and in its mark, and nowhere else.
"""

import functools
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID, uuid4

from segel.broker.consents import nobody_hidden
from segel.broker.decoy_making import Composed
from segel.broker.decoy_planning import STUDY_DATE, Planner, Sampled, day_of
from segel.broker.decoy_uids import NoOtherUid, renewed
from segel.broker.directory import HospitalRecord
from segel.broker.export_marks import ExportDecoy
from segel.broker.messages import StudyMatch, StudyQuery
from segel.broker.search import Finder
from segel.domain.consent import OPT_IN
from segel.domain.dicom import JsonDataset, text_value
from segel.domain.purpose import Purpose

PATIENTS_MIN: Final = 100
"""Below it somebody invented would be more than one in a hundred of whom a recipient reckons
with."""

ONE_IN: Final = 200
DECOYS_MAX: Final = 50
"""A leaked tenth of an export with so many has one in 99.5 of 100 cases."""

STUDY_UID: Final = "0020000D"
SERIES_UID: Final = "0020000E"


def wanted(patients: int, purpose: Purpose) -> int:
    """How many an export of so many patients gets.

    None where patients have to permit the purpose: how many did is not known when the list is made,
    and those invented could be many among few.
    """
    if patients < PATIENTS_MIN or purpose in OPT_IN:
        return 0
    return min(max(round(patients / ONE_IN), 1), DECOYS_MAX)


class ExportDecoys:
    """Invents people for one recipient."""

    def __init__(self, planner: Planner, finder: Finder) -> None:
        self._planner = planner
        self._finder = finder
        self._chance = random.SystemRandom()

    async def made(
        self, hospital_id: UUID, hospital: HospitalRecord, patients: int, purpose: Purpose
    ) -> tuple[ExportDecoy, ...]:
        """As many as an export gets; fewer where nobody can be resembled."""
        count = wanted(patients, purpose)
        if not count:
            return ()
        people = await self._planner.invented(hospital_id, hospital, patients, count)
        return tuple([await self._one(hospital_id, hospital, *one) for one in people])

    async def _one(
        self, hospital_id: UUID, hospital: HospitalRecord, pattern: Sampled, composed: Composed
    ) -> ExportDecoy:
        patient_id = uuid4()
        query = StudyQuery(patient_id=pattern.patient_id)
        page = await self._finder.find(hospital_id, hospital, query, nobody_hidden)
        studies = _studies(patient_id, page.matches, composed, self._chance)
        return ExportDecoy(patient_id, composed.identity, studies)


def _studies(
    patient_id: UUID, matches: Sequence[StudyMatch], composed: Composed, chance: random.Random
) -> tuple[StudyMatch, ...]:
    """The composed studies as searches list them; none where their UIDs could not be others."""
    made = []
    for match in matches:
        changed = composed.studies.get(text_value(match.attributes, STUDY_UID))
        if changed is None:
            continue
        attributes = {**match.attributes, **changed}
        day = day_of(text_value(attributes, STUDY_DATE)) or datetime.now(UTC).date()
        fresh = functools.partial(_renewed, {}, day, chance)
        try:
            attributes = fresh(attributes, STUDY_UID)
            series = [fresh(one, SERIES_UID) for one in match.series]
        except NoOtherUid:
            return ()
        made.append(StudyMatch(uuid4(), patient_id, attributes, series, match.instance_count))
    return tuple(made)


def _renewed(
    uids: dict[str, str], day: date, chance: random.Random, dataset: JsonDataset, tag: str
) -> JsonDataset:
    uid = renewed(text_value(dataset, tag), uids, day, chance, unique=True)
    return {**dataset, tag: {"vr": "UI", "Value": [uid]}}
