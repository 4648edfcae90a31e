"""What a bulk load writes is what the registry writes, of whoever it is, once."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from segel.app.synth import filling
from segel.app.synth.plan import Plan, hospitals, people, request_id
from segel.broker import bulk
from segel.broker import messages as m
from segel.broker.bulk import COLUMNS, NewPatient, NewStudy
from segel.broker.key_rows import HospitalKek
from segel.broker.keyring import Keyring, label_of
from segel.broker.patient_keys import PatientKeys
from segel.broker.registry import open_identity, open_summary
from segel.broker.settings import BrokerSettings
from segel.domain.roles import Role
from segel.keys import KmsPlace, open_kms
from segel.sealing import study_scope
from segel.store.copying import copy_rows

PLAN = Plan(
    patients=40, hospitals=3, studies_per_patient=1.5, seed=7, until=date(2026, 1, 5), compare=True
)
SEALED = ("wrapped_key", "sealed", "sealed_summary", "consent_mark")


@pytest.fixture
def settings(database: Any, tmp_path: Path, kms_place: KmsPlace) -> BrokerSettings:
    return BrokerSettings(
        socket=tmp_path / "b.sock", operator_socket=tmp_path / "o.sock", database=database.broker,
        kms=kms_place, objects=tmp_path / "objects", key_backup=tmp_path / "wrapped",
        log_origin="segel.test/audit", demo=True,
    )  # fmt: skip


@pytest.fixture
def with_keys(settings: BrokerSettings) -> Callable[..., Any]:
    """Runs something with what ``bulk.opened`` gives."""

    def run(work: Callable[[bulk.Opened], Any]) -> Any:
        async def opened() -> Any:
            kms = open_kms(settings.kms_place, production=False)
            async with bulk.opened(settings, kms) as here:
                return await asyncio.to_thread(work, here)

        return asyncio.run(opened())

    return run


def rows_in(owner: str) -> dict[str, list[dict[str, Any]]]:
    """Every row that a bulk load could have written."""
    found = {}
    with psycopg.connect(owner) as connection:
        for table in (*COLUMNS, "series"):
            cursor = connection.execute(f"SELECT * FROM {table}")
            names = [column.name for column in cursor.description or ()]
            found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return found


def opened(
    rows: Mapping[str, list[dict[str, Any]]], keyring: Keyring, kek_id: str
) -> tuple[Any, ...]:
    """What one patient's rows say to whoever has the keys, and which of them there are."""
    (patient,) = rows["patients"]
    (study,) = rows["studies"]
    patient_id, study_id = patient["patient_id"], study["study_id"]
    assert patient["consent_mark"].version == 4  # a token of the patient, as random as their id
    keys = PatientKeys(keyring.unwrap(kek_id, patient["wrapped_key"], patient_id.bytes))
    return (
        label_of(patient["wrapped_key"]),
        open_identity(keys, patient_id, patient["sealed"]),
        open_summary(
            keys.scope(study_scope(study_id)), patient_id, study_id, study["sealed_summary"]
        ),
        len(patient["sealed"]),
        len(study["sealed_summary"]),
        {
            table: sorted(
                sorted((name, str(value)) for name, value in row.items() if name not in SEALED)
                for row in lines
            )
            for table, lines in rows.items()
        },
    )


def test_it_writes_the_rows_of_an_arrival(
    database: Any,
    estate_of: Callable[..., Any],
    arrival: Callable[..., m.StudyArrival],
    with_keys: Callable[..., Any],
) -> None:
    came = arrival(4, name="SITI NURHALIZA LESTARI")

    async def arrives() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), came)

    asyncio.run(arrives())
    before = rows_in(database.owner)
    (patient,), (study,) = before["patients"], before["studies"]
    with psycopg.connect(database.owner) as connection:
        for table in COLUMNS:  # as if nobody had come; the hospital stays
            connection.execute(
                f"DELETE FROM {table} WHERE patient_id = %s", (patient["patient_id"],)
            )

    def load(here: bulk.Opened) -> tuple[Any, Any]:
        hospital = here.hospitals["H1"]
        new = NewStudy(came, datetime.now(UTC).date(), study["study_id"])
        rows = bulk.rows_of(
            here,
            [NewPatient(patient["patient_id"], hospital, [new])],
            compare=True,
        )
        with psycopg.connect(database.owner) as connection:
            for table, columns in COLUMNS.items():
                copy_rows(connection, table, columns, rows.tables[table])
        after = rows_in(database.owner)
        return (
            opened(before, here.keyring, hospital.kek_id),
            opened(after, here.keyring, hospital.kek_id),
        )

    by_arrival, by_load = with_keys(load)
    assert by_load == by_arrival
    found: list[m.SearchResult] = []

    async def looks() -> None:
        async with estate_of() as estate:
            token = await estate.token(Role.RADIOLOGIST)
            found.append(await estate.search(token, t00100020=came.patient.nik))
            await estate.open(token, came.study_uid)

    asyncio.run(looks())
    assert [match.study_id for match in found[0].matches] == [study["study_id"]]


@pytest.fixture
def enrolled(estate_of: Callable[..., Any]) -> None:
    async def enrol() -> None:
        async with estate_of() as estate:
            for one in hospitals(PLAN.hospitals):
                await estate.ask(m.EnrolHospital(one.code, one.name))

    asyncio.run(enrol())


@pytest.mark.usefixtures("enrolled")
def test_broken_off_it_goes_on_and_writes_nobody_twice(
    database: Any, with_keys: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(plan: Plan) -> None:
        with_keys(lambda here: filling.fill(database.owner, here, plan, range(plan.shards)))

    class PowerCut(Exception):
        pass

    def cut(connection: Any, table: str, *rest: Any) -> None:
        if table == "series":
            raise PowerCut
        copy_rows(connection, table, *rest)

    with monkeypatch.context() as broken:
        broken.setattr(filling, "copy_rows", cut)
        with pytest.raises(PowerCut):
            fill(PLAN)
    assert counted(database.owner) == {}

    fill(PLAN)
    first = counted(database.owner)
    fill(PLAN)
    assert counted(database.owner) == first
    larger = msgspec.structs.replace(PLAN, patients=55)
    fill(larger)
    wanted = list(people(larger, 0))
    assert counted(database.owner)["patients"] == len(wanted) == 55
    assert counted(database.owner)["studies"] == sum(len(one.studies) for one in wanted)
    assert counted(database.owner)["series"] == counted(database.owner)["studies"]
    assert counted(database.owner)["uncompared"] == 55


def counted(owner: str) -> dict[str, int]:
    """Rows about patients, by table; hospitals and accounts have unique tokens, too."""
    return {
        table: len(lines)
        for table, lines in rows_in(owner).items()
        if table != "unique_tokens" and lines
    }


@pytest.mark.usefixtures("enrolled")
def test_everybody_has_the_row_id_of_their_request(
    database: Any, with_keys: Callable[..., Any]
) -> None:
    def fill(here: bulk.Opened) -> dict[UUID, HospitalKek]:
        filling.fill(database.owner, here, PLAN, range(1))
        where = [here.hospitals[one.code] for one in hospitals(PLAN.hospitals)]
        return {
            here.index.registered(request_id(PLAN, one.number)): where[one.hospital]
            for one in people(PLAN, 0)
        }

    wanted = with_keys(fill)
    rows = rows_in(database.owner)["patients"]
    assert {row["patient_id"]: row["hospital_id"] for row in rows} == {
        patient: hospital.hospital_id for patient, hospital in wanted.items()
    }
