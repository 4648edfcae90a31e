"""What is asked of the broker about patients and their charts."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from segel.broker import messages as m
from segel.domain.consent import Rule
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.records import Interaction

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class ChartCalls:
    """``BrokerClient.charts``. All raise Forbidden, BudgetExhausted, BrokerUnavailable."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def find(self, requester: m.Requester, query: m.PatientQuery) -> m.PatientList:
        """Who matches. Raises QueryTooBroad."""
        return await self._client.call(m.FindPatients(requester, query), m.PatientList)

    async def match(
        self,
        requester: m.Requester,
        identity: PatientIdentity,
        limit: int,
        *,
        only_certain: bool = False,
    ) -> list[m.MatchLine]:
        """Who may be somebody, the likeliest first. Raises QueryTooBroad."""
        asked = m.MatchPatients(requester, identity, limit, only_certain)
        return (await self._client.call(asked, m.MatchList)).lines

    async def open(
        self,
        requester: m.Requester,
        patient_id: UUID,
        resource_types: Iterable[str],
        interaction: Interaction,
        *,
        copy: bool = False,
    ) -> m.ChartGrant:
        """Folders of a patient; as a ``copy``, of the asking patient's own, to be taken along.

        Raises PatientUnknown.
        """
        asked = m.OpenChart(requester, patient_id, tuple(resource_types), interaction, copy)
        return await self._client.call(asked, m.ChartGrant)

    async def open_folder(
        self,
        requester: m.Requester,
        folder_id: UUID,
        resource_type: str,
        interaction: Interaction,
    ) -> m.ChartGrant:
        """The folder that a resource lies in. Raises PatientUnknown."""
        asked = m.OpenFolder(requester, folder_id, resource_type, interaction)
        return await self._client.call(asked, m.ChartGrant)

    async def register(self, requester: m.Requester, identity: PatientIdentity) -> m.ChartGrant:
        """A new patient. Raises AlreadyExists, RecordsErased."""
        asked = m.RegisterPatient(requester, identity, uuid4())
        return await self._client.call(asked, m.ChartGrant)

    async def amend(
        self, requester: m.Requester, patient_id: UUID, identity: PatientIdentity
    ) -> m.ChartGrant:
        """Who a patient is, anew. Raises PatientUnknown, AlreadyExists."""
        asked = m.AmendPatient(requester, patient_id, identity)
        return await self._client.call(asked, m.ChartGrant)

    async def decide(
        self,
        requester: m.Requester,
        patient_id: UUID,
        version: m.ConsentVersion,
        rules: Sequence[Rule],
        permits: Sequence[Purpose],
        mark: UUID | None,
    ) -> m.ConsentDecided:
        """A Consent, and what holds from it on. Raises ConsentsChanged, PatientUnknown."""
        asked = m.DecideConsent(requester, patient_id, version, tuple(rules), tuple(permits), mark)
        return await self._client.call(asked, m.ConsentDecided)
