"""By what a bulk export is known again: pseudonyms, and people invented for its recipient alone."""

import asyncio
import functools
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from segel.app.synth.population import population
from segel.broker import messages as m
from segel.broker.errors import CaseUnclear
from segel.broker.export_decoys import DECOYS_MAX, wanted
from segel.domain.cases import Claim, Tlp
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.sealing import pseudonym, reals
from support.filling import attributes

PEOPLE = 110
PERSONS = list(population(PEOPLE, 3).people())
TYPES = ("Patient", "ImagingStudy")


def in_a_loop(test: Any) -> Any:
    """A test that awaits."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))

    return run


async def filled(estate: Any) -> None:
    """A hospital's people, each with a study."""
    token = await estate.token(Role.MODALITY)
    for number, person in enumerate(PERSONS):
        uid, accession = f"1.2.826.20260105{number:06}", f"A{number:08}"
        about = attributes(person, uid, "20260105", accession)
        await estate.store(token, m.StudyArrival(uid, accession, person, about))


async def exported(estate: Any, recipient: str) -> tuple[m.ExportReport, list[Any], list[Any]]:
    """An approved export, and what it gives of each place: patients, studies."""
    who = m.Requester(await estate.token(Role.HOSPITAL_SYSTEM), Purpose.COORDINATION, "fhir")
    asked = await estate.ask(m.AskExport(who, recipient, "Rujukan wilayah.", TYPES))
    await estate.agree(asked.export_id)

    async def of(kind: str) -> list[Any]:
        found: list[Any] = []
        while True:
            one = await estate.ask(m.OpenExported(who, asked.export_id, 0, len(found), kind))
            if one.over:
                return found
            found.append(one)

    return asked, await of("Patient"), await of("ImagingStudy")


def invented(given: list[Any]) -> list[Any]:
    """Those of an export whom nobody ever registered."""
    known = {person.nik for person in PERSONS}
    return [one for one in given if one.grant.identity.nik not in known]


def row_of(person: PatientIdentity) -> m.RowText:
    return m.RowText((person.nik,), tuple(person.name.replace("^", " ").split()))


@in_a_loop
async def test_each_recipient_gets_somebody_whom_nobody_else_gets_and_is_named_by_them(
    estate_of: Any, database: Any
) -> None:
    async with estate_of() as estate:
        await filled(estate)
        asked, patients, studies = await exported(estate, "Dinas Contoh")
        _, others, _ = await exported(estate, "RS Rujukan Contoh")
        assert asked.patients == len(patients) == PEOPLE + 1
        [decoy], [other] = invented(patients), invented(others)
        assert decoy.grant.identity != other.grant.identity
        assert len(decoy.grant.identity.nik) == 16
        # They look like anybody whom images alone brought here, and have a study as others do.
        own = [one for one in studies if one.patient_id == decoy.patient_id]
        assert [len(one.studies) for one in own] == [1]
        study = own[0].studies[0].attributes
        assert study["00100010"]["Value"][0]["Alphabetic"] == decoy.grant.identity.name
        assert study["0020000D"]["Value"] not in [
            one.studies[0].attributes["0020000D"]["Value"] for one in studies if one not in own
        ]
        assert len({one.pseudonym for one in patients} | {one.pseudonym for one in others}) == (
            2 * (PEOPLE + 1)
        )

        officer = m.Requester(await estate.token(Role.INCIDENT_OFFICER), Purpose.OPERATIONS)
        case_id = (
            await estate.ask(
                m.OpenCase(officer, uuid4(), Claim("baris"), Tlp.RED, estate.clock.now_s - 9)
            )
        ).identifier

        async def named(ids: list[UUID], rows: list[m.RowText]) -> m.RowsNamed:
            told = await estate.ask(m.NameRows(officer, case_id, tuple(ids), tuple(rows)))
            assert isinstance(told, m.RowsNamed)
            return told

        rows = [row_of(person) for person in PERSONS[:50]]
        told = await named([], [*rows, row_of(decoy.grant.identity)])
        assert [(one.recipient, len(one.decoys), one.decoys_made) for one in told.named] == [
            ("Dinas Contoh", 1, 1)
        ]
        assert told.named[0].exports == (asked.export_id,)
        # The number alone is somebody else's perhaps; real patients lead to nobody.
        stranger = m.RowText((decoy.grant.identity.nik,), ("SOMEBODY", "ELSE"))
        assert (await named([], [*rows, stranger])).named == ()
        ids = [one.pseudonym for one in patients[:20]]
        told = await named([*ids, *(uuid4() for _ in range(100))], [])
        assert [(one.recipient, one.ids, one.decoys) for one in told.named] == [
            ("Dinas Contoh", 20, ())
        ]
        assert told.false_odds < 1e-20
        assert (told.recipients, told.real_ids) == (2, 0)
        plain = await named([one.patient_id for one in patients[:20]], [])
        assert (plain.named, plain.real_ids) == ((), 20 - (decoy in patients[:20]))
        with pytest.raises(CaseUnclear):
            await named([uuid4() for _ in range(5_001)], [])
        with pytest.raises(CaseUnclear):
            await named([], [m.RowText(("9" * 16,) * 9, ())])
        # Long after the export is over they are known, and nobody reads them off the disk.
        await estate.ask(m.EndExport(m.Requester(await estate.token(Role.HOSPITAL_SYSTEM),
                                     Purpose.COORDINATION), asked.export_id))  # fmt: skip
        assert (await named([], [row_of(decoy.grant.identity)])).named
        with psycopg.connect(database.owner) as connection:
            kept = connection.execute("SELECT sealed FROM export_marks").fetchall()
        assert len(kept) == 2
        assert not any(decoy.grant.identity.nik.encode() in bytes(one) for (one,) in kept)


@pytest.mark.parametrize(
    ("patients", "purpose", "count"),
    [
        (99, Purpose.OPERATIONS, 0),
        (100, Purpose.OPERATIONS, 1),
        (1_000, Purpose.PUBLIC_HEALTH, 5),
        (250_000, Purpose.COORDINATION, DECOYS_MAX),
        (250_000, Purpose.RESEARCH, 0),
    ],
    ids=str,
)
def test_so_few_are_invented_that_nobody_reckons_wrongly(
    patients: int, purpose: Purpose, count: int
) -> None:
    assert wanted(patients, purpose) == count


def test_a_pseudonym_is_turned_back_by_its_own_key_alone() -> None:
    patients = [uuid4() for _ in range(50)]
    key, other = b"k" * 32, b"o" * 32
    known_as = [pseudonym(key, one) for one in patients]
    assert reals(key, known_as) == patients
    assert not set(reals(other, known_as)) & set(patients)
    assert len(set(known_as)) == 50
    assert reals(key, []) == []
