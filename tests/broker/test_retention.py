"""Retention: what is past it is counted, agreed to, destroyed and certified; holds keep it."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.broker import destruction_runs, erasure_rows, keeper, run_rows
from segel.broker import messages as m
from segel.broker.certificates import CertificateBroken
from segel.broker.erasure import Ground, is_early, kept_until
from segel.broker.errors import (
    ApprovalNotGiven,
    ErasureRefused,
    Forbidden,
    HeldBack,
    ReasonMissing,
    RunRefused,
    StudyUnknown,
)
from segel.broker.last_visits import Visited
from segel.broker.retention_rules import RUN_PATIENTS_MAX, SETTLED, Count, Fate, fate
from segel.broker.run_certificates import run_as_text, verify_run, verify_within
from segel.domain.purpose import Purpose
from segel.domain.records import Interaction
from segel.domain.roles import Role
from segel.tlog import NoteVerifier
from support.snapshots import Snapshot

DAY_S = 86_400
YEAR_S = 365 * DAY_S
TODAY = date(2026, 9, 21)
OFFICER = Role.DATA_PROTECTION_OFFICER
WHY = "Tahun 2001 dan sebelumnya sudah lewat masa simpan."
OLD, RECENT = "19990228", "20260105"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RETIRE_PAUSE_S", 0.05)
    monkeypatch.setattr(keeper, "TROUBLE_PAUSE_S", 0.05)
    monkeypatch.setattr(destruction_runs, "PAUSE_S", 0.05)


# --- rules ------------------------------------------------------------------------------------


def test_a_record_may_go_on_the_day_25_years_after_the_last_visit_and_on_none_before() -> None:
    for last, first in (
        (date(2001, 9, 21), date(2026, 9, 21)),
        (date(2004, 2, 29), date(2029, 2, 28)),
    ):
        assert kept_until(last, 25) == first
        for ground in (Ground.REQUEST, Ground.RETENTION_OVER):
            assert is_early(ground, last, 25, first) is False
            with pytest.raises(ErasureRefused, match=r"39\(1\)") as refusal:
                is_early(ground, last, 25, date.fromordinal(first.toordinal() - 1))
            assert f"{first:%Y-%m}" in refusal.value.what
    for ground in Ground:
        assert is_early(ground, None, 25, TODAY) is False
    for ground in (Ground.UNLAWFUL, Ground.MISFILED, Ground.ORDER):
        assert is_early(ground, date(2026, 1, 1), 25, TODAY) is True


@given(st.dates(date(1980, 1, 1), TODAY), st.dates(date(2020, 1, 1), TODAY), st.booleans())
def test_only_what_is_past_settled_and_free_is_taken(last: date, arrived: date, held: bool) -> None:
    found = fate(Visited(last, arrived), held=held, years=25, today=TODAY)
    past = (last.year + 25, last.month, last.day) <= (TODAY.year, TODAY.month, TODAY.day)
    settled = arrived + SETTLED <= TODAY
    assert (found is Fate.DUE) == (past and settled and not held)
    assert (found is Fate.KEPT) == (not past)
    assert (found is Fate.HELD) == (past and held)
    nothing = fate(Visited(None), held=held, years=25, today=TODAY)
    assert nothing is Fate.NO_RECORD


def test_a_run_takes_the_longest_past_and_leaves_the_rest_for_the_next() -> None:
    count = Count(25, TODAY)
    came = date(2020, 1, 1)
    people = [(uuid4(), date(1980 + at % 20, 1, 1)) for at in range(2 * RUN_PATIENTS_MAX + 7)]
    for one, day in people:
        count.take(one, Visited(day, came), held=False)
    taken, schedule = count.planned()
    assert (schedule.due, schedule.later) == (RUN_PATIENTS_MAX, RUN_PATIENTS_MAX + 7)
    assert schedule.examined == len(people)
    days, chosen = dict(people), set(taken)
    left = min(day for one, day in people if one not in chosen)
    assert max(days[one] for one in taken) <= left


# --- a whole broker ---------------------------------------------------------------------------


def officer(token: str) -> m.Requester:
    return m.Requester(token, Purpose.OPERATIONS, "test")


async def seen_until(estate: Any, token: str, run_id: UUID, *states: str) -> m.RunReport:
    for _ in range(500):
        report = await estate.ask(m.ShowRun(officer(token), run_id))
        if report.state in states:
            return report  # type: ignore[no-any-return]
        await asyncio.sleep(0.02)
    pytest.fail(f"the run does not go on: {report}")


async def planned(estate: Any, token: str) -> m.RunReport:
    begun = await estate.ask(m.PlanDestruction(officer(token)))
    return await seen_until(estate, token, begun.run_id, "planned")


async def begin(estate: Any, token: str, run_id: UUID) -> None:
    put_up = await estate.ask(m.AskDestruction(officer(token), run_id, WHY))
    with pytest.raises(ApprovalNotGiven):
        await estate.ask(m.BeginDestruction(officer(token), run_id))
    await estate.agree(put_up.approval_id)
    await estate.ask(m.BeginDestruction(officer(token), run_id))


async def fill(estate: Any, arrival: Any, old: int, recent: int = 1) -> None:
    """Patients 0..old-1 were last seen in 1999, the ones after in 2026; a year passes."""
    maker = await estate.token(Role.RADIOGRAPHER)
    for number in range(old + recent):
        day = OLD if number < old else RECENT
        await estate.store(maker, arrival(number, study_date=day))
    estate.clock.now_s = datetime.now(UTC).timestamp() + 2 * YEAR_S


async def is_there(estate: Any, reader: str, study_uid: str) -> bool:
    try:
        await estate.open(reader, study_uid)
    except StudyUnknown:
        return False
    return True


def test_a_run_destroys_what_is_past_with_the_agreement_of_two_and_certifies_each(
    estate_of, arrival, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await fill(estate, arrival, old=3, recent=2)
            dpo, reader = await estate.token(OFFICER), await estate.token(Role.CLINICIAN)
            yesterday = Snapshot(database)
            plan = await planned(estate, dpo)
            assert (plan.examined, plan.due, plan.kept) == (5, 3, 2)
            assert plan.planned == {1999: 3}
            assert plan.ends == {2024: 3, 2051: 2}
            with pytest.raises(RunRefused, match="agree"):
                await estate.ask(m.BeginDestruction(officer(dpo), plan.run_id))
            await begin(estate, dpo, plan.run_id)
            done = await seen_until(estate, dpo, plan.run_id, "complete")
            assert (done.destroyed, done.studies, done.skipped) == (3, 3, 0)
            assert (await estate.ask(m.BeginDestruction(officer(dpo), plan.run_id))) == done
            for number in range(5):
                there = await is_there(estate, reader, arrival(number).study_uid)
                assert there == (number >= 3)
            text = (await estate.ask(m.CertifyRun(officer(dpo), plan.run_id))).text.encode()
            vkey = NoteVerifier.parse(estate.broker.publisher.vkey)
            held = verify_run(text, vkey)
            assert held.certified.approved_by != []
            assert len(held.certified.approved_by) == 2
            erasures = (await estate.ask(m.ListErasures(officer(dpo)))).erasures
            assert len(erasures) == 3
            proofs = []
            for one in erasures:
                asked = m.CertifyErasure(officer(dpo), one.erasure_id)
                proofs.append((await estate.ask(asked)).text.encode())
                verify_within(held.certified, proofs[-1], vkey)
            for word in ("SITI", arrival(0).patient.nik, arrival(0).study_uid, "MRN"):
                assert word not in text.decode() + run_as_text(held)
            for at in range(0, len(text), 41):
                changed = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
                with pytest.raises(CertificateBroken):
                    verify_run(changed, vkey)
            with pytest.raises(CertificateBroken):
                verify_run(proofs[0], vkey)
            with pytest.raises(CertificateBroken):
                verify_within(held.certified, text, vkey)
        yesterday.restore()
        async with estate_of() as estate:
            # A copy of the database from before does not bring them back.
            for number in range(5):
                there = await is_there(estate, reader, arrival(number).study_uid)
                assert there == (number >= 3)

    asyncio.run(run())


class Killed(BaseException):
    """The process ends here: nothing after it is run."""


PLACES = (
    (erasure_rows.ErasureRows, "insert", 2),
    (destruction_runs.DestructionRuns, "_certify", 1),
    (run_rows.RunRows, "move_on", 4),
)
"""Where a broker dies, and in which call: in the second patient's transaction, before the
certificate, and in the transaction that ends the destroying. The run's row is moved on when it is
counted, put up, begun, destroyed."""


@pytest.mark.parametrize(("owner", "name", "nth"), PLACES)
def test_broken_off_anywhere_the_next_broker_finishes_the_run_and_counts_each_once(
    estate_of, arrival, database, monkeypatch, owner, name, nth
) -> None:
    whole, calls = getattr(owner, name), []

    async def dying(self: Any, *args: Any, **more: Any) -> Any:
        calls.append(name)
        if len(calls) >= nth:
            raise Killed
        return await whole(self, *args, **more)

    async def run() -> None:
        async with estate_of() as estate:
            await fill(estate, arrival, old=4)
            dpo, reader = await estate.token(OFFICER), await estate.token(Role.CLINICIAN)
            plan = await planned(estate, dpo)
            monkeypatch.setattr(destruction_runs, "DESTROYED_PAGE", 1)
            with monkeypatch.context() as patched:
                put_up = await estate.ask(m.AskDestruction(officer(dpo), plan.run_id, WHY))
                await estate.agree(put_up.approval_id)
                patched.setattr(owner, name, dying)
                if name == "move_on":
                    calls.extend(["counted", "put up"])
                await estate.ask(m.BeginDestruction(officer(dpo), plan.run_id))
                for _ in range(500):
                    if len(calls) >= nth:
                        break
                    await asyncio.sleep(0.02)
                assert len(calls) >= nth
                await asyncio.sleep(0.02)
        async with estate_of() as estate:
            done = await seen_until(estate, dpo, plan.run_id, "complete")
            assert (done.destroyed, done.studies, done.skipped) == (4, 4, 0)
            text = (await estate.ask(m.CertifyRun(officer(dpo), plan.run_id))).text.encode()
            vkey = NoteVerifier.parse(estate.broker.publisher.vkey)
            assert len(verify_run(text, vkey).certified.patients) == 4
            assert len((await estate.ask(m.ListErasures(officer(dpo)))).erasures) == 4
            assert await is_there(estate, reader, arrival(4).study_uid)

    asyncio.run(run())


def test_who_comes_back_or_is_held_after_the_plan_is_left_out(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await fill(estate, arrival, old=4)
            dpo, reader = await estate.token(OFFICER), await estate.token(Role.CLINICIAN)
            maker = await estate.token(Role.RADIOGRAPHER)
            plan = await planned(estate, dpo)
            put_up = await estate.ask(m.AskDestruction(officer(dpo), plan.run_id, WHY))
            await estate.agree(put_up.approval_id)
            await estate.store(maker, arrival(0, study_uid="2.25.99", accession="99"))
            patient = (await estate.open(reader, arrival(1).study_uid)).patient_id
            chart = m.OpenChart(
                m.Requester(reader, Purpose.TREATMENT), patient, ("Observation",),
                Interaction.CREATE,
            )  # fmt: skip
            await estate.ask(chart)
            hold = m.PlaceHold(officer(dpo), "PN/2028/7", "Gugatan berjalan.", "MRN00002")
            hold_id = (await estate.ask(hold)).identifier
            await estate.ask(m.BeginDestruction(officer(dpo), plan.run_id))
            done = await seen_until(estate, dpo, plan.run_id, "complete")
            assert (done.destroyed, done.skipped) == (1, 3)
            for number in range(5):
                there = await is_there(estate, reader, arrival(number).study_uid)
                assert there == (number != 3)
            again = await planned(estate, dpo)
            assert (again.due, again.held, again.kept) == (0, 1, 3)
            with pytest.raises(RunRefused, match="past its retention"):
                await estate.ask(m.AskDestruction(officer(dpo), again.run_id, WHY))
            # The hold stands before every other ground, too.
            ordered = m.OrderErasure(
                officer(dpo), "order", "PN/1", "MRN00002", reason="Putusan pengadilan."
            )
            with pytest.raises(HeldBack):
                await estate.ask(ordered)
            await estate.ask(m.EndHold(officer(dpo), hold_id, "Perkara selesai."))
            assert (await planned(estate, dpo)).due == 1
            (line,) = (await estate.ask(m.ListHolds(officer(dpo)))).holds
            assert (line.end_reason, line.whole_hospital) == ("Perkara selesai.", False)

    asyncio.run(run())


def test_a_freeze_stops_a_run_and_a_hold_on_the_hospital_ends_it(
    estate_of, arrival, monkeypatch
) -> None:
    whole = destruction_runs.DestructionRuns._take
    taken: list[object] = []

    async def run() -> None:
        async with estate_of() as estate:
            await fill(estate, arrival, old=3)
            dpo, reader = await estate.token(OFFICER), await estate.token(Role.CLINICIAN)
            freeze = m.OperatorFreeze(m.TargetKind.HOSPITAL, "H1", "Dugaan kebocoran data.")

            async def taking(self: Any, *args: Any) -> None:
                if len(taken) == 1:
                    await estate.ask(freeze)
                taken.append(args)
                await whole(self, *args)

            monkeypatch.setattr(destruction_runs.DestructionRuns, "_take", taking)
            monkeypatch.setattr(destruction_runs, "DESTROYED_PAGE", 1)
            plan = await planned(estate, dpo)
            await begin(estate, dpo, plan.run_id)
            for _ in range(500):
                waits = await estate.ask(m.ShowRun(officer(dpo), plan.run_id))
                if waits.trouble:
                    break
                await asyncio.sleep(0.02)
            assert (waits.state, waits.done, waits.total) == ("running", 1, 3)
            assert "frozen" in waits.trouble
            with pytest.raises(RunRefused, match="under way"):
                await estate.ask(m.PlanDestruction(officer(dpo)))
            await estate.ask(m.PlaceHold(officer(dpo), "PN/1", "Gugatan."))
            (line,) = (await estate.ask(m.OperatorListFreezes())).freezes
            subject = {"freeze": str(line.freeze_id)}
            lift = m.RequestApproval(
                officer(dpo), m.ApprovalKind.UNFREEZE, subject, "Dugaan tidak terbukti."
            )
            asked = (await estate.ask(lift)).identifier
            other = m.Requester(await estate.token(OFFICER, name="other"))
            await estate.ask(m.DecideApproval(other, asked, True, "Sudah diperiksa."))
            done = await seen_until(estate, dpo, plan.run_id, "complete")
            assert (done.destroyed, done.skipped) == (1, 2)
            there = [await is_there(estate, reader, arrival(at).study_uid) for at in range(3)]
            assert sum(there) == 2
            # The operator sees counts of every hospital, and nobody's name.
            told = await estate.ask(m.ReportRetention())
            assert [(one.hospital, one.state) for one in told.runs] == [("RS H1", "complete")]

    asyncio.run(run())


def test_what_came_lately_and_what_nobody_visited_is_not_taken(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            dpo = await estate.token(OFFICER)
            await estate.store(maker, arrival(1, study_date=OLD))
            await estate.store(maker, arrival(2, study_date="19000101"))
            clerk = officer(await estate.token(Role.RECORDS_OFFICER))
            await estate.ask(m.RegisterPatient(clerk, arrival(3).patient, uuid4()))
            plan = await planned(estate, dpo)
            assert (plan.due, plan.lately, plan.kept, plan.no_record) == (0, 1, 1, 1)
            # Registered by mistake: no medical record, so the request is honoured.
            asked = m.OrderErasure(officer(dpo), "request", "PSD/1", "MRN00003")
            erasure = await estate.ask(asked)
            assert (erasure.early, erasure.state) == (False, "ordered")

    asyncio.run(run())


def test_to_end_a_medical_record_early_takes_a_reason_and_two_approvals(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            dpo = await estate.token(OFFICER)
            asked = m.OrderErasure(officer(dpo), "misfiled", "RM/9", study_uid=arrival(1).study_uid)
            with pytest.raises(ReasonMissing):
                await estate.ask(asked)
            why = "Foto pasien lain tersimpan di sini."
            order = m.OrderErasure(
                officer(dpo), "misfiled", "RM/9", study_uid=arrival(1).study_uid, reason=why
            )
            ordered = await estate.ask(order)
            assert (ordered.early, ordered.reason) == (True, why)
            second = m.Requester(await estate.token(OFFICER, name="second"))
            await estate.ask(m.DecideApproval(second, ordered.approval_id, True, "Benar."))
            with pytest.raises(ApprovalNotGiven, match="1 more"):
                await estate.ask(m.CarryOutErasure(officer(dpo), ordered.erasure_id))
            third = m.Requester(await estate.token(Role.ADMINISTRATOR, name="third"))
            await estate.ask(m.DecideApproval(third, ordered.approval_id, True, "Benar."))
            done = await estate.ask(m.CarryOutErasure(officer(dpo), ordered.erasure_id))
            assert done.state != "ordered"

    asyncio.run(run())


def test_who_is_seen_after_an_erasure_was_ordered_and_approved_is_kept(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(1, study_date=OLD))
            dpo, reader = await estate.token(OFFICER), await estate.token(Role.CLINICIAN)
            ordered = await estate.ask(
                m.OrderErasure(officer(dpo), "retention-over", "X/1", "MRN00001")
            )
            await estate.agree(ordered.approval_id)
            await estate.store(maker, arrival(1, study_uid="2.25.99", accession="99"))
            with pytest.raises(ErasureRefused, match=r"39\(1\)"):
                await estate.ask(m.CarryOutErasure(officer(dpo), ordered.erasure_id))
            assert await is_there(estate, reader, arrival(1).study_uid)

    asyncio.run(run())


def test_runs_and_holds_are_for_the_own_hospitals_officers(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await fill(estate, arrival, old=1)
            dpo = await estate.token(OFFICER)
            plan = await planned(estate, dpo)
            stranger = officer(await estate.token(OFFICER, "H2"))
            for message in (
                m.ShowRun(stranger, plan.run_id),
                m.AskDestruction(stranger, plan.run_id, WHY),
                m.BeginDestruction(stranger, plan.run_id),
                m.GiveUpRun(stranger, plan.run_id),
                m.CertifyRun(stranger, plan.run_id),
            ):
                with pytest.raises(RunRefused, match="no such run"):
                    await estate.ask(message)
            for role in set(Role) - {OFFICER, Role.ADMINISTRATOR}:
                token = officer(await estate.token(role))
                for refused in (
                    m.PlanDestruction(token),
                    m.ListRuns(token),
                    m.PlaceHold(token, "X/1", "Sengketa."),
                    m.ListHolds(token),
                ):
                    with pytest.raises(Forbidden):
                        await estate.ask(refused)
            given_up = await estate.ask(m.GiveUpRun(officer(dpo), plan.run_id))
            assert given_up.state == "given_up"
            with pytest.raises(RunRefused, match="given up"):
                await estate.ask(m.AskDestruction(officer(dpo), plan.run_id, WHY))

    asyncio.run(run())


def test_the_rows_tell_nobody(estate_of, arrival, database) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await fill(estate, arrival, old=1)
            dpo = await estate.token(OFFICER)
            await planned(estate, dpo)
            await estate.ask(m.PlaceHold(officer(dpo), "PN/77", "Gugatan.", "MRN00000"))

    asyncio.run(run())
    with psycopg.connect(database.owner) as connection:
        patient = connection.execute("SELECT patient_id FROM studies ORDER BY study_id").fetchall()
        for table in ("retention_runs", "retention_holds"):
            rows = connection.execute(f"SELECT {table}::text FROM {table}".encode()).fetchall()
            assert rows
            for (text,) in rows:
                for word in ("PN/77", "Gugatan", "MRN", *(str(one) for (one,) in patient)):
                    assert word not in text
                    assert word.encode().hex() not in text
