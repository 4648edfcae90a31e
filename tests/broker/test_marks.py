"""Marks through a whole broker: given out with the log's entry, and traced to whom they were."""

import asyncio
import functools
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest

from leaks.marks.marking import chest
from segel.broker import messages as m
from segel.broker.errors import CaseUnclear, CaseUnknown, Forbidden
from segel.domain.cases import Claim, Happening, Tlp
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.leaks.marks.code import Carrier
from segel.leaks.marks.reading import Reader
from segel.leaks.marks.writing import given
from support.picture_attacks import jpeg

UID = "2.25.771"


def in_a_loop(test: Any) -> Any:
    """A test that awaits."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))

    return run


async def pictures_of(estate: Any, token: str) -> m.StudyGrant:
    reply = await estate.ask(m.OpenStudy(m.Requester(token), UID, pictures=True))
    assert isinstance(reply, m.StudyGrant)
    return reply


async def mark_of(estate: Any, token: str) -> m.PictureMark:
    mark = (await pictures_of(estate, token)).mark
    assert mark is not None
    return mark


async def officer_with_a_case(estate: Any, hospital: str = "H1") -> tuple[m.Requester, UUID]:
    token = await estate.token(Role.INCIDENT_OFFICER, hospital)
    who = m.Requester(token, Purpose.OPERATIONS, "console")
    known_s = estate.clock.now_s - 60
    case = await estate.ask(m.OpenCase(who, uuid4(), Claim("foto rontgen"), Tlp.AMBER, known_s))
    return who, case.identifier


def leaked(mark: m.PictureMark, seed: int, which: str) -> Any:
    marked = given(mark.carrier, mark.message, which, chest(seed))
    return jpeg(marked[40:, 40:], 50)


def said(carrier: bytes, picture: Any) -> tuple[bytes, ...]:
    readings = Reader(Carrier(carrier)).read(picture)
    return tuple(one.said.astype("<f4").tobytes() for one in readings)


@in_a_loop
async def test_who_took_a_picture_out_is_named_by_it_among_all_who_took_any(
    estate_of: Any, arrival: Any
) -> None:
    async with estate_of() as estate:
        await estate.store(await estate.token(Role.MODALITY), arrival(1))
        marks = {}
        for name in ("dr. Sari", "dr. Budi", "dr. Wayan"):
            token = await estate.token(Role.CLINICIAN, name=name)
            marks[name] = await mark_of(estate, token)
        # In the next month it is another mark of the same person's.
        estate.clock.now_s += 32 * 86_400
        later = await mark_of(estate, token)
        assert later.mark_id != marks["dr. Wayan"].mark_id
        who, case_id = await officer_with_a_case(estate)
        carrier = (await estate.ask(m.OpenMarkReading(who, case_id))).carrier
        readings = tuple(said(carrier, leaked(marks["dr. Budi"], n, f"1.2.{n}")) for n in (1, 2))
        unmarked = said(carrier, jpeg(chest(3), 70))
        told = await estate.ask(m.NameMarks(who, case_id, (*readings, unmarked)))
        assert told.marks == 4
        assert {(one.picture, one.account) for one in told.named} == {
            (0, "dr. Budi"), (1, "dr. Budi"), (-1, "dr. Budi"),
        }  # fmt: skip
        assert {one.month for one in told.named} == {marks["dr. Budi"].month}
        assert all(one.score >= told.needed and one.false_odds <= 1e-6 for one in told.named)
        together = next(one for one in told.named if one.picture == -1)
        assert together.hospital == "RS H1"
        # Each question is an entry of the case's branch, and nobody's name is in it.
        view = await estate.ask(m.ShowCase(who, case_id))
        entries = [one for one in view.entries if one.what is Happening.TRACED]
        assert [one.text for one in entries] == ["3 pictures, 4 marks tried, 1 accounts named"]
        proofs = await estate.ask(m.CaseProofs(who, case_id))
        assert len(proofs.entries) >= 3


@in_a_loop
async def test_what_is_given_out_is_logged_and_its_row_says_nothing(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async with estate_of() as estate:
        await estate.store(await estate.token(Role.MODALITY), arrival(1))
        token = await estate.token(Role.RADIOLOGIST)
        mark = await mark_of(estate, token)
        assert await mark_of(estate, token) == mark
        dpo = m.Requester(await estate.token(Role.DATA_PROTECTION_OFFICER), Purpose.OPERATIONS)
        page = await estate.ask(m.ExportAudit(dpo))
        events = " ".join(str(line) for line in page.lines)
        assert events.count(f"mark {mark.mark_id}") == 2
        assert "picture-export" in events
        with psycopg.connect(database.owner) as connection:
            rows = connection.execute("SELECT mark_id, sealed FROM picture_marks").fetchall()
        assert [row[0] for row in rows] == [mark.mark_id]
        assert mark.message not in rows[0][1]
        assert b"account" not in rows[0][1]


@in_a_loop
async def test_diagnosis_bears_no_mark_and_neither_do_patients_own_pictures(
    estate_of: Any, arrival: Any
) -> None:
    async with estate_of() as estate:
        await estate.store(await estate.token(Role.MODALITY), arrival(1))
        radiologist = await estate.token(Role.RADIOLOGIST)
        assert (await estate.open(radiologist, UID)).mark is None
        code = await estate.ask(m.ViewerCode(m.Requester(radiologist), UID))
        viewer = await estate.ask(m.ViewerSignIn(code.token))
        assert (await pictures_of(estate, viewer.token)).mark is None
        enrolled = await estate.ask(m.EnrolPatient("H1", "MRN00001", demo=True))
        patient = await estate.ask(m.IssueToken(enrolled.identifier, 600))
        own = m.Requester(patient.token, Purpose.PATIENT_REQUEST)
        assert (await estate.ask(m.OpenStudy(own, UID, pictures=True))).mark is None


@in_a_loop
async def test_marks_are_read_by_the_incident_officer_of_a_case_and_by_nobody_else(
    estate_of: Any,
) -> None:
    async with estate_of() as estate:
        who, case_id = await officer_with_a_case(estate)
        other, _ = await officer_with_a_case(estate, "H2")
        for requester, refusal in (
            (other, CaseUnknown),
            (m.Requester(await estate.token(Role.DATA_PROTECTION_OFFICER), Purpose.OPERATIONS),
             Forbidden),
            (m.Requester(await estate.token(Role.ADMINISTRATOR), Purpose.OPERATIONS), Forbidden),
            (m.Requester(await estate.token(Role.CLINICIAN)), Forbidden),
        ):  # fmt: skip
            for asked in (
                m.OpenMarkReading(requester, case_id),
                m.NameMarks(requester, case_id, ()),
                m.NameRows(requester, case_id, (), ()),
            ):
                with pytest.raises(refusal):
                    await estate.ask(asked)
        good = np.ones(1_288, "<f4").tobytes()
        for broken in (
            ((b"x",),),
            ((good, good[:-4]),),
            ((good,) * 4,),
            ((good,),) * 65,
            ((np.full(1_288, np.nan, "<f4").tobytes(),),),
        ):
            with pytest.raises(CaseUnclear):
                await estate.ask(m.NameMarks(who, case_id, broken))
        told = await estate.ask(m.NameMarks(who, case_id, ((good,), ())))
        assert (told.named, told.marks) == ((), 0)
