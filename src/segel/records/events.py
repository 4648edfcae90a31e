"""AuditEvent: the log's entries as those have them whom they concern.

A patient sees what is logged about their own record, newest first, as *My record* does; a data
protection officer their own hospital's entries, oldest first, as the export has them, without
names and at the export's cost. What the log says is not changed: an id and references are added, so
that programs can follow them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from segel.broker import BrokerClient, Requester
from segel.domain.records import AUDIT_EVENT
from segel.domain.roles import SYSTEM_ROLES, Role
from segel.records.errors import SearchUnanswerable, no_such_resource
from segel.records.model import Version
from segel.records.r4 import decode
from segel.records.register import ROLE_SYSTEM
from segel.records.search import DateWanted, Query, Reference, matches
from segel.records.search.moments import DAY_US, SECOND_US

Json = dict[str, Any]

PAGE_MAX: Final = 50
"""Entries of one page; each may take a key of its own to be opened."""

READS_MAX: Final = 5
"""How often more is read for a page on which nothing matched so far."""

FOLDER: Final = "folder of a chart"
"""How the entity of a Patient folder is described: it is named by the folder, not the patient."""

LISTED: Final = "urn:segel:listed"
URI: Final = "urn:ietf:rfc:3986"
_STAFF: Final = frozenset(Role) - SYSTEM_ROLES - {Role.PATIENT}
_EPOCH_US: Final = date(1970, 1, 1).toordinal() * DAY_US


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: of a hospital's the leaf, and the size of the log that the first page
    was of; of a patient's the leaf that the last page ended at."""

    leaf: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What matched, and where the next page begins; None: nothing is left."""

    matches: list[Json] = field(repr=False)
    following: Place | None = None


class Events:
    """Reads entries for requesters whom the broker has not yet verified."""

    def __init__(self, broker: BrokerClient) -> None:
        self._broker = broker

    async def read(self, asked: Requester, resource_id: str) -> Version:
        """One entry. Raises ResourceUnknown, BrokerError."""
        leaf = int(resource_id) if resource_id.isascii() and resource_id.isdigit() else -1
        if not 0 <= leaf < 2**62 or str(leaf) != resource_id:
            raise no_such_resource()
        if await self._is_patient(asked):
            trail = await self._broker.record.open(asked, before=leaf + 1, limit=1)
            found = _of_record(trail.document)
        else:
            page = await self._broker.audit_export.page(asked, leaf, leaf + 1, limit=1)
            found = [_told(one.leaf_index, one.event) for one in page.lines]
        for one in found:
            if one.resource_id == resource_id:
                return one
        raise no_such_resource()

    async def search(self, asked: Requester, query: Query, place: Place, count: int) -> Page:
        """A page of what matches. Raises SearchUnanswerable, Forbidden, BudgetExhausted."""
        count = max(1, min(count, PAGE_MAX))
        if await self._is_patient(asked):
            _require_order(query, "-date")
            return await self._of_record(asked, query, place, count)
        _require_order(query, "date")
        return await self._of_hospital(asked, query, place, count)

    async def _of_record(self, asked: Requester, query: Query, place: Place, count: int) -> Page:
        since_s, _ = _times(query)
        before = place.leaf
        for _ in range(READS_MAX):
            trail = await self._broker.record.open(asked, before=before, limit=count)
            read = _of_record(trail.document)
            found = [told for one in read if matches(told := one.told(), query)]
            before = trail.older
            if before and read[-1].at_s < since_s:
                before = 0  # whatever is older is older than what was asked for
            if found or not before:
                break
        return Page(found, Place(before) if before else None)

    async def _of_hospital(self, asked: Requester, query: Query, place: Place, count: int) -> Page:
        since_s, before_s = _times(query) if not place.until else (0.0, 0.0)
        agent = _agent(query)
        for _ in range(READS_MAX):
            page = await self._broker.audit_export.page(
                asked,
                place.leaf,
                place.until,
                limit=count,
                since_s=since_s,
                before_s=before_s,
                agent=agent,
            )
            read = [_told(one.leaf_index, one.event) for one in page.lines]
            found = [told for one in read if matches(told := one.told(), query)]
            place, since_s, before_s = Place(page.next_leaf, page.until), 0.0, 0.0
            if found or page.complete:
                break
        return Page(found, None if page.complete else place)

    async def _is_patient(self, asked: Requester) -> bool:
        return (await self._broker.session_of(asked)).role is Role.PATIENT


def _of_record(document: Any) -> list[Version]:
    """A patient's entries: theirs named by their own id, and nobody else's by any."""
    return [
        _told(line.leaf, line.event, line.name, document.patient if line.nonce else None)
        for line in document.lines
    ]


def _told(leaf: int, event: str, name: str = "", listed: UUID | None = None) -> Version:
    """An entry as a resource. ``listed``: the one patient of a search's who is named."""
    resource = decode(event.encode())
    for agent in resource.get("agent", ()):
        account = _uuid(agent.get("who", {}))
        if account and _is_staff(agent):
            agent["who"]["reference"] = f"Practitioner/{account}"
            if name:
                agent["who"]["display"] = name
    entities = list(resource.get("entity", ()))
    if listed is not None:
        others = [one for one in entities if _is_listed(one)]
        entities = [one for one in entities if one not in others]
        what = {"type": "Patient", "reference": f"Patient/{listed}"}
        entities += [one | {"what": what} for one in others[:1]]
    for entity in entities:
        what = entity.get("what", {})
        is_folder = entity.get("description") == FOLDER
        if what.get("type") == "Patient" and not is_folder and (one := _uuid(what)):
            what["reference"] = f"Patient/{one}"
    if entities:
        resource["entity"] = entities
    at_s = datetime.fromisoformat(resource["recorded"]).timestamp()
    return Version(AUDIT_EVENT, str(leaf), 1, at_s, "POST", resource)


def _is_staff(agent: Json) -> bool:
    """Whether an agent is somebody who works in a hospital, and not a device or the patient."""
    return any(
        coding.get("system") == ROLE_SYSTEM and coding.get("code") in _STAFF
        for role in agent.get("role", ())
        for coding in role.get("coding", ())
    )


def _is_listed(entity: Json) -> bool:
    return bool(entity.get("what", {}).get("identifier", {}).get("system") == LISTED)


def _uuid(reference: Json) -> str:
    """The id in a reference by identifier, or ''."""
    identifier = reference.get("identifier", {})
    value = str(identifier.get("value", ""))
    if identifier.get("system") != URI or not value.startswith("urn:uuid:"):
        return ""
    return value.removeprefix("urn:uuid:")


def _times(query: Query) -> tuple[float, float]:
    """From when on and before when (Unix time) the dates of a query lie; 0: at any."""
    since: Sequence[float] = [0.0]
    before: Sequence[float] = []
    for criterion in query.criteria:
        if criterion.parameter.code != "date" or len(criterion.wanted) != 1:
            continue
        wanted = criterion.wanted[0]
        if not isinstance(wanted, DateWanted):
            continue
        if wanted.prefix in ("eq", "ge", "gt", "sa"):
            since = [*since, _unix_s(wanted.span.low)]
        if wanted.prefix in ("eq", "le", "lt", "eb"):
            before = [*before, _unix_s(wanted.span.high)]
    return max(since), min(before, default=0.0)


def _unix_s(moment_us: int) -> float:
    return (moment_us - _EPOCH_US) / SECOND_US


def _agent(query: Query) -> UUID | None:
    """The one account whose entries are asked for."""
    for criterion in query.criteria:
        if criterion.parameter.code == "agent" and not criterion.modifier and not criterion.chain:
            (*_, wanted) = criterion.wanted
            if isinstance(wanted, Reference) and len(criterion.wanted) == 1 and wanted.id:
                try:
                    return UUID(wanted.id)
                except ValueError:
                    return UUID(int=0)  # nobody's
    return None


def _require_order(query: Query, order: str) -> None:
    """Return where nothing else is asked than the order that there is. Raises
    SearchUnanswerable."""
    if query.results.sort and [str(key) for key in query.results.sort] != [order]:
        raise SearchUnanswerable(
            "The log is read in one order only.", field="_sort", remedy=f"Ask for _sort={order}."
        )
