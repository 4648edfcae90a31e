"""Several writes as one: a FHIR transaction, and the conditional create that it is made of.

Patients of a transaction are registered at the broker one by one, before anything else; all other
resources are written together, or none of them (R4 § 3.1.0.11.2).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

from segel.broker import BrokerClient, PatientQuery, Requester
from segel.domain.records import CONSENT, PATIENT, Interaction
from segel.records.charts import Charts, Plan
from segel.records.errors import ManyMatches, VersionConflict
from segel.records.finding import numbers_of, patient_criteria
from segel.records.model import CHANGED, CREATED, Folder, Version
from segel.records.r4 import ResourceInvalid
from segel.records.search import Query, TokenWanted, matches, parse
from segel.records.signed import changed
from segel.records.subjects import subject_of

ATTEMPTS_MAX: Final = 4
"""Each lost race means that somebody else made what was to be made once: then it is there."""

Json = dict[str, Any]
Settles = Callable[[Json, Json], Json | None]
"""Given what would be written and what is there: what is written, None where nothing is."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of several. ``full_url``: how the others refer to it; ``condition``: what there is
    already that meets it is not made anew (POST), or is what is changed (PUT); ``expected``: the
    version that a change was made of."""

    method: str
    resource_type: str
    resource_id: str = ""
    resource: Json | None = field(default=None, repr=False)
    full_url: str = field(default="", repr=False)
    condition: Query | None = field(default=None, repr=False)
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write. ``made``: it was not there before."""

    version: Version
    made: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a write goes, and as which version; ``found``: onto what."""

    folder: Folder
    resource_id: UUID
    number: int
    found: Version | None = None


class Transactions:
    """Writes for requesters whom the broker has not yet verified."""

    def __init__(self, broker: BrokerClient, charts: Charts, base: str) -> None:
        self._broker = broker
        self._charts = charts
        self._base = base

    async def create_once(self, asked: Requester, resource: Json, condition: str) -> Written:
        """A resource that is made unless one meets the condition. Raises ManyMatches, ..."""
        write = Write(
            "POST",
            resource["resourceType"],
            resource=resource,
            condition=self.condition(resource["resourceType"], condition),
        )
        (written,) = await self.transact(asked, [write])
        return written

    async def update_where(self, asked: Requester, resource: Json, condition: Query) -> Written:
        """What meets a condition, changed; or made where nothing does (R4 § 3.1.0.4.3).

        Raises ManyMatches, ResourceInvalid for a Patient, ...
        """
        kind = resource["resourceType"]
        (written,) = await self.transact(
            asked, [Write("PUT", kind, resource=resource, condition=condition)]
        )
        return written

    def condition(self, resource_type: str, text: str) -> Query:
        """What ``If-None-Exist`` says. Raises QueryInvalid."""
        return self.where(
            resource_type, parse_qsl(text.partition("?")[2] or text, keep_blank_values=True)
        )

    def where(self, resource_type: str, pairs: Sequence[tuple[str, str]]) -> Query:
        """A condition of a write, which says something. Raises QueryInvalid, ResourceInvalid."""
        query = parse(resource_type, pairs, base=self._base)
        if not query.criteria:
            reason = "A condition says what is looked for: for example identifier=system|value."
            raise ResourceInvalid.of(resource_type, "required", reason)
        return query

    async def transact(
        self, asked: Requester, writes: Sequence[Write], settles: Settles | None = None
    ) -> list[Written]:
        """All of them, durable when this returns, or none but the patients who are new.

        ``settles``: what becomes of a change to what is there already; without it, it is made.
        """
        if len(writes) > 1 and any(write.resource_type == CONSENT for write in writes):
            raise _consent_alone()
        known: dict[str, str] = {}
        done: dict[int, Written] = {}
        patients: list[Plan] = []
        for at, write in enumerate(writes):
            if write.resource_type == PATIENT and _is_placed_here(write):
                assert write.resource is not None
                written, plan = await self._patient(asked, write, write.resource)
                done[at] = written
                patients += [plan] if plan else []
                if write.full_url:
                    known[write.full_url] = written.version.place
        writes = [await self._referring(asked, write, known) for write in writes]
        for attempt in range(ATTEMPTS_MAX):
            plans = await self._plans(asked, writes, done, settles)
            try:
                await self._charts.commit(asked, [*patients, *(plan for plan, _ in plans.values())])
            except VersionConflict:
                if attempt + 1 == ATTEMPTS_MAX or not any(write.condition for write in writes):
                    raise
                continue
            for at, (plan, made) in plans.items():
                done[at] = Written(plan.version, made)
            break
        return [done[at] for at in range(len(writes))]

    # --- patients -----------------------------------------------------------------------------

    async def _patient(
        self, asked: Requester, write: Write, resource: Json
    ) -> tuple[Written, Plan | None]:
        if write.method == "PUT":
            raise _by_id()
        if write.condition is not None:
            found = await self._patients_known(asked, write.condition)
            if len(found) > 1:
                raise _many(PATIENT)
            if found:
                version = Version(PATIENT, str(found[0]), 0, 0, CREATED, None)
                return Written(version, made=False), None
        plan = await self._charts.plan_create(asked, resource)
        return Written(plan.version, made=True), plan

    async def _patients_known(self, asked: Requester, condition: Query) -> list[UUID]:
        """Who meets a condition, which is one of numbers. Raises ResourceInvalid."""
        numbers = numbers_of(condition)
        if not numbers:
            raise _unresolved("ifNoneExist")
        query = PatientQuery(numbers=numbers, ids_only=True)
        return [line.patient_id for line in (await self._broker.charts.find(asked, query)).lines]

    # --- references ---------------------------------------------------------------------------

    async def _referring(self, asked: Requester, write: Write, known: Mapping[str, str]) -> Write:
        """A write whose references to patients lead to them: those of the same transaction, and
        those who are named by a number (``Patient?identifier=``)."""
        if write.resource is None or write.resource_type == PATIENT:
            return write
        named = dict(known)
        for reference in references_by_number(write.resource):
            if reference not in named:
                found = await self._patients_known(asked, self.condition(PATIENT, reference))
                if len(found) != 1:
                    raise _unresolved("subject") if not found else _many(PATIENT)
                named[reference] = f"{PATIENT}/{found[0]}"
        return replace(write, resource=renamed(write.resource, named))

    # --- everything else ----------------------------------------------------------------------

    async def _plans(
        self,
        asked: Requester,
        writes: Sequence[Write],
        done: Mapping[int, Written],
        settles: Settles | None,
    ) -> dict[int, tuple[Plan, bool]]:
        folders = await self._folders(asked, writes)
        names: dict[str, str] = {}
        places: dict[int, _Place] = {}
        for at, write in enumerate(writes):
            if at in done or not _is_placed_here(write) or write.resource is None:
                continue
            folder = folders[subject_of(write.resource), write.resource_type]
            place = await self._place(folder, write)
            places[at] = place
            if write.full_url:
                names[write.full_url] = f"{write.resource_type}/{place.resource_id}"
        plans: dict[int, tuple[Plan, bool]] = {}
        for at, write in enumerate(writes):
            if at in done:
                continue
            body = renamed(write.resource, names) if write.resource is not None else None
            if at in places:
                place = places[at]
                if place.found is None:
                    made = self._charts.planned(
                        place.folder, place.resource_id, place.number, CREATED, body
                    )
                    plans[at] = made, True
                else:
                    onto = self._onto(place.folder, place.found, write, body or {}, settles)
                    plans[at] = onto, False
            elif body is not None:
                plan = await self._charts.plan_update(
                    asked, body, write.resource_id, write.expected
                )
                plans[at] = plan, False
            else:
                plan = await self._charts.plan_take_out(
                    asked, write.resource_type, write.resource_id, write.expected
                )
                plans[at] = plan, False
        return plans

    def _onto(
        self, folder: Folder, found: Version, write: Write, body: Json, settles: Settles | None
    ) -> Plan:
        """What becomes of what is there already."""
        settled = None if write.method == "POST" else body
        if settled is not None and settles is not None and found.resource is not None:
            settled = settles(body, found.resource)
        if settled is None:
            return Plan(found, None)
        written = changed(found.resource, settled)
        number = found.number + 1
        return self._charts.planned(folder, UUID(found.resource_id), number, CHANGED, written)

    async def _folders(
        self, asked: Requester, writes: Sequence[Write]
    ) -> dict[tuple[UUID, str], Folder]:
        """What has to be opened for what is to be made, each patient once."""
        wanted: dict[tuple[UUID, Interaction], set[str]] = {}
        for write in writes:
            if _is_placed_here(write) and write.resource and write.resource_type != PATIENT:
                subject = subject_of(write.resource)
                wanted.setdefault((subject, Interaction.CREATE), set()).add(write.resource_type)
                if write.method == "PUT":  # it may be either: whoever asks may do both
                    wanted.setdefault((subject, Interaction.UPDATE), set()).add(write.resource_type)
        opened = {}
        for (patient_id, interaction), types in wanted.items():
            for folder in await self._charts.open_to_write(
                asked, patient_id, sorted(types), interaction
            ):
                opened[patient_id, folder.resource_type] = folder
        return opened

    async def _place(self, folder: Folder, write: Write) -> _Place:
        """Where a write goes: onto the one resource that meets its condition already, or anew.

        Raises ManyMatches.
        """
        new_id = _new_id(folder, write)
        if write.condition is None:
            return _Place(folder, new_id, 1)
        rest = write.condition.without(patient_criteria(write.condition))
        lying = await self._charts.in_folder(folder)
        found = [one for one in lying if one.resource is not None and matches(one.told(), rest)]
        if len(found) > 1:
            raise _many(folder.resource_type)
        if found:
            return _Place(folder, UUID(found[0].resource_id), found[0].number + 1, found[0])
        # What was taken out is made again where it was: under the id of its identifier.
        before = next((one for one in lying if one.resource_id == str(new_id)), None)
        return _Place(folder, new_id, before.number + 1 if before else 1)


def _is_placed_here(write: Write) -> bool:
    """Whether the id of what is written is not said: it is new, or found by a condition."""
    return write.method == "POST" or (write.method == "PUT" and write.condition is not None)


def _new_id(folder: Folder, write: Write) -> UUID:
    """The id of a new resource: of what is made once for an identifier, the same at any door, so
    that of two who make it at once one finds it made."""
    stated = {
        (identifier.get("system", ""), identifier.get("value"))
        for identifier in _identifiers(write.resource or {})
    }
    for criterion in write.condition.criteria if write.condition else ():
        if criterion.parameter.code == "identifier" and len(criterion.wanted) == 1:
            wanted = criterion.wanted[0]
            # A condition that the resource does not meet itself is met by nothing that is made.
            if isinstance(wanted, TokenWanted) and (wanted.system, wanted.code) in stated:
                return folder.identified(wanted.system or "", wanted.code or "")
    return uuid4()


def _identifiers(resource: Json) -> list[Json]:
    stated = resource.get("identifier", [])
    return stated if isinstance(stated, list) else [stated]


def references_by_number(resource: Json) -> list[str]:
    """The references of a resource to patients who are named by a number, ``Patient?identifier=``:
    they stand in transactions only."""
    return [one for one in _references(resource) if one.startswith(f"{PATIENT}?")]


def _references(value: Any) -> list[str]:
    """Every reference in a resource."""
    if isinstance(value, dict):
        own = value.get("reference")
        found = [own] if isinstance(own, str) else []
        return [*found, *(one for part in value.values() for one in _references(part))]
    if isinstance(value, list):
        return [one for part in value for one in _references(part)]
    return []


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The same with references replaced by what they lead to."""
    if isinstance(value, dict):
        return {
            name: names.get(part, part)
            if name == "reference" and isinstance(part, str)
            else renamed(part, names)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [renamed(part, names) for part in value]
    return value


def _many(resource_type: str) -> ManyMatches:
    return ManyMatches(
        "More than one resource meets the condition.",
        remedy="Name one by its identifier.",
        field=resource_type,
    )


def _consent_alone() -> ResourceInvalid:
    reason = (
        "A Consent takes effect as it is written, and so is written by itself: send it alone, or"
        " in a batch."
    )
    return ResourceInvalid.of(CONSENT, "not-supported", reason)


def _by_id() -> ResourceInvalid:
    reason = "A patient is changed by their id: search by the number first."
    return ResourceInvalid.of(PATIENT, "not-supported", reason)


def _unresolved(place: str) -> ResourceInvalid:
    return ResourceInvalid.of(
        place,
        "not-found",
        "Nobody is found by this condition: refer to a patient by a number that is registered, as"
        " Patient?identifier=system|value.",
    )
