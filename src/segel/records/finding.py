"""Searches: which patient they are about, what the broker answers of it, what is matched here.

Nothing searchable lies in the clear, so a search has to lead to a patient: by a reference, by one
of their numbers, or, for patients themselves, by a name with the birth date. Within one patient
everything is opened in memory and matched as FHIR has it.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from segel.broker import BrokerClient, PatientNumber, PatientQuery, Requester
from segel.domain.identifiers import SHARED, NumberInvalid, NumberKind, parse_number
from segel.domain.records import CHART_TYPES, PATIENT, SUBSCRIPTION
from segel.records import people
from segel.records.charts import NOBODYS, Charts
from segel.records.errors import SearchUnanswerable
from segel.records.people import kind_of
from segel.records.r4 import ResourceInvalid
from segel.records.register import REGISTER_TYPES, Register
from segel.records.search import (
    Criterion,
    DateWanted,
    Query,
    Reference,
    StringWanted,
    TokenWanted,
    among,
    in_order,
    included,
    matches,
    parameters_of,
    revincluded,
)
from segel.records.search.moments import DAY_US, SECOND_US
from segel.records.studies import IMAGING_STUDY, Studies
from segel.records.subscriptions import Subscriptions

Json = Mapping[str, Any]

PATIENTS_MAX: Final = 50
"""Patients that one search lists."""

IDS_MAX: Final = 20
"""Resources that one search reads by their ids: each is a release of its own."""

NO_NUMBER: Final = PatientNumber("")
"""Nobody has it: a search for a number of a system that nobody here is known by finds nobody."""

LONG_AGO: Final = "19000101"


@dataclass(frozen=True, slots=True)
class Found:
    """All that match, in order, and what was asked to come along.

    ``total`` None: there are more than were looked for.
    """

    matches: list[Json] = field(repr=False)
    included: list[Json] = field(default_factory=list, repr=False)
    total: int | None = None


class Finding:
    """Answers searches of requesters whom the broker has not yet verified."""

    def __init__(
        self,
        broker: BrokerClient,
        charts: Charts,
        studies: Studies,
        register: Register,
        subscriptions: Subscriptions,
    ) -> None:
        self._broker = broker
        self._charts = charts
        self._studies = studies
        self._register = register
        self._subscriptions = subscriptions

    async def search(self, asked: Requester, query: Query) -> Found:
        """What matches. Raises SearchUnanswerable, QueryTooBroad, BrokerError, ..."""
        if query.resource_type == PATIENT:
            return await self._patients(asked, query)
        if query.resource_type in REGISTER_TYPES:
            listed, along = await self._register.search(asked, query)
            return Found(listed, along, len(listed))
        if query.resource_type == SUBSCRIPTION:
            own = await self._subscriptions.search(asked, query)
            return Found([*own], total=len(own))
        patients, rest = await self._whose(asked, query)
        if not patients:
            return await self._by_id(asked, query)
        found = Found([], total=0)
        for patient_id in patients:
            one = await self._within(asked, rest, patient_id)
            found.matches.extend(one.matches)
            found.included.extend(one.included)
        return replace(found, matches=in_order(found.matches, query), total=len(found.matches))

    async def everything(
        self, asked: Requester, patient_id: UUID, types: Sequence[str]
    ) -> list[Json]:
        """A patient's whole record, the patient first."""
        chart = [one for one in types if one in CHART_TYPES]
        opened = await self._charts.of_patient(asked, patient_id, chart) if chart else []
        found: list[Json] = [one.told() for one in opened]
        found.sort(key=lambda one: CHART_TYPES.index(one["resourceType"]))
        if IMAGING_STUDY in types:
            found += await self._studies.of_patient(asked, patient_id)
        return found

    async def copy_of(self, asked: Requester, patient_id: UUID) -> AsyncIterator[Json]:
        """The asking patient's whole record, to be taken along, the patient first. What refuses it
        is raised before anything is given. Raises ResourceUnknown, BrokerError."""
        chart = await self._charts.copy_of(asked, patient_id, CHART_TYPES)
        studies = await self._studies.of_patient(asked, patient_id)

        async def resources() -> AsyncIterator[Json]:
            async for one in chart:
                yield one.told()
            for study in studies:
                yield study

        return resources()

    # --- of one patient -----------------------------------------------------------------------

    async def _within(self, asked: Requester, query: Query, patient_id: UUID) -> Found:
        types = {query.resource_type, *_included_types(query)}
        opened = await self.everything(asked, patient_id, sorted(types))
        resolve = among(opened)
        found = [one for one in opened if matches(one, query, resolve)]
        wanted = {(ref.type, ref.id) for ref in included(query, found)}
        along = [one for one in opened if (one["resourceType"], one["id"]) in wanted]
        along += [one for one in revincluded(query, found, opened) if one not in along]
        return Found(found, along)

    async def _whose(self, asked: Requester, query: Query) -> tuple[list[UUID], Query]:
        """The patients that a search names, and what is left of it."""
        answered: list[Criterion] = []
        named: list[set[UUID]] = []
        for criterion in query.criteria:
            ids = _patient_ids(query.resource_type, criterion)
            if ids is None:
                numbers = _chained_numbers(query.resource_type, criterion)
                if numbers is None:
                    continue
                ids = await self._known_by(asked, numbers)
            answered.append(criterion)
            named.append(ids)
        if not named:
            return [], query
        return sorted(set.intersection(*named)), query.without(answered)

    async def _known_by(self, asked: Requester, numbers: tuple[PatientNumber, ...]) -> set[UUID]:
        listed = await self._broker.charts.find(
            asked, PatientQuery(numbers=numbers, limit=PATIENTS_MAX)
        )
        return {line.patient_id for line in listed.lines}

    async def _by_id(self, asked: Requester, query: Query) -> Found:
        """What is asked for by ``_id``, or of studies by their own numbers, without a patient."""
        if query.resource_type == IMAGING_STUDY:
            opened = await self._studies.search(asked, query)
        else:
            opened = []
            for resource_id in _ids(query):
                version = await self._charts.read_if_there(asked, query.resource_type, resource_id)
                if version is not None:
                    opened.append(version.told())
        found = [one for one in opened if matches(one, query, among(opened))]
        return Found(in_order(found, query), total=len(found))

    # --- patients -----------------------------------------------------------------------------

    async def _patients(self, asked: Requester, query: Query) -> Found:
        question, rest = _question(query)
        listed = await self._broker.charts.find(asked, question)
        session = await self._broker.session_of(asked)
        hospital_id = session.hospital_id
        assert hospital_id is not None, "nobody without a hospital finds patients"
        found = []
        for line in listed.lines:
            patient = people.listed(line.patient_id, line.identity, hospital_id)
            if matches(patient, rest):
                found.append(patient)
        return Found(in_order(found, query), total=None if listed.more else len(found))


def _question(query: Query) -> tuple[PatientQuery, Query]:
    """What the broker is asked, and what is left to be matched here. Raises
    SearchUnanswerable."""
    asked: dict[str, Any] = {"limit": PATIENTS_MAX}
    words: list[str] = []
    answered = []
    for criterion in query.criteria:
        match criterion.parameter.code:
            case "_id" if not criterion.modifier:
                codes = (one.code or "" for one in criterion.wanted if isinstance(one, TokenWanted))
                asked["patient_ids"] = tuple(sorted(_uuids(codes))) or (NOBODYS,)
            case "identifier" | "phone" | "telecom" if not criterion.modifier:
                if "numbers" in asked:
                    raise SearchUnanswerable(
                        "Patients are found by one number at a time.",
                        field=criterion.name,
                        remedy="Search by one of them; several values of one parameter are"
                        " alternatives.",
                    )
                is_phone = criterion.parameter.code != "identifier"
                numbers = (_phones if is_phone else _numbers)(criterion.wanted)
                asked["numbers"] = tuple(numbers) or (NO_NUMBER,)
            case "name" | "family" | "given" if not criterion.modifier:
                words += [one.text for one in criterion.wanted if isinstance(one, StringWanted)]
            case "birthdate":
                for wanted in criterion.wanted:
                    if isinstance(wanted, DateWanted):
                        first, last = _days(wanted, query)
                        asked["born_first"] = max(first, asked.get("born_first", LONG_AGO))
                        asked["born_last"] = min(last, asked.get("born_last", last))
                continue
            case "gender" | "_lastUpdated" | "_tag":
                continue
            case _:
                if criterion.parameter.code not in ("name", "family", "given"):
                    raise SearchUnanswerable(
                        "Patients are not found by this parameter: what it looks at is sealed.",
                        field=criterion.name,
                        remedy="Search by identifier, phone, _id, or by name with birthdate.",
                    )
                words += [one.text for one in criterion.wanted if isinstance(one, StringWanted)]
                continue
        answered.append(criterion)
    if words:
        asked["name"] = " ".join(words)
    return PatientQuery(**asked), query.without(answered)


def _numbers(wanted: Iterable[object]) -> Iterable[PatientNumber]:
    for one in wanted:
        if isinstance(one, TokenWanted) and one.code:
            kind = kind_of(one.system) if one.system else None
            if kind is None and one.system:
                continue  # a system that nobody here is known by
            if kind not in SHARED:
                yield PatientNumber(one.code, kind)
            elif kind is not None:
                yield from _shared(kind, one.code)


def _phones(wanted: Iterable[object]) -> Iterable[PatientNumber]:
    for one in wanted:
        if isinstance(one, TokenWanted) and one.code and one.system in (None, "phone", "sms"):
            yield from _shared(NumberKind.PHONE, one.code)


def _shared(kind: NumberKind, text: str) -> Iterable[PatientNumber]:
    """A number as the index has it; none where it can be nobody's."""
    with contextlib.suppress(NumberInvalid):
        yield PatientNumber(parse_number(kind, text), kind)


def _days(wanted: DateWanted, query: Query) -> tuple[str, str]:
    """First and last day (YYYYMMDD) that a date parameter leaves, in the query's zone."""
    offset_us = int(query.zone.utcoffset(None).total_seconds()) * SECOND_US
    first = date.fromordinal((wanted.span.low + offset_us) // DAY_US)
    last = date.fromordinal((wanted.span.high - 1 + offset_us) // DAY_US)
    match wanted.prefix:
        case "eq":
            return f"{first:%Y%m%d}", f"{last:%Y%m%d}"
        case "ge" | "gt" | "sa":
            return f"{first:%Y%m%d}", f"{datetime.now(query.zone):%Y%m%d}"
        case "le" | "lt" | "eb":
            return LONG_AGO, f"{last:%Y%m%d}"
        case _:  # ne and ap say nothing that could be looked up
            return LONG_AGO, f"{datetime.now(query.zone):%Y%m%d}"


def numbers_of(query: Query) -> tuple[PatientNumber, ...]:
    """The numbers of a condition of a write, which name one patient; none where it asks for
    anything else. Raises ResourceInvalid for numbers that several have."""
    if any(one.parameter.code != "identifier" or one.modifier for one in query.criteria):
        return ()
    numbers = tuple(number for one in query.criteria for number in _numbers(one.wanted))
    if any(number.kind in SHARED for number in numbers):
        raise ResourceInvalid.of(
            PATIENT,
            "multiple-matches",
            "A family card and a mother's number are several people's: name a patient by a number"
            " of their own.",
        )
    return numbers


def patient_criteria(query: Query) -> list[Criterion]:
    """What of a search says whose chart it is about."""
    return [
        one
        for one in query.criteria
        if one.parameter.code in _patient_parameters(query.resource_type)
    ]


def _ids(query: Query) -> list[str]:
    """The ids that a search names. Raises SearchUnanswerable where it leads to nobody."""
    named = [
        {one.code for one in criterion.wanted if isinstance(one, TokenWanted) and one.code}
        for criterion in query.criteria
        if criterion.parameter.code == "_id" and not criterion.modifier
    ]
    if not named:
        raise SearchUnanswerable(
            "The search names no patient, and what it asks for is sealed in patients' charts.",
            field=next(iter(_patient_parameters(query.resource_type)), "_id"),
            remedy="Add patient=, or patient.identifier= with one of their numbers, or _id=.",
        )
    return sorted(set.intersection(*named))[:IDS_MAX]


def _patient_parameters(resource_type: str) -> list[str]:
    """The parameters that say whose record a resource is of; who performed something does not."""
    known = parameters_of(resource_type)
    return [
        code for code in ("patient", "subject") if code in known and PATIENT in known[code].targets
    ]


def _patient_ids(resource_type: str, criterion: Criterion) -> set[UUID] | None:
    """The patients that a criterion refers to; None: it does not say whose record it is."""
    if criterion.parameter.code not in _patient_parameters(resource_type) or criterion.chain:
        return None
    found = set()
    for one in criterion.wanted:
        if not isinstance(one, Reference) or one.type not in (None, PATIENT) or one.url:
            return None
        found |= _uuids([one.id or ""])
    return found


def _chained_numbers(resource_type: str, criterion: Criterion) -> tuple[PatientNumber, ...] | None:
    """The numbers of a patient that a criterion goes by: ``patient.identifier``, or
    ``patient:identifier``."""
    if criterion.parameter.code not in _patient_parameters(resource_type):
        return None
    if criterion.modifier == "identifier":
        return tuple(_numbers(criterion.wanted))
    for kind, inner in criterion.chain:
        if kind == PATIENT and inner.parameter.code == "identifier" and not inner.modifier:
            return tuple(_numbers(inner.wanted))
    return None


def _included_types(query: Query) -> set[str]:
    """The types of what ``_include`` and ``_revinclude`` may bring, as far as a chart has them."""
    kept = {*CHART_TYPES, IMAGING_STUDY}
    forwards = {
        target
        for include in query.results.includes
        for parameter in include.parameters()
        for target in ((include.target,) if include.target else parameter.targets)
    }
    return kept & (forwards | {include.source for include in query.results.revincludes})


def _uuids(texts: Iterable[str]) -> set[UUID]:
    """Those that are ids of patients; what is none is nobody's."""
    found = set()
    for text in texts:
        with contextlib.suppress(ValueError):
            found.add(UUID(text))
    return found
