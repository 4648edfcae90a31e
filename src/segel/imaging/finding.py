"""Queries at study, series and instance level, for QIDO-RS and C-FIND alike.

Studies and their series come from the broker, which opens their summaries in its own memory.
Instances are looked through in studies that are opened, and paid for, first.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from segel.broker import BrokerClient, Requester, StudyMatch, StudyQuery
from segel.broker.errors import Forbidden, QueryTooBroad, StudyUnknown
from segel.domain.dicom import JsonDataset, first_value, text_value
from segel.domain.matching import has_wildcard, matches, validate_filters, value_list
from segel.imaging.errors import InstanceUnknown
from segel.imaging.model import Found, Query
from segel.imaging.reading import OpenStudy

STUDY_UID: Final = "0020000D"
SERIES_UID: Final = "0020000E"
INSTANCE_UID: Final = "00080018"
MODALITY: Final = "00080060"
MODALITIES_IN_STUDY: Final = "00080061"
SERIES_IN_STUDY: Final = "00201206"
INSTANCES_IN_STUDY: Final = "00201208"
INSTANCES_IN_SERIES: Final = "00201209"
SOP_CLASSES_IN_STUDY: Final = "00080062"
AVAILABILITY: Final = "00080056"

LIMIT_MAX: Final = 5_000
STUDIES_OPENED_MAX: Final = 10
"""A query for instances that names no study opens the studies that match, if they are few."""

SERIES_TAGS: Final = frozenset(
    {MODALITY, SERIES_UID, "0008103E", "00200011", "00180015", "00400244", "00400245", "00400275",
     "00200060", "00080021", "00080031", "00081010", "00080070", "00181030"}
)  # fmt: skip
INSTANCE_TAGS: Final = frozenset(
    {INSTANCE_UID, "00080016", "00200013", "00280010", "00280011", "00280100", "00280008",
     "00083002", "00080023", "00080033", "00080008"}
)  # fmt: skip

Opener = Callable[[Requester, str], Awaitable[OpenStudy]]


class Finding:
    """Answers queries of one process."""

    def __init__(self, broker: BrokerClient, open_study: Opener) -> None:
        self._broker = broker
        self._open_study = open_study

    async def search(self, requester: Requester, query: Query) -> Found:
        """What matches. Raises FilterInvalid, QueryTooBroad, and the broker's refusals."""
        validate_filters(query.filters)
        limit = min(query.limit, LIMIT_MAX)
        if query.level == "instance":
            return await self._instances(requester, query, limit)
        of_study, of_series, _ = split_filters(query.filters)
        result = await self._studies(requester, query, of_study, of_series, limit)
        if query.level == "study":
            return Found([study_answer(match) for match in result.matches], *_rest(result))
        found = [
            study_answer(match) | one | {AVAILABILITY: _ONLINE}
            for match in result.matches
            for one in match.series
            if matches(one, of_series)
        ]
        return Found(found[query.offset : query.offset + limit], *_rest(result))

    async def _studies(
        self,
        requester: Requester,
        query: Query,
        of_study: dict[str, str],
        of_series: dict[str, str],
        limit: int,
    ) -> "_Result":
        paged = query.level == "study"
        asked = StudyQuery(
            filters=of_study | of_series,
            fuzzy=query.fuzzy,
            limit=limit if paged else LIMIT_MAX,
            offset=query.offset if paged else 0,
        )
        try:
            result = await self._broker.search(requester, asked)
        except Forbidden:
            # A session that was let in for one study may still ask for that one.
            uids = value_list(of_study.get(STUDY_UID, ""), commas=True)
            if len(uids) != 1:
                raise
            return await self._one_study(requester, uids[0], of_study, of_series)
        return _Result(list(result.matches), result.complete, result.note)

    async def _one_study(
        self, requester: Requester, uid: str, of_study: dict[str, str], of_series: dict[str, str]
    ) -> "_Result":
        study = await self._open_study(requester, uid)
        series = await study.series()
        entries = await study.instances()
        for one in series:
            uid_of_series = text_value(one, SERIES_UID)
            count = sum(entry.series_uid == uid_of_series for entry in entries)
            one[INSTANCES_IN_SERIES] = {"vr": "IS", "Value": [count]}
        match = StudyMatch(
            study.grant.study_id, study.grant.patient_id, study.attributes, series, len(entries)
        )
        wanted = {tag: value for tag, value in of_study.items() if tag != STUDY_UID}
        found = matches(study.attributes, wanted) and (
            not of_series or any(matches(one, of_series) for one in series)
        )
        return _Result([match] if found else [], True, "")

    async def _instances(self, requester: Requester, query: Query, limit: int) -> Found:
        of_study, of_series, of_instance = split_filters(query.filters)
        uids = [
            uid
            for uid in value_list(of_study.get(STUDY_UID, ""), commas=True)
            if not has_wildcard(uid)
        ]
        if len(uids) != 1 or len(of_study) > 1:
            asked = StudyQuery(
                filters=of_study | of_series, fuzzy=query.fuzzy, limit=STUDIES_OPENED_MAX + 1
            )
            matched = (await self._broker.search(requester, asked)).matches
            uids = [text_value(match.attributes, STUDY_UID) for match in matched]
        if len(uids) > STUDIES_OPENED_MAX:
            raise QueryTooBroad(
                "A query for instances has to name their study.",
                field="StudyInstanceUID",
                remedy="Add StudyInstanceUID, or search for studies first.",
            )
        found: list[JsonDataset] = []
        for uid in uids:
            found += await self._instances_of(requester, uid, of_series, of_instance)
        return Found(found[query.offset : query.offset + limit], True)

    async def _instances_of(
        self,
        requester: Requester,
        study_uid: str,
        of_series: Mapping[str, str],
        of_instance: dict[str, str],
    ) -> list[JsonDataset]:
        try:
            study = await self._open_study(requester, study_uid)
            entries = await study.instances()
        except (StudyUnknown, InstanceUnknown):
            return []
        series = {text_value(one, SERIES_UID): one for one in await study.series()}
        return [
            study.attributes
            | series.get(entry.series_uid, {})
            | entry.attributes
            | {AVAILABILITY: _ONLINE}
            for entry in entries
            if matches(entry.attributes, of_instance)
            and matches(series.get(entry.series_uid, {}), dict(of_series))
        ]


class _Result:
    def __init__(self, matches: list[StudyMatch], complete: bool, note: str) -> None:
        self.matches = matches
        self.complete = complete
        self.note = note


_ONLINE: Final = {"vr": "CS", "Value": ["ONLINE"]}


def _rest(result: _Result) -> tuple[bool, str]:
    return result.complete, result.note


def split_filters(
    filters: Mapping[str, str],
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Matching keys by level: study (with patient), series, instance."""
    study: dict[str, str] = {}
    series: dict[str, str] = {}
    instance: dict[str, str] = {}
    for tag, value in filters.items():
        if tag == MODALITIES_IN_STUDY:
            series[MODALITY] = value
        elif tag in SERIES_TAGS:
            series[tag] = value
        elif tag in INSTANCE_TAGS:
            instance[tag] = value
        else:
            study[tag] = value
    return study, series, instance


def study_answer(match: StudyMatch) -> JsonDataset:
    """A study's attributes, with what is counted over its series (PS3.18 Table 10.6.3-3)."""
    modalities = sorted({str(first_value(one, MODALITY)) for one in match.series} - {"None"})
    answer = dict(match.attributes)
    answer[MODALITIES_IN_STUDY] = {"vr": "CS", "Value": modalities} if modalities else {"vr": "CS"}
    answer[SERIES_IN_STUDY] = {"vr": "IS", "Value": [len(match.series)]}
    answer[INSTANCES_IN_STUDY] = {"vr": "IS", "Value": [match.instance_count]}
    answer[AVAILABILITY] = _ONLINE
    return answer
