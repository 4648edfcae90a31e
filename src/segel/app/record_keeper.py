"""The console's ``Keeper`` over the records: how its forms come to be Patient and Consent."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from segel.broker import BrokerClient, Requester
from segel.console.errors import ChangedMeanwhile, ChartMissing, FormBroken
from segel.domain.consent import Decision, Standing
from segel.domain.identifiers import NumberInvalid
from segel.domain.purpose import Purpose
from segel.domain.records import CONSENT, PATIENT
from segel.domain.registration import Registered, Registration
from segel.records import (
    Records,
    RecordsError,
    ResourceInvalid,
    VersionConflict,
    decision_on,
    is_decision_on,
    registration_of,
    standings,
    valid,
    written,
)


class RecordKeeper:
    """Registers people in ``records``, and writes down what they decide."""

    def __init__(self, records: Records, broker: BrokerClient) -> None:
        self._records = records
        self._broker = broker

    async def registered(self, requester: Requester, patient_id: UUID) -> Registered:
        """Somebody's registration. Raises ChartMissing, BrokerError."""
        with _told():
            found = await self._records.charts.read(requester, PATIENT, str(patient_id))
        return Registered(patient_id, found.number, registration_of(found.resource or {}))

    async def register(self, requester: Requester, about: Registration) -> UUID:
        """A new patient. Raises AlreadyExists, FormBroken, BrokerError."""
        with _told():
            patient = written({}, about, await self._hospital(requester))
            made = await self._records.charts.create(requester, valid(patient, PATIENT))
        return UUID(made.resource_id)

    async def amend(self, requester: Requester, known: Registered) -> None:
        """Write a registration anew. Raises ChangedMeanwhile, AlreadyExists, FormBroken, ..."""
        with _told():
            found = await self._records.charts.read(requester, PATIENT, str(known.patient_id))
            if found.number != known.version:
                raise ChangedMeanwhile("Somebody else changed this registration.")
            hospital_id = await self._hospital(requester)
            patient = valid(written(found.resource or {}, known.about, hospital_id), PATIENT)
            await self._records.charts.update(
                requester, patient, str(known.patient_id), known.version
            )

    async def standings(self, requester: Requester, patient_id: UUID) -> list[Standing]:
        """How it stands with each purpose. Raises ChartMissing, BrokerError."""
        with _told():
            lying, restricted = await self._records.charts.consents(requester, patient_id)
        return standings(lying, restricted, time.time())

    async def decide(
        self, requester: Requester, patient_id: UUID, purpose: Purpose, decision: Decision
    ) -> None:
        """Write what a patient decided of a purpose. Raises ChangedMeanwhile, ChartMissing, ..."""
        with _told():
            lying = await self._records.charts.of_patient(requester, patient_id, (CONSENT,))
            before = next(
                (one for one in lying if one.resource and is_decision_on(purpose, one.resource)),
                None,
            )
            consent = decision_on(purpose, decision, patient_id, time.time())
            if before is None:
                await self._records.charts.create(requester, valid(consent, CONSENT))
            else:
                await self._records.charts.update(
                    requester, valid(consent, CONSENT), before.resource_id, before.number
                )

    async def _hospital(self, requester: Requester) -> UUID:
        hospital_id = (await self._broker.session_of(requester)).hospital_id
        assert hospital_id is not None, "nobody without a hospital registers anybody"
        return hospital_id


@contextmanager
def _told() -> Iterator[None]:
    """What the records refuse, in the console's words."""
    try:
        yield
    except VersionConflict as error:
        raise ChangedMeanwhile(error.what, remedy=error.remedy) from None
    except (ResourceInvalid, NumberInvalid) as error:
        raise FormBroken(error.what, field=error.field, remedy=error.remedy) from None
    except RecordsError as error:
        raise ChartMissing(error.what, remedy=error.remedy) from None
