"""Matching what is about to be written, so that subscribers are told of it.

Whoever writes has the resource open, and nobody else: it is matched there, and what matched is
written in the resource's own transaction. Then there is no resource without its event.
"""

from collections.abc import Iterable, Sequence

from segel.broker import BrokerClient, EventMark, Requester, ResourceEvent, StudyGrant
from segel.domain.dicom import JsonDataset
from segel.domain.records import Interaction
from segel.records.model import CREATED, Folder, Version
from segel.records.studies import IMAGING_STUDY, imaging_study
from segel.records.subscriptions.criteria import meets


class Noting:
    """For requesters whom the broker has not yet verified. ``base``: FHIR's address."""

    def __init__(self, broker: BrokerClient, base: str) -> None:
        self._broker = broker
        self._base = base

    async def written(
        self, asked: Requester, planned: Iterable[tuple[Version, Folder | None]]
    ) -> tuple[EventMark, ...]:
        """The rows of versions that are about to be written. Raises BrokerError."""
        events = [
            ResourceEvent(
                one.subscription_id,
                Interaction.CREATE if version.method == CREATED else Interaction.UPDATE,
                version.resource_type,
                version.resource_id,
                folder.patient_id,
            )
            for version, folder in planned
            if folder is not None and version.resource is not None
            for one in folder.grant.subscribers
            if meets(version.told(), version.resource_type, one.criteria, self._base)
        ]
        return await self._noted(asked, events)

    async def arriving(
        self, asked: Requester, grant: StudyGrant, study: JsonDataset, series: JsonDataset
    ) -> tuple[EventMark, ...]:
        """The rows of a study that a series arrives for. Raises BrokerError."""
        resource = imaging_study(study, [series], grant.patient_id, grant.hospital_id)
        events = [
            ResourceEvent(
                one.subscription_id,
                Interaction.CREATE,
                IMAGING_STUDY,
                resource["id"],
                grant.patient_id,
            )
            for one in grant.subscribers
            if meets(resource, IMAGING_STUDY, one.criteria, self._base)
        ]
        return await self._noted(asked, events)

    async def _noted(
        self, asked: Requester, events: Sequence[ResourceEvent]
    ) -> tuple[EventMark, ...]:
        return await self._broker.subscriptions.note(asked, events) if events else ()
