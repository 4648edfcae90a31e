"""FHIR as clients have it: the door over real records, a real archive and a real broker."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from litestar import Litestar
from litestar.exceptions import HTTPException

from segel.broker import BrokerClient
from segel.domain.roles import Role
from segel.imaging import opened_archive
from segel.imaging.dicomweb import router as dicomweb_router
from segel.records import Records
from segel.records.http import BASE, elsewhere, router
from segel.store.database import opened_pool
from support.live_broker import LiveBroker, live_broker

if TYPE_CHECKING:
    from conftest import Database

HOSPITALS = ("RSTH", "RSBS")


@dataclass
class Fhir:
    """A running door, and tokens of people of two hospitals."""

    origin: str
    broker: LiveBroker
    web: httpx.Client
    place: tuple[Path, str, Path]
    """Where broker, database and objects are, for another archive over them."""
    tokens: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)

    @property
    def base(self) -> str:
        """The service's address."""
        return f"{self.origin}{BASE}"

    def token(self, role: str, hospital: str = HOSPITALS[0]) -> str:
        """A session of somebody of this role."""
        key = (role, hospital)
        if key not in self.tokens:
            self.tokens[key] = self.broker.run(self._enrolled(Role(role), hospital))
        return self.tokens[key]

    def headers(self, role: str, hospital: str = HOSPITALS[0], purpose: str = "") -> dict[str, str]:
        """Token and purpose of use of somebody of this role."""
        stated = {"X-Purpose-Of-Use": purpose} if purpose else {}
        return {"Authorization": f"Bearer {self.token(role, hospital)}", **stated}

    def ask(
        self,
        method: str,
        path: str,
        role: str = "clinician",
        hospital: str = HOSPITALS[0],
        purpose: str = "",
        *,
        headers: dict[str, str] | None = None,
        **how: Any,
    ) -> httpx.Response:
        """One request, below the service's address."""
        sent = {**self.headers(role, hospital, purpose), **(headers or {})}
        return self.web.request(method, f"{self.base}{path}", headers=sent, **how)

    def patient(self, **changes: Any) -> str:
        """The id of a new patient, registered by a medical records officer."""
        made = self.ask(
            "POST", "/Patient", "records-officer", purpose="HOPERAT", json=person(**changes)
        )
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def _enrolled(self, role: Role, hospital: str) -> str:
        async with self._operator() as operator:
            await operator.enrol_hospital(hospital, f"RS {hospital}")
            account = await operator.enrol_account(f"{role} {hospital}", role, hospital, demo=True)
            return (await operator.issue_token(account, 3600)).token

    def operate(self, what: Callable[[BrokerClient], Awaitable[None]]) -> None:
        """Something that the operator does."""

        async def done() -> None:
            async with self._operator() as operator:
                await what(operator)

        self.broker.run(done())

    def patients_token(self, patient_id: str, number: str) -> str:
        """A session of a patient, whose record number in the first hospital is given."""

        async def enrol() -> str:
            async with self._operator() as operator:
                account = await operator.record.enrol(HOSPITALS[0], number, demo=True)
                return (await operator.issue_token(account, 3600)).token

        return self.broker.run(enrol())

    @contextlib.asynccontextmanager
    async def _operator(self) -> AsyncIterator[BrokerClient]:
        operator = await BrokerClient.connect(self.broker.settings.operator_socket)
        try:
            yield operator
        finally:
            await operator.close()


def person(**changes: Any) -> dict[str, Any]:
    """A Patient resource of an invented woman; nobody's NIK begins with 99."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "https://fhir.kemkes.go.id/id/nik", "value": "9901015502900003"}],
        "name": [{"use": "official", "family": "Wulandari", "given": ["Sri"]}],
        "gender": "female",
        "birthDate": "1990-02-15",
        **changes,
    }


def observation(patient_id: str, **changes: Any) -> dict[str, Any]:
    """A Covid-19 antigen test of a patient."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "94558-4"}]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": "2026-11-01T10:00:00+07:00",
        "valueCodeableConcept": {"text": "Negatif"},
        **changes,
    }


@pytest.fixture
def fhir(database: "Database", tmp_path: Path) -> Iterator[Fhir]:
    """The door, listening."""
    with live_broker(database, tmp_path) as broker, socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()  # whoever comes before it is served waits
        origin = f"http://127.0.0.1:{door.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(_nothing, log_level="error", lifespan="off"))
        serving = asyncio.run_coroutine_threadsafe(
            _serve(server, broker, database, tmp_path, door, origin), broker.loop
        )
        with httpx.Client(timeout=30) as web:
            place = broker.settings.socket, database.gateway, tmp_path / "objects"
            yield Fhir(origin, broker, web, place)
        server.should_exit = True
        serving.result(20)


async def _nothing(*_: Any) -> None:
    """Stands for the application until there is one."""


async def _serve(
    server: uvicorn.Server,
    broker: LiveBroker,
    database: "Database",
    folder: Path,
    door: socket.socket,
    origin: str,
) -> None:
    stores = broker.settings.socket, database.gateway, folder / "objects"
    async with opened_archive(*stores) as archive, opened_pool(database.gateway) as pool:
        records = Records(archive, pool, f"{origin}{BASE}")
        routers = [router(records, origin), dicomweb_router(archive)]
        server.config.app = Litestar(
            routers, exception_handlers={HTTPException: elsewhere}, openapi_config=None
        )
        await server.serve(sockets=[door])
