"""A whole broker in the test's own loop, on the real database, with a clock that can be set."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from segel.broker import messages as m
from segel.broker.approvals import Approvals
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.card_making import CardMaking
from segel.broker.desks.offers import Caller
from segel.broker.ledger import Intent
from segel.broker.matching_port import Matching
from segel.broker.server import opened
from segel.broker.service import Broker
from segel.broker.settings import BrokerSettings
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.keys import Kms, KmsPlace, open_kms
from support.kms import CHOSEN, KINDS, new_place


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    now_s: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Estate:
    """A broker with one hospital's people, and shortcuts to ask it things."""

    broker: Broker
    clock: SetClock

    async def token(self, role: Role, hospital: str = "H1", name: str = "") -> str:
        await self.ask(m.EnrolHospital(hospital, f"RS {hospital}"))
        done = await self.ask(
            m.EnrolAccount(name or f"{role} of {hospital}", role, hospital, demo=True)
        )
        assert isinstance(done, m.Done)
        assert isinstance(done.identifier, UUID)
        issued = await self.ask(m.IssueToken(done.identifier, 10**9))
        assert isinstance(issued, m.Token)
        return issued.token

    async def ask(self, request: m.Request, caller: Caller = Caller.OPERATOR) -> m.Reply:
        return await self.broker.answer(request, caller)

    @property
    def approvals(self) -> Approvals:
        return self.broker.approvals

    async def act(self, apply: Callable[[psycopg.AsyncCursor], Awaitable[Any]]) -> None:
        """Some action of the system's, in a transaction of the ledger."""
        event = Event(
            Kind.ERASE, Outcome.SUCCESS, None, "operator", None, None,
            Purpose.SYSTEM_ADMINISTRATION, "test",
        )  # fmt: skip
        await self.broker.ledger.commit(Intent(event, apply=apply))

    async def agree(self, approval_id: UUID | None) -> None:
        """As many people of H1 as it takes approve what another asked for."""
        assert approval_id is not None
        for number in (1, 2):
            name = f"approver {number}"
            who = m.Requester(await self.token(Role.DATA_PROTECTION_OFFICER, name=name))
            done = await self.ask(m.DecideApproval(who, approval_id, True, "As it should be."))
            assert isinstance(done, m.ApprovalLine)
            if done.state is not m.ApprovalState.WAITING:
                return

    async def store(self, token: str, arrival: m.StudyArrival) -> m.StudyGrant:
        reply = await self.ask(m.OpenForStore(m.Requester(token), arrival))
        assert isinstance(reply, m.StudyGrant)
        return reply

    async def open(self, token: str, study_uid: str) -> m.StudyGrant:
        reply = await self.ask(m.OpenStudy(m.Requester(token), study_uid))
        assert isinstance(reply, m.StudyGrant)
        return reply

    async def search(self, token: str, **filters: str) -> m.SearchResult:
        query = m.StudyQuery(filters={name.lstrip("t"): value for name, value in filters.items()})
        reply = await self.ask(m.Search(m.Requester(token), query))
        assert isinstance(reply, m.SearchResult)
        return reply


def _arrival(number: int, *, name: str = "", **changes: str) -> m.StudyArrival:
    """The study of synthetic patient ``number`` (province code 98 does not exist)."""
    identity = PatientIdentity(
        patient_id=changes.get("patient_id", f"MRN{number:05d}"),
        nik=changes.get("nik", f"980101{1 + number % 28:02d}0180{number:04d}"),
        name=name or f"SITI NOMOR {number}",
        birth_date=changes.get("birth_date", f"198001{1 + number % 28:02d}"),
        sex="F",
    )
    study_date = changes.get("study_date", "20260105")
    uid = changes.get("study_uid", f"2.25.77{number}")
    return m.StudyArrival(
        study_uid=uid,
        accession=changes.get("accession", f"ACC{number}"),
        patient=identity,
        attributes={
            "00080020": {"vr": "DA", "Value": [study_date]},
            "00080050": {"vr": "SH", "Value": [changes.get("accession", f"ACC{number}")]},
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": identity.name}]},
            "00100020": {"vr": "LO", "Value": [identity.patient_id]},
            "00100030": {"vr": "DA", "Value": [identity.birth_date]},
            "0020000D": {"vr": "UI", "Value": [uid]},
        },
    )


Opener = Callable[..., contextlib.AbstractAsyncContextManager[Estate]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that says ``EVERY_KMS = True`` runs on each of them, the others on the one that is
    chosen."""
    if "kms_kind" in metafunc.fixturenames:
        every = getattr(metafunc.module, "EVERY_KMS", False)
        metafunc.parametrize("kms_kind", KINDS if every else (CHOSEN,))


@pytest.fixture
def kms_place(kms_kind: str, tmp_path: Path) -> KmsPlace:
    """An empty KMS."""
    return new_place(kms_kind, tmp_path)


@pytest.fixture
def kms(kms_place: KmsPlace) -> Kms:
    """The KMS of ``estate_of``, as another process would open it."""
    return open_kms(kms_place, production=False)


@pytest.fixture
def estate_of(database: Any, tmp_path: Path, kms_place: KmsPlace) -> Opener:
    """Opens a broker on the emptied database; again for another life or a second broker.

    Whatever is given by name changes its settings.
    """
    clock = SetClock()
    settings = BrokerSettings(
        socket=tmp_path / "b.sock",
        operator_socket=tmp_path / "o.sock",
        database=database.broker,
        kms=kms_place,
        objects=tmp_path / "objects",
        key_backup=tmp_path / "wrapped",
        log_origin="segel.test/audit",
        demo=True,
    )

    @contextlib.asynccontextmanager
    async def open_estate(
        kms: Kms | None = None,
        cards: CardMaking | None = None,
        matching: Matching | None = None,
        **changes: Any,
    ) -> AsyncIterator[Estate]:
        chosen = msgspec.structs.replace(settings, **changes)
        kms = kms or open_kms(kms_place, production=False)
        async with opened(chosen, kms, clock, cards=cards, matching=matching) as broker:
            yield Estate(broker, clock)

    return open_estate


@pytest.fixture
def arrival() -> Callable[..., m.StudyArrival]:
    """Makes the study of a synthetic patient by number."""
    return _arrival
