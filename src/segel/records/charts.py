"""Reading and writing the resources of patients' charts.

Every request asks the broker anew, for the folders that it needs and no others: what is read or
written stands in the log each time, and no key outlives its request.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from segel.broker import BrokerClient, ChartGrant, ConsentVersion, Requester
from segel.broker.errors import ConsentsChanged, PatientUnknown
from segel.domain.consent import Decision, Restriction, in_force
from segel.domain.records import BINARY, CHART_TYPES, CONSENT, PATIENT, Interaction
from segel.records.consents import rules_in, rules_of
from segel.records.errors import (
    ChartFull,
    ResourceGone,
    ResourceUnknown,
    SubjectChanged,
    VersionConflict,
    VersionUnknown,
    no_such_resource,
)
from segel.records.model import CHANGED, CREATED, TAKEN_OUT, Folder, Version
from segel.records.people import identity_of, patient_of
from segel.records.releasing import DOCUMENTED_BY, led_to, shown_to_patient
from segel.records.repo import RESOURCES_MAX, NewVersion, Repo, Row
from segel.records.signed import changed
from segel.records.subjects import subject_of
from segel.records.subscriptions.noting import Noting
from segel.records.worklist import due_of

Json = dict[str, Any]

_INTERACTIONS: Final = {
    CREATED: Interaction.CREATE,
    CHANGED: Interaction.UPDATE,
    TAKEN_OUT: Interaction.DELETE,
}

INLINE_MAX: Final = 50
"""Resources that are opened without a thread's hop."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A version, and the row that is still to be written of it into ``folder``; None where it is
    there."""

    version: Version
    row: NewVersion | None = field(repr=False)
    folder: Folder | None = field(default=None, repr=False)


class Charts:
    """The charts of an archive, for requesters whom the broker has not yet verified."""

    def __init__(
        self,
        broker: BrokerClient,
        repo: Repo,
        noting: Noting,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._broker = broker
        self._repo = repo
        self._noting = noting
        self._clock = clock

    # --- reading ------------------------------------------------------------------------------

    async def read(self, asked: Requester, resource_type: str, resource_id: str) -> Version:
        """The newest version. Raises ResourceUnknown, ResourceGone, BrokerError."""
        found = await self._current(asked, resource_type, resource_id, Interaction.READ)
        return _require_there(found[1])

    async def read_if_there(
        self, asked: Requester, resource_type: str, resource_id: str
    ) -> Version | None:
        """The newest version, or None where there is none that the requester may know of."""
        try:
            return await self.read(asked, resource_type, resource_id)
        except (ResourceUnknown, ResourceGone):
            return None

    async def history(
        self, asked: Requester, resource_type: str, resource_id: str
    ) -> list[Version]:
        """Every version, the newest first. Raises ResourceUnknown, BrokerError."""
        folder, current = await self._current(asked, resource_type, resource_id, Interaction.READ)
        row_id = folder.row_id(_uuid(resource_id))
        rows = await self._repo.history(folder.folder_id, row_id)
        return _shown(folder, await opened_rows(folder, rows)) or [current]

    async def history_to_take_out(
        self, asked: Requester, resource_type: str, resource_id: str
    ) -> tuple[Folder, list[Version]]:
        """The same, newest first, for whoever is about to take the resource out: with the folder
        that the next version goes into. Raises ResourceUnknown, BrokerError."""
        folder, _ = await self._current(asked, resource_type, resource_id, Interaction.DELETE)
        rows = await self._repo.history(folder.folder_id, folder.row_id(_uuid(resource_id)))
        return folder, await opened_rows(folder, rows)

    async def version(
        self, asked: Requester, resource_type: str, resource_id: str, number: str
    ) -> Version:
        """One version. Raises ResourceUnknown, VersionUnknown, ResourceGone, BrokerError."""
        for one in await self.history(asked, resource_type, resource_id):
            if str(one.number) == number:
                return _require_there(one)
        raise VersionUnknown(
            "The resource has no such version.", remedy="Its versions are in its _history."
        )

    async def of_patient(
        self, asked: Requester, patient_id: UUID, types: Sequence[str]
    ) -> list[Version]:
        """Everything of these types in a patient's chart. Raises ResourceUnknown, ChartFull."""
        grant = await self._open(asked, patient_id, types, Interaction.SEARCH)
        if grant.own and BINARY in types and not set(DOCUMENTED_BY) <= set(types):
            # Whether a document is for the patient, what refers to it says.
            more = await self.of_patient(asked, patient_id, [*{*types, *DOCUMENTED_BY}])
            return [one for one in more if one.resource_type in types]
        return [one async for one in self._told(grant)]

    async def copy_of(
        self, asked: Requester, patient_id: UUID, types: Sequence[str]
    ) -> AsyncIterator[Version]:
        """The asking patient's own chart, to be taken along: released once, and logged as that;
        one folder is in memory at a time. Raises ResourceUnknown, ChartFull, BrokerError."""
        grant = await self._open(asked, patient_id, types, Interaction.SEARCH, copy=True)
        return self._told(grant)

    async def _told(self, grant: ChartGrant) -> AsyncIterator[Version]:
        """What is in a grant's folders, as whoever it was released to is shown it."""
        binaries: set[str] = set()
        for folder in sorted(folders_of(grant), key=lambda one: one.resource_type == BINARY):
            found = await self.in_folder(folder)
            if folder.resource_type == PATIENT and not found:
                found = [known_of(grant)]
            if folder.own and folder.resource_type in DOCUMENTED_BY:
                binaries |= led_to(found)
            for one in found:
                hidden = folder.own and one.resource_type == BINARY
                if one.resource is not None and not (hidden and one.resource_id not in binaries):
                    yield one

    async def consents(
        self, asked: Requester, patient_id: UUID
    ) -> tuple[list[Version], tuple[Restriction, ...]]:
        """Everything that a patient decided, and what the hospital stopped at their request.

        Raises ResourceUnknown, ChartFull, BrokerError.
        """
        grant = await self._open(asked, patient_id, (CONSENT,), Interaction.SEARCH)
        (folder,) = folders_of(grant)
        lying = [one for one in await self.in_folder(folder) if one.resource is not None]
        return lying, grant.restricted

    # --- writing ------------------------------------------------------------------------------

    async def create(self, asked: Requester, resource: Json) -> Version:
        """A new resource, durable when this returns. Raises ResourceInvalid, SubjectMissing, ..."""
        plan = await self.plan_create(asked, resource)
        await self.commit(asked, [plan])
        return plan.version

    async def update(
        self,
        asked: Requester,
        resource: Json,
        resource_id: str,
        expected: int | None,
        *,
        reporting: bool = False,
    ) -> Version:
        """The next version of a resource, durable when this returns.

        ``expected``: the version that the change was made of; ``reporting``: by the reporting page,
        which alone changes its reports. Raises ResourceUnknown, VersionConflict, SubjectChanged,
        ResourceSigned, ...
        """
        plan = await self.plan_update(asked, resource, resource_id, expected, reporting=reporting)
        await self.commit(asked, [plan])
        return plan.version

    async def take_out(
        self, asked: Requester, resource_type: str, resource_id: str, expected: int | None
    ) -> Version:
        """Take a resource out; its versions stay. Taking it out again changes nothing."""
        plan = await self.plan_take_out(asked, resource_type, resource_id, expected)
        await self.commit(asked, [plan])
        return plan.version

    async def plan_create(self, asked: Requester, resource: Json) -> Plan:
        """A new resource. A patient is registered by this; nothing else is written yet."""
        if resource["resourceType"] == PATIENT:
            grant = await self._broker.charts.register(asked, identity_of(resource))
            return self.planned(folders_of(grant)[0], grant.patient_id, 1, CREATED, resource)
        (folder,) = await self.open_to_write(
            asked, subject_of(resource), (resource["resourceType"],)
        )
        return self.planned(folder, uuid4(), 1, CREATED, resource)

    async def plan_update(
        self,
        asked: Requester,
        resource: Json,
        resource_id: str,
        expected: int | None,
        *,
        reporting: bool = False,
    ) -> Plan:
        """The next version of a resource. Who a patient is, is changed by this already."""
        resource_type = resource["resourceType"]
        folder, current = await self._current(asked, resource_type, resource_id, Interaction.UPDATE)
        if expected is not None and expected != current.number:
            raise conflict()
        if resource_type == PATIENT:
            grant = await self._broker.charts.amend(asked, folder.patient_id, identity_of(resource))
            (folder,) = folders_of(grant)
        elif subject_of(resource) != folder.patient_id:
            raise SubjectChanged(
                "A resource does not move to another patient.",
                remedy="Take it out here, and create it for the other patient.",
            )
        body = resource if reporting else changed(current.resource, resource)
        return self.planned(folder, UUID(resource_id), current.number + 1, CHANGED, body)

    async def plan_take_out(
        self, asked: Requester, resource_type: str, resource_id: str, expected: int | None
    ) -> Plan:
        """The version that says that a resource was taken out."""
        folder, current = await self._current(asked, resource_type, resource_id, Interaction.DELETE)
        if expected is not None and expected != current.number:
            raise conflict()
        if current.resource is None:
            return Plan(current, None)
        changed(current.resource, None)
        return self.planned(folder, UUID(resource_id), current.number + 1, TAKEN_OUT, None)

    async def open_to_write(
        self,
        asked: Requester,
        patient_id: UUID,
        types: Sequence[str],
        interaction: Interaction = Interaction.CREATE,
    ) -> list[Folder]:
        """Folders that resources may be put into. Raises ResourceUnknown, BrokerError."""
        return folders_of(await self._open(asked, patient_id, types, interaction))

    async def in_folder(self, folder: Folder) -> list[Version]:
        """The newest version of everything that lies in an open folder. Raises ChartFull."""
        rows = await self._repo.folder(folder.folder_id)
        if len(rows) > RESOURCES_MAX:
            raise ChartFull(
                f"The chart holds more than {RESOURCES_MAX} resources of this type.",
                remedy="Read single resources by their ids.",
            )
        return _shown(folder, await opened_rows(folder, rows))

    def planned(
        self, folder: Folder, resource_id: UUID, number: int, method: str, body: Json | None
    ) -> Plan:
        """A version that is written by ``commit``."""
        row_id, at_s = folder.row_id(resource_id), self._clock()
        sealed = folder.seal(row_id, number, at_s, method, body)
        return Plan(
            Version(folder.resource_type, str(resource_id), number, at_s, method, body),
            NewVersion(folder.folder_id, row_id, number, folder.patient_id, sealed),
            folder,
        )

    async def commit(
        self, asked: Requester, plans: Sequence[Plan], marks: Sequence[bytes] = ()
    ) -> None:
        """Write all of them, durably, or none. Raises VersionConflict.

        ``marks``: of studies that are reported by this. A Consent is written by the broker, with
        what it decides, and by itself.
        """
        due = [plan for plan in plans if plan.row is not None]
        consents = [plan for plan in due if plan.version.resource_type == CONSENT]
        if consents:
            assert len(due) == 1, "a transaction with consents has been refused"
            await self._decide(asked, consents[0])
        elif due:
            orders = [
                one
                for plan in due
                if plan.folder and (one := due_of(plan.version, plan.folder.patient_id))
            ]
            listed = (await self._broker.worklist.mark(asked, orders)).marks if orders else ()
            told = await self._noting.written(asked, ((one.version, one.folder) for one in due))
            rows = [plan.row for plan in due if plan.row]
            if not await self._repo.write(rows, marks, listed, told):
                raise conflict()

    async def _decide(self, asked: Requester, plan: Plan) -> None:
        """Write a Consent, and at the same instant what holds from it on. Raises VersionConflict,
        ResourceInvalid, BrokerError."""
        version, row, folder = plan.version, plan.row, plan.folder
        assert row is not None
        assert folder is not None
        others = [
            one
            for one in await self.in_folder(folder)
            if one.resource_id != version.resource_id and one.resource is not None
        ]
        written = ConsentVersion(
            _INTERACTIONS[version.method], row.resource_id, row.version, row.sealed
        )
        rules = in_force(rules_of([version, *others]), self._clock())
        own = rules_in(version.resource) if version.resource is not None else ()
        permits = [rule.purpose for rule in own if rule.decision is Decision.PERMIT]
        try:
            await self._broker.charts.decide(
                asked, folder.patient_id, written, rules, permits, folder.consent_mark
            )
        except ConsentsChanged:
            raise conflict() from None

    async def mark(self, mark: bytes, *, there: bool) -> None:
        """Say of a study whether it has been reported, where another door did not."""
        await self._repo.mark(mark, there=there)

    # --- opening ------------------------------------------------------------------------------

    async def _open(
        self,
        asked: Requester,
        patient_id: UUID,
        types: Sequence[str],
        interaction: Interaction,
        *,
        copy: bool = False,
    ) -> ChartGrant:
        try:
            return await self._broker.charts.open(asked, patient_id, types, interaction, copy=copy)
        except PatientUnknown:
            raise no_such_resource() from None

    async def _current(
        self, asked: Requester, resource_type: str, resource_id: str, interaction: Interaction
    ) -> tuple[Folder, Version]:
        """The folder that a resource lies in, and its newest version. Raises ResourceUnknown."""
        assert resource_type in CHART_TYPES, "the doors know which types there are"
        known = _uuid(resource_id)
        if resource_type == PATIENT:
            grant = await self._open(asked, known, (PATIENT,), interaction)
        else:
            # Nobody's folder stands for one that is not there: the broker answers both alike.
            folder_id = await self._repo.folder_of(known) or NOBODYS
            try:
                grant = await self._broker.charts.open_folder(
                    asked, folder_id, resource_type, interaction
                )
            except PatientUnknown:
                raise no_such_resource() from None
        (folder,) = folders_of(grant)
        row = await self._repo.latest(folder.folder_id, folder.row_id(known))
        if row is None:
            if resource_type != PATIENT:
                raise no_such_resource()
            return folder, known_of(grant)
        shown = _shown(folder, [folder.open(row)])
        if not shown or (folder.own and not await self._is_led_to(asked, folder, shown[0])):
            raise no_such_resource()
        return folder, shown[0]

    async def _is_led_to(self, asked: Requester, folder: Folder, version: Version) -> bool:
        """Whether a patient is shown a document: where a report that they are shown has it."""
        if version.resource_type != BINARY:
            return True
        found = await self.of_patient(asked, folder.patient_id, DOCUMENTED_BY)
        return version.resource_id in led_to(found)


NOBODYS: Final = UUID(int=0)


def folders_of(grant: ChartGrant) -> list[Folder]:
    """The folders that a grant opens."""
    return [Folder(grant.patient_id, one, grant.own, grant.consent_mark) for one in grant.folders]


def known_of(grant: ChartGrant) -> Version:
    """The Patient of somebody whom nobody has written yet."""
    assert grant.identity is not None, "it comes with the Patient folder"
    patient = patient_of(grant.identity, grant.hospital_id)
    return Version(PATIENT, str(grant.patient_id), 0, 0, CREATED, patient)


async def opened_rows(folder: Folder, rows: Sequence[Row]) -> list[Version]:
    """Rows of an open folder; many of them in a thread."""
    if len(rows) <= INLINE_MAX:
        return [folder.open(row) for row in rows]
    return await asyncio.to_thread(lambda: [folder.open(row) for row in rows])


def _shown(folder: Folder, found: Sequence[Version]) -> list[Version]:
    """Of an open folder, what whoever it was opened for is shown."""
    if not folder.own:
        return list(found)
    return [one for version in found if (one := shown_to_patient(version)) is not None]


def _require_there(found: Version) -> Version:
    if found.resource is None:
        raise ResourceGone(
            "The resource was taken out.", remedy="Its earlier versions are in its _history."
        )
    return found


def _uuid(resource_id: str) -> UUID:
    """The id of a resource. Raises ResourceUnknown for what no resource here can have."""
    try:
        found = UUID(resource_id)
    except ValueError:
        raise no_such_resource() from None
    if str(found) != resource_id:
        raise no_such_resource()
    return found


def conflict() -> VersionConflict:
    """Somebody else was there before."""
    return VersionConflict(
        "The resource is not the version that was named: it was changed meanwhile.",
        field="If-Match",
        remedy="Read it again, and make the change to what it is now.",
    )
