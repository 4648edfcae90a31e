"""A process ``synth-fill``: makes and writes shards of the plan, one transaction each.

Who is there is known by the row id that the broker itself would give to the plan's request, so a
run that was broken off at any instant goes on where it was, and nobody is written twice. Each shard
that is done is a line on stdout: how many people it has, and how many of them are new.
"""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import UUID

import psycopg

from segel.app.broker_process import early_kms, settings_of
from segel.app.process import Place
from segel.app.synth.beginning import plan_given
from segel.app.synth.plan import (
    Plan,
    SynthPerson,
    SynthStudy,
    hospitals,
    people,
    request_id,
)
from segel.broker import bulk
from segel.broker.bulk import NewPatient, NewStudy
from segel.broker.messages import StudyArrival
from segel.broker.registry import StudyRow
from segel.imaging.storing import series_row
from segel.sealing import derive_token_key
from segel.store.copying import copy_rows

TURN: Final = "SEGEL_SYNTH_TURN"
"""Names the variable that says which of how many fillers this is: ``0/2``."""

SERIES: Final = {
    "patient_id": "uuid",
    "study_id": "uuid",
    "series_token": "bytea",
    "series_id": "uuid",
    "sealed": "bytea",
}


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """Fills this turn's shards. Raises KmsError, psycopg.Error; start it again then."""
    plan, settings = plan_given(), settings_of(place)
    kms = early_kms(settings)
    turn, of = map(int, os.environ[TURN].split("/"))

    async def run() -> None:
        async with bulk.opened(settings, kms) as here:
            await asyncio.to_thread(
                fill, settings.database, here, plan, range(turn, plan.shards, of)
            )

    return run


def fill(dsn: str, here: bulk.Opened, plan: Plan, shards: range) -> None:
    """Write these shards, as far as they are not there. Raises KmsError, psycopg.Error."""
    gc.disable()  # a shard has no cycles, and looking for them took a third of the time
    with psycopg.connect(dsn, autocommit=True) as connection:
        for shard in shards:
            wanted = _wanted(connection, here, plan, shard)
            with connection.transaction():
                _write(connection, here, plan, wanted)
            print(plan.people_in(shard), len(wanted), flush=True)  # noqa: T201 - for the command


def _wanted(
    connection: psycopg.Connection, here: bulk.Opened, plan: Plan, shard: int
) -> dict[UUID, SynthPerson]:
    """The people of a shard who are not there yet, by the row id that they will have."""
    everybody = {
        here.index.registered(request_id(plan, one.number)): one for one in people(plan, shard)
    }
    # A shard is written at once: only one whose first is there can have more, of a smaller plan.
    known = _known(connection, [next(iter(everybody))])
    if known:
        known = _known(connection, list(everybody))
    return {one: person for one, person in everybody.items() if one not in known}


def _known(connection: psycopg.Connection, patients: list[UUID]) -> set[UUID]:
    rows = connection.execute(
        "SELECT wanted.patient_id FROM unnest(%b::uuid[]) AS wanted (patient_id),"
        " LATERAL (SELECT FROM patients p WHERE p.patient_id = wanted.patient_id LIMIT 1) found",
        (patients,),
    )
    return {row[0] for row in rows}


def _write(
    connection: psycopg.Connection,
    here: bulk.Opened,
    plan: Plan,
    wanted: Mapping[UUID, SynthPerson],
) -> None:
    where = [here.hospitals[one.code] for one in hospitals(plan.hospitals)]
    new = [
        NewPatient(one, where[person.hospital], [_new(person, study) for study in person.studies])
        for one, person in wanted.items()
    ]
    series_of = {study.uid: study for person in wanted.values() for study in person.studies}
    rows = bulk.rows_of(here, new, compare=plan.compare)
    for table, columns in bulk.COLUMNS.items():
        copy_rows(connection, table, columns, rows.tables[table])
    copy_rows(
        connection,
        "series",
        SERIES,
        [_series(row, series_of[study.arrival.study_uid]) for study, row in rows.studies],
    )


def _new(person: SynthPerson, study: SynthStudy) -> NewStudy:
    arrival = StudyArrival(
        study_uid=study.uid,
        accession=study.accession,
        patient=person.identity,
        attributes=study.attributes,
    )
    return NewStudy(arrival, study.day)


def _series(row: StudyRow, study: SynthStudy) -> tuple[Any, ...]:
    """The row that the door writes with a series' first instance."""
    made = series_row(
        row.patient_id,
        row.study_id,
        row.scope_key,
        derive_token_key(row.scope_key),
        study.series_uid,
        study.series,
    )
    return made.patient_id, made.study_id, made.series_token, made.series_id, made.sealed
