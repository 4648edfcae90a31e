"""What a patient asks of the broker about their own record."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m
from segel.broker.errors import BrokerError

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class RecordCalls:
    """``BrokerClient.record``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def open(
        self, requester: m.Requester, before: int = 0, limit: int = m.PAGE_LINES
    ) -> m.RecordTrail:
        """Who opened the asking patient's record, with proofs. Raises Forbidden."""
        return await self._client.call(m.OpenRecord(requester, before, limit), m.RecordTrail)

    async def enrol(
        self, hospital_code: str, number: str, *, demo: bool = False, known: bool = False
    ) -> UUID:
        """An account for a patient, or the one that is ``known``; the operator's socket only.

        Raises PatientUnknown, AccountUnknown.
        """
        asked = m.EnrolPatient(hospital_code, number, demo, known)
        done = await self._client.call(asked, m.Done)
        if done.identifier is None:
            raise BrokerError("The broker gave an answer of another kind.")
        return done.identifier
