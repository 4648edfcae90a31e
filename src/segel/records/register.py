"""Organization, Practitioner and PractitionerRole: made of the register whenever asked for.

There is no second copy that could be out of step. An account's id is the Practitioner's, a
hospital's the Organization's. The version is a token of what is told, since nobody writes versions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from segel.broker import BrokerClient, HospitalLine, Requester, StaffLine, StaffList
from segel.domain.records import ORGANIZATION, STAFF_TYPES, Interaction
from segel.records.errors import no_such_resource
from segel.records.model import Version
from segel.records.r4 import encode
from segel.records.search import Query, Resolve, among, in_order, included, matches, revincluded

Json = dict[str, Any]
Found = Mapping[str, Any]

REGISTER_TYPES: Final = (ORGANIZATION, *STAFF_TYPES)
PRACTITIONER, PRACTITIONER_ROLE = STAFF_TYPES

HOSPITAL_SYSTEM: Final = "http://sys-ids.kemkes.go.id/organization"
"""Of a hospital's id in the national register; with the hospital after it, of its departments' own
codes, as integrations of the national platform write them."""

PERSON_SYSTEM: Final = "https://fhir.kemkes.go.id/id/nakes-his-number"
"""Of the national number of somebody who works in health."""

CODE_SYSTEM: Final = "urn:segel:hospital"
"""Of the code by which a hospital is enrolled here."""

ROLE_SYSTEM: Final = "urn:segel:role"
_KINDS: Final = "http://terminology.hl7.org/CodeSystem/organization-type"


class Register:
    """Reads and finds who works where, for requesters whom the broker has not yet verified."""

    def __init__(self, broker: BrokerClient) -> None:
        self._broker = broker

    async def read(self, asked: Requester, resource_type: str, resource_id: str) -> Version:
        """One resource. Raises ResourceUnknown, BrokerError."""
        for one in await self._all(asked, resource_type, Interaction.READ):
            if one["id"] == resource_id:
                return _version(one)
        raise no_such_resource()

    async def search(self, asked: Requester, query: Query) -> tuple[list[Found], list[Found]]:
        """What matches, in order, and what was asked to come along. Raises BrokerError."""
        told = await self._told(asked, query.resource_type)
        pool: list[Found] = list(told)
        for kind in sorted(_also(query) & set(REGISTER_TYPES) - {query.resource_type}):
            pool += await self._told(asked, kind)
        resolve = among(pool)
        found = in_order([one for one in pool if _is_found(one, query, resolve)], query)
        wanted = {(ref.type, ref.id) for ref in included(query, found)}
        along = [one for one in pool if (one["resourceType"], one["id"]) in wanted]
        along += [one for one in revincluded(query, found, pool) if one not in along]
        return found, along

    async def _told(self, asked: Requester, resource_type: str) -> list[Json]:
        resources = await self._all(asked, resource_type, Interaction.SEARCH)
        return [_version(one).told() for one in resources]

    async def _all(
        self, asked: Requester, resource_type: str, interaction: Interaction
    ) -> Sequence[Json]:
        if resource_type == ORGANIZATION:
            hospitals = await self._broker.register.hospitals(asked, interaction)
            return [*_organizations(hospitals)]
        staff = await self._broker.register.staff(asked, resource_type, interaction)
        if resource_type == PRACTITIONER:
            return [practitioner(one) for one in staff.people]
        return [role for one in staff.people for role in roles(one, staff)]


def _is_found(resource: Found, query: Query, resolve: Resolve) -> bool:
    is_asked = resource["resourceType"] == query.resource_type
    return is_asked and matches(resource, query, resolve)


def _also(query: Query) -> set[str]:
    """The other types that a search looks at: what it follows, and what is to come along."""
    followed = {kind for criterion in query.criteria for kind, _ in criterion.chain}
    forwards = {
        target
        for include in query.results.includes
        for parameter in include.parameters()
        for target in ((include.target,) if include.target else parameter.targets)
    }
    return followed | forwards | {include.source for include in query.results.revincludes}


def _version(resource: Json) -> Version:
    digest = blake2b(encode(resource), digest_size=6).digest()
    number = int.from_bytes(digest, "big")
    return Version(resource["resourceType"], resource["id"], number, 0, "PUT", resource)


def _organizations(hospitals: Iterable[HospitalLine]) -> Iterator[Json]:
    for one in hospitals:
        yield organization(one)
        yield from departments(one)


def organization(hospital: HospitalLine) -> Json:
    """A hospital (R4 Organization)."""
    identifiers = [{"system": CODE_SYSTEM, "value": hospital.code}]
    if hospital.national_code:
        national = {"use": "official", "system": HOSPITAL_SYSTEM, "value": hospital.national_code}
        identifiers.insert(0, national)
    return {
        "resourceType": ORGANIZATION,
        "id": str(hospital.hospital_id),
        "identifier": identifiers,
        "active": True,
        "type": [_kind("prov", "Healthcare Provider")],
        "name": hospital.name,
    }


def departments(hospital: HospitalLine) -> Iterator[Json]:
    """A hospital's departments, each a part of it."""
    whose = hospital.national_code or hospital.hospital_id
    for one in hospital.departments:
        made: Json = {"resourceType": ORGANIZATION, "id": str(one.department_id)}
        if one.code:
            made["identifier"] = [{"system": f"{HOSPITAL_SYSTEM}/{whose}", "value": one.code}]
        yield made | {
            "active": True,
            "type": [_kind("dept", "Hospital Department")],
            "name": one.name,
            "partOf": _reference(ORGANIZATION, hospital.hospital_id, hospital.name),
        }


def practitioner(person: StaffLine) -> Json:
    """Somebody who works in a hospital (R4 Practitioner): what colleagues know them by."""
    made: Json = {"resourceType": PRACTITIONER, "id": str(person.account_id)}
    if person.national_number:
        number = {"use": "official", "system": PERSON_SYSTEM, "value": person.national_number}
        made["identifier"] = [number]
    return made | {"active": person.active, "name": [{"text": person.name}]}


def roles(person: StaffLine, staff: StaffList) -> Iterator[Json]:
    """What somebody does, and where: in each of their departments, or in the hospital (R4
    PractitionerRole)."""
    for post in person.posts:
        where = post.department
        yield {
            "resourceType": PRACTITIONER_ROLE,
            "id": str(post.post_id),
            "active": person.active,
            "practitioner": _reference(PRACTITIONER, person.account_id, person.name),
            "organization": _reference(ORGANIZATION, where.department_id, where.name)
            if where
            else _reference(ORGANIZATION, staff.hospital_id, staff.hospital_name),
            "code": [{"coding": [{"system": ROLE_SYSTEM, "code": person.role.value}]}],
        }


def _kind(code: str, display: str) -> Json:
    return {"coding": [{"system": _KINDS, "code": code, "display": display}]}


def _reference(kind: str, one: UUID, display: str) -> Json:
    return {"reference": f"{kind}/{one}", "display": display}
