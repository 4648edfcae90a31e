"""An open chart as the platform is to be told of it: its records in the order of sending."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from segel.broker.messages import NationalGrant
from segel.domain.records import PATIENT
from segel.records.model import TAKEN_OUT, Folder, Version
from segel.records.national.elements import ORDER
from segel.records.national.mapping import IN_ERROR
from segel.records.national.systems import Number, accessions_of, numbers_of, study_uids_of
from segel.records.repo import Repo
from segel.records.studies import IMAGING_STUDY, imaging_study

Json = dict[str, Any]

_WHEN: Final = ("started", "authoredOn", "issued", "effectiveDateTime")


@dataclass(frozen=True, slots=True)
class Entry:
    """A record. ``version``: tells one state from another; ``retracted``: it was taken out, and
    this is what it last was."""

    resource_type: str
    resource_id: str
    version: str
    resource: Json = field(repr=False)
    retracted: bool = False

    @property
    def reference(self) -> str:
        """How others refer to it."""
        return f"{self.resource_type}/{self.resource_id}"


@dataclass(frozen=True, slots=True)
class Chart:
    """What a round finds. ``patient``: the Patient, where somebody wrote one."""

    patient: Version | None
    entries: tuple[Entry, ...]

    def numbered(self, references: dict[str, str]) -> dict[Number, str]:
        """The platform's references by the numbers of what it has."""
        found: dict[Number, str] = {}
        for entry in self.entries:
            if entry.reference in references:
                there = f"{entry.resource_type}/{references[entry.reference]}"
                found |= dict.fromkeys(numbers_of(entry.resource), there)
        return found


async def read_chart(grant: NationalGrant, repo: Repo) -> Chart:
    """Everything in the open folders, and the studies. Raises DatabaseAway."""
    folders = {one.resource_type: Folder(grant.patient_id, one) for one in grant.folders}
    entries: list[Entry] = []
    for resource_type in ORDER:
        if resource_type == IMAGING_STUDY:
            entries += studies_of(grant, entries)
        else:
            entries += [one async for one in _entries(folders[resource_type], repo)]
    rows = await repo.folder(folders[PATIENT].folder_id)
    patient = folders[PATIENT].open(rows[0]) if rows else None
    return Chart(patient, tuple(entries))


def studies_of(grant: NationalGrant, before: list[Entry]) -> list[Entry]:
    """The studies, each with the request that it was made for where the chart has it."""
    requests = [one for one in before if one.resource_type == "ServiceRequest"]
    found = []
    for match in grant.studies:
        study = imaging_study(match.attributes, match.series, match.patient_id, grant.hospital_id)
        study["numberOfInstances"] = match.instance_count
        wanted, uids = set(accessions_of(study)), set(study_uids_of(study))
        based = [
            {"reference": one.reference}
            for one in requests
            if wanted & set(accessions_of(one.resource)) or uids & set(study_uids_of(one.resource))
        ]
        if based:
            study["basedOn"] = based
        entry = Entry(IMAGING_STUDY, study["id"], str(match.instance_count), study)
        found.append(entry)
    return found


async def _entries(folder: Folder, repo: Repo) -> AsyncIterator[Entry]:
    opened = [folder.open(row) for row in await repo.folder(folder.folder_id)]
    opened.sort(key=lambda one: (_when(one.resource or {}), one.resource_id))
    for one in opened:
        if one.resource is not None:
            yield _entry(one, one.resource)
        elif (last := await _before_taken_out(folder, repo, one)) is not None:
            yield last


async def _before_taken_out(folder: Folder, repo: Repo, gone: Version) -> Entry | None:
    """A record that was taken out, as it was, and in error."""
    rows = await repo.history(folder.folder_id, UUID(gone.resource_id))
    for row in rows:
        one = folder.open(row)
        if one.method != TAKEN_OUT and one.resource is not None:
            resource = {**one.resource, "status": IN_ERROR}
            return Entry(one.resource_type, one.resource_id, str(gone.number), resource, True)
    return None


def _entry(version: Version, resource: Json) -> Entry:
    retracted = resource.get("status") == IN_ERROR
    number = str(version.number)
    return Entry(version.resource_type, version.resource_id, number, resource, retracted)


def _when(resource: Json) -> str:
    """When it was, roughly: the order within a type."""
    period = resource.get("period", {}).get("start", "")
    return next((str(resource[name]) for name in _WHEN if name in resource), period)
