"""What people ask about their own data, through a whole broker: clocks, answers, trail, seals."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.desks.requests import RequestsDesk
from segel.broker.errors import (
    ErasureRefused,
    Forbidden,
    PatientUnknown,
    RequestOver,
    RequestUnclear,
    RequestUnknown,
)
from segel.broker.request_clock import RequestClock
from segel.broker.request_rules import OPEN_MAX
from segel.domain.consent import DECIDABLE, Decision, Rule
from segel.domain.purpose import Purpose
from segel.domain.records import Interaction
from segel.domain.roles import Role
from segel.domain.subject_requests import Part, Reply, RequestKind, RequestState, Use

HOUR = 3_600
CLERK, OFFICER = Role.RECORDS_OFFICER, Role.DATA_PROTECTION_OFFICER
WRONG, RIGHT = "Tanggal lahir di foto 1 Januari", "Yang benar 2 Februari"
CORRECTION = m.RequestText(RequestKind.CORRECTION, Part.IDENTITY, WRONG, RIGHT)
RESTRICTION = m.RequestText(RequestKind.RESTRICTION, uses=(Use.RESEARCH,))
ERASURE = m.RequestText(RequestKind.ERASURE, text="Mohon dihapus")


def own(token: str) -> m.Requester:
    return m.Requester(token, Purpose.PATIENT_REQUEST, "console")


def officer(token: str) -> m.Requester:
    return m.Requester(token, Purpose.OPERATIONS, "console")


async def patient_of(estate: Any, number: int = 1) -> str:
    """A patient's token, after an image of theirs came."""
    made = await estate.ask(m.EnrolPatient("H1", f"MRN{number:05d}", demo=True))
    return (await estate.ask(m.IssueToken(made.identifier, 10**9))).token  # type: ignore[no-any-return]


async def asked(estate: Any, token: str, text: m.RequestText = CORRECTION) -> UUID:
    done = await estate.ask(m.AskAboutSelf(own(token), uuid4(), text))
    return done.identifier  # type: ignore[no-any-return]


async def answer(estate: Any, token: str, one: UUID, reply: Reply, *said: str) -> None:
    await estate.ask(m.AnswerRequest(officer(token), one, reply, *said))


async def mine(estate: Any, token: str) -> list[m.RequestView]:
    return (await estate.ask(m.ListOwnRequests(own(token)))).requests  # type: ignore[no-any-return]


async def trail(estate: Any, token: str) -> list[str]:
    lines = (await estate.ask(m.OpenRecord(own(token)))).document.lines
    kinds = ("subject-request", "request-read")
    return [line.event for line in lines if any(kind in line.event for kind in kinds)]


def stored_rows(database: Any) -> bytes:
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute("SELECT sealed, words FROM subject_requests").fetchall()
    return b"".join(bytes(part) for row in rows for part in row)


def test_a_patient_asks_is_asked_back_adds_and_reads_the_answer_in_their_own_trail(
    estate_of, arrival, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            patient, clerk = await patient_of(estate), await estate.token(CLERK)
            one = await asked(estate, patient)
            read = await estate.ask(m.ReadRequest(officer(clerk), one))
            assert (read.wrong, read.right, read.part) == (WRONG, RIGHT, Part.IDENTITY)
            assert read.patient == arrival(1).patient
            assert read.line.due_s == estate.clock() + 72 * HOUR
            with pytest.raises(RequestUnclear):
                await answer(estate, clerk, one, Reply.MORE_NEEDED)
            await answer(estate, clerk, one, Reply.MORE_NEEDED, "Mohon kirim akta lahir")
            (shown,) = await mine(estate, patient)
            assert shown.line.state is RequestState.MORE_NEEDED
            assert shown.patient is None
            await estate.ask(m.AddToRequest(own(patient), one, "Akta sudah di loket"))
            await answer(estate, clerk, one, Reply.DONE, "Sudah diperbaiki", "", "Patient/4f2c")
            (shown,) = await mine(estate, patient)
            assert [(turn.reply, turn.text) for turn in shown.turns] == [
                (Reply.MORE_NEEDED, "Mohon kirim akta lahir"),
                (None, "Akta sudah di loket"),
                (Reply.DONE, "Sudah diperbaiki"),
            ]
            assert shown.turns[-1].changed == "Patient/4f2c"
            assert shown.turns[-1].article == "UU 27/2022 Pasal 30"
            assert (shown.line.state, shown.line.late) == (RequestState.DONE, False)
            for verb in ("received", "read", "answered more-needed", "added to", "answered done"):
                assert sum(f"{verb}" in line for line in await trail(estate, patient)) == 1, verb
            with pytest.raises(RequestOver):
                await estate.ask(m.WithdrawRequest(own(patient), one))
        for word in (WRONG, RIGHT, "akta", "SITI", "correction", "done"):
            assert word.encode() not in stored_rows(database)

    asyncio.run(run())


def test_sent_twice_it_is_one_request_and_ten_open_ones_are_enough(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            patient = await patient_of(estate)
            message = m.AskAboutSelf(own(patient), uuid4(), CORRECTION)
            both = await asyncio.gather(estate.ask(message), estate.ask(message))
            assert both[0] == both[1]
            assert len(await mine(estate, patient)) == 1
            for _ in range(OPEN_MAX - 1):
                last = await asked(estate, patient, RESTRICTION)
            with pytest.raises(RequestUnclear, match="wait for an answer"):
                await asked(estate, patient, RESTRICTION)
            await estate.ask(m.WithdrawRequest(own(patient), last))
            await asked(estate, patient, RESTRICTION)

    asyncio.run(run())


def test_what_is_due_first_stands_first_and_the_officer_is_told_once_of_what_is_late(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in (1, 2, 3):
                await estate.store(maker, arrival(number))
            clerk, dpo = await estate.token(CLERK), await estate.token(OFFICER)
            first = await asked(estate, await patient_of(estate, 1), RESTRICTION)
            estate.clock.now_s += 10 * HOUR
            second = await asked(estate, await patient_of(estate, 2))
            paper = m.FileRequest(
                officer(clerk), uuid4(), "MRN00003", estate.clock() - 40 * HOUR,
                m.RequestText(RequestKind.ACCESS), "F-17",
            )  # fmt: skip
            third = (await estate.ask(paper)).identifier
            listed = await estate.ask(m.ListRequests(officer(dpo)))
            assert [line.request_id for line in listed.lines] == [third, first, second]
            assert (listed.waiting, listed.overdue) == (3, 0)
            checked = await estate.ask(m.CheckSession(clerk))
            assert checked.requests_waiting == 3
            await answer(estate, clerk, second, Reply.MORE_NEEDED, "Akta?")
            estate.clock.now_s += 72 * HOUR + 1
            clock = clock_of(estate)
            assert sum(await asyncio.gather(clock.look(), clock.look())) >= 3
            assert await clock.look() == 0
            told = (await estate.ask(m.ListAlerts(officer(dpo)))).alerts
            overdue = {line.subject_id for line in told if line.kind == "request-overdue"}
            # To be asked back stops no clock.
            assert overdue == {first, second, third}
            assert len(told) == 3
            await answer(estate, clerk, first, Reply.REFUSED, "Tidak", "UU 27/2022 Pasal 41")
            listed = await estate.ask(m.ListRequests(officer(dpo)))
            assert (listed.waiting, listed.overdue) == (2, 2)
            over = listed.lines[-1]
            assert (over.request_id, over.late) == (first, True)

    asyncio.run(run())


def clock_of(estate: Any) -> RequestClock:
    desk = desk_of(estate)
    alerts = estate.broker._offers[m.ListAlerts].handle.__self__._alerts
    return RequestClock(desk._rows, alerts, desk._ledger)


def desk_of(estate: Any) -> RequestsDesk:
    return estate.broker._offers[m.ListRequests].handle.__self__  # type: ignore[no-any-return]


def test_nobody_elses_requests_are_known_and_a_paper_form_is_the_clerks_to_withdraw(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in (1, 2):
                await estate.store(maker, arrival(number))
            mine_, other = await patient_of(estate, 1), await patient_of(estate, 2)
            clerk = await estate.token(CLERK)
            foreign = await estate.token(CLERK, "H2")
            one = await asked(estate, mine_)
            for who, wrong in ((own(other), RequestUnknown), (officer(foreign), RequestUnknown)):
                with pytest.raises(wrong):
                    await estate.ask(m.WithdrawRequest(who, one))
                with pytest.raises(wrong):
                    await estate.ask(m.AddToRequest(who, one, "x"))
            with pytest.raises(RequestUnknown):
                await estate.ask(m.ReadRequest(officer(foreign), one))
            with pytest.raises(RequestUnknown):
                await answer(estate, foreign, one, Reply.DONE)
            assert await mine(estate, other) == []
            with pytest.raises(Forbidden):
                await estate.ask(m.WithdrawRequest(officer(clerk), one))
            for role in set(Role) - {CLERK, OFFICER}:
                token = await estate.token(role)
                with pytest.raises(Forbidden):
                    await estate.ask(m.ListRequests(officer(token)))
                with pytest.raises(Forbidden):
                    await estate.ask(m.ListOwnRequests(own(token)))
            unknown = m.FileRequest(officer(clerk), uuid4(), "X", estate.clock(), CORRECTION)
            with pytest.raises(PatientUnknown):
                await estate.ask(unknown)
            paper = m.FileRequest(officer(clerk), uuid4(), "MRN00001", estate.clock(), CORRECTION)
            filed = (await estate.ask(paper)).identifier
            await estate.ask(m.AddToRequest(officer(clerk), filed, "Datang lagi"))
            await estate.ask(m.WithdrawRequest(officer(clerk), filed))
            states = {view.line.request_id: view.line.state for view in await mine(estate, mine_)}
            assert states == {one: RequestState.WAITING, filed: RequestState.WITHDRAWN}
            # The data protection officer opens no record: who asks is not named to them.
            dpo = await estate.token(OFFICER)
            assert (await estate.ask(m.ReadRequest(officer(dpo), one))).patient is None

    asyncio.run(run())


def test_a_granted_restriction_stops_the_use_until_the_patient_permits_it(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            grant = await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            patient, clerk = await patient_of(estate), await estate.token(CLERK)

            async def opened() -> Any:
                by = m.Requester(clerk, Purpose.OPERATIONS, "fhir")
                return await estate.ask(
                    m.OpenChart(by, grant.patient_id, ("Consent",), Interaction.UPDATE),
                    Caller.DOOR,
                )

            async def decide(*permits: Purpose) -> None:
                version = m.ConsentVersion(Interaction.CREATE, uuid4(), 1, b"sealed")
                rules = tuple(Rule(one, Decision.PERMIT) for one in Purpose if one in DECIDABLE)
                mark = (await opened()).consent_mark
                by = m.Requester(clerk, Purpose.OPERATIONS, "fhir")
                await estate.ask(
                    m.DecideConsent(by, grant.patient_id, version, rules, permits, mark),
                    Caller.DOOR,
                )

            await decide(*DECIDABLE)
            assert (await opened()).restricted == ()
            one = await asked(estate, patient, RESTRICTION)
            await answer(estate, clerk, one, Reply.DONE)
            assert [one.purpose for one in (await opened()).restricted] == [Purpose.RESEARCH]
            await decide(Purpose.TREATMENT)  # what else is decided does not take it up again
            assert [one.purpose for one in (await opened()).restricted] == [Purpose.RESEARCH]
            await decide(Purpose.RESEARCH)
            assert (await opened()).restricted == ()

    asyncio.run(run())


def test_early_erasure_is_refused_with_the_article_and_honoured_where_nothing_has_to_be_kept(
    estate_of, arrival, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(1))
            await estate.store(maker, arrival(2, study_date="19990228"))
            clerk, dpo = await estate.token(CLERK), await estate.token(OFFICER)
            kept = await asked(estate, await patient_of(estate, 1), ERASURE)
            past = await asked(estate, await patient_of(estate, 2), ERASURE)
            shown = await estate.ask(m.ReadRequest(officer(dpo), kept))
            assert shown.kept_until == "2051-01"
            with pytest.raises(ErasureRefused, match=r"39\(1\).*2051-01"):
                await answer(estate, dpo, kept, Reply.DONE)
            assert (await estate.ask(m.ReadRequest(officer(dpo), kept))).line.state == "waiting"
            with pytest.raises(Forbidden):
                await answer(estate, clerk, past, Reply.DONE)
            assert (await estate.ask(m.ReadRequest(officer(dpo), past))).kept_until == ""
            await answer(estate, dpo, past, Reply.DONE, "Akan dihapus")
            done = await estate.ask(m.ReadRequest(officer(dpo), past))
            (turn,) = done.turns
            erasure = await estate.ask(m.ShowErasure(officer(dpo), turn.erasure_id))
            assert (erasure.state, erasure.reference) == ("ordered", done.line.number)
            await estate.agree(erasure.approval_id)
            await estate.ask(m.CarryOutErasure(officer(dpo), erasure.erasure_id))
            # The clock of it is still provable; what it said is gone with the key.
            gone = await estate.ask(m.ReadRequest(officer(dpo), past))
            assert (gone.readable, gone.text, gone.line.state) == (False, "", RequestState.DONE)
            assert not gone.line.late

    asyncio.run(run())


def test_words_outlive_the_erasure_of_a_study(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(1, study_date="19990228"))
            two = arrival(1, study_uid="2.25.31", accession="31", study_date="19990228")
            await estate.store(maker, two)
            patient, dpo = await patient_of(estate), await estate.token(OFFICER)
            await asked(estate, patient)
            order = m.OrderErasure(officer(dpo), "retention-over", "X-1", study_uid=two.study_uid)
            ordered = await estate.ask(order)
            await estate.agree(ordered.approval_id)
            await estate.ask(m.CarryOutErasure(officer(dpo), ordered.erasure_id))
            (shown,) = await mine(estate, patient)
            assert (shown.readable, shown.right) == (True, RIGHT)

    asyncio.run(run())
