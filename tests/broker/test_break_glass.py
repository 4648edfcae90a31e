"""Break-glass: a little more, at once, exactly so much, seen by the officer, and reviewed."""

import asyncio
import contextlib

import pytest

from segel.broker import messages as m
from segel.broker.budgets import limits_of
from segel.broker.desks.offers import Caller
from segel.broker.errors import (
    AlreadyExists,
    BreakGlassBarred,
    BreakGlassUsedUp,
    BudgetExhausted,
    Forbidden,
    GlassClosed,
    GlassUnknown,
    ReasonUnclear,
    StudyUnknown,
)
from segel.broker.limits import BudgetLimits
from segel.broker.review_clock import ReviewClock
from segel.domain.break_glass import Emergency, Verdict
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

OFFICER = Role.DATA_PROTECTION_OFFICER
CLINICIAN_HOUR = 30
ALLOWANCE = 5
REASON = "Pasien trauma di IGD, perlu foto lama"


async def begin(estate, token: str, reason: str = REASON) -> m.GlassState:
    asked = m.BeginBreakGlass(m.Requester(token), Emergency.LIFE_AT_RISK, reason)
    reply = await estate.ask(asked, Caller.DOOR)
    assert isinstance(reply, m.GlassState)
    return reply


async def end(estate, token: str) -> None:
    await estate.ask(m.EndBreakGlass(m.Requester(token)), Caller.DOOR)


async def state(estate, token: str) -> m.GlassState:
    reply = await estate.ask(m.OwnBreakGlass(m.Requester(token)), Caller.DOOR)
    assert isinstance(reply, m.GlassState)
    return reply


async def used(estate, token: str) -> float:
    glass = (await state(estate, token)).open
    assert glass is not None
    return glass.used


async def open_in_emergency(estate, token: str, study_uid: str) -> m.StudyGrant:
    asked = m.Requester(token, Purpose.EMERGENCY_TREATMENT)
    reply = await estate.ask(m.OpenStudy(asked, study_uid), Caller.DOOR)
    assert isinstance(reply, m.StudyGrant)
    return reply


async def opened_by(estates, token: str, uids: list[str]) -> set[str]:
    """What a crawler gets that asks for emergency treatment, 64 in flight over all brokers."""
    room = asyncio.Semaphore(64)
    got = set()

    async def one(number: int, uid: str) -> None:
        async with room:
            with contextlib.suppress(BudgetExhausted, GlassClosed):
                await open_in_emergency(estates[number % len(estates)], token, uid)
                got.add(uid)

    await asyncio.gather(*(one(number, uid) for number, uid in enumerate(uids)))
    return got


async def stored(estate, arrival, count: int, hospital: str = "H1") -> list[str]:
    maker = await estate.token(Role.RADIOGRAPHER, hospital)
    for number in range(count):
        await estate.store(maker, arrival(number))
    return [arrival(number).study_uid for number in range(count)]


async def reviews(estate, officer: str) -> m.ReviewList:
    reply = await estate.ask(m.ListReviews(m.Requester(officer)), Caller.DOOR)
    assert isinstance(reply, m.ReviewList)
    return reply


async def review(estate, officer: str, glass_id) -> m.Review:
    reply = await estate.ask(m.ReadReview(m.Requester(officer), glass_id), Caller.DOOR)
    assert isinstance(reply, m.Review)
    return reply


async def decide(estate, officer: str, glass_id, verdict: Verdict, text: str = "") -> None:
    asked = m.DecideReview(m.Requester(officer), glass_id, verdict, text)
    await estate.ask(asked, Caller.DOOR)


async def alerts(estate, officer: str) -> list[str]:
    reply = await estate.ask(m.ListAlerts(m.Requester(officer)), Caller.DOOR)
    assert isinstance(reply, m.AlertList)
    return [line.kind for line in reply.alerts]


def test_an_account_at_its_budget_gets_exactly_the_allowance_and_no_more(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            uids = await stored(estate, arrival, 45)
            reader = await estate.token(Role.CLINICIAN)
            for uid in uids[:CLINICIAN_HOUR]:
                await estate.open(reader, uid)
            with pytest.raises(BudgetExhausted):
                await estate.open(reader, uids[30])
            begun = await begin(estate, reader)
            assert begun.open is not None
            assert (begun.open.patients, begun.open.used) == (ALLOWANCE, 0)
            for uid in uids[30:35]:
                await open_in_emergency(estate, reader, uid)
                await open_in_emergency(estate, reader, uid)  # again costs nothing
            with pytest.raises(BudgetExhausted, match="break-glass"):
                await open_in_emergency(estate, reader, uids[35])
            await open_in_emergency(estate, reader, uids[0])  # known from before
            with pytest.raises(BudgetExhausted):
                await estate.open(reader, uids[30])  # for treatment, nothing has changed
            assert await used(estate, reader) == ALLOWANCE

    asyncio.run(run())


def test_where_the_hospitals_budget_is_used_up_an_emergency_is_still_one_and_not_more(
    estate_of, arrival
) -> None:
    limits = BudgetLimits(hospital=limits_of(4, 4, 4))

    async def run() -> None:
        async with estate_of(limits=limits) as estate, estate_of(limits=limits) as second:
            uids = await stored(estate, arrival, 20)
            others = await estate.token(Role.RADIOLOGIST)
            reader = await estate.token(Role.CLINICIAN)
            for uid in uids[:4]:
                await estate.open(others, uid)
            with pytest.raises(BudgetExhausted):
                await estate.open(reader, uids[4])
            await begin(estate, reader)
            got = await opened_by([estate, second], reader, uids[4:])
            assert len(got) == ALLOWANCE
            assert await used(second, reader) == ALLOWANCE

    asyncio.run(run())


def test_the_allowance_is_exact_over_two_brokers_a_restart_and_a_clock_set_back(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            uids = await stored(estate, arrival, 60)
            reader = await estate.token(Role.CLINICIAN)
            await begin(estate, reader)
            first = await opened_by([estate, second], reader, uids)
            assert len(first) == CLINICIAN_HOUR + ALLOWANCE
        async with estate_of() as estate, estate_of() as second:
            estate.clock.now_s -= 7 * 86_400
            again = await opened_by([estate, second], reader, uids[::-1])
            assert again == first

    asyncio.run(run())


def test_of_many_beginnings_at_once_at_two_brokers_one_begins(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            reader = await estate.token(Role.CLINICIAN)
            officer = await estate.token(OFFICER)
            words = [f"{REASON} nomor {number}" for number in range(8)]
            done = await asyncio.gather(
                *(begin((estate, second)[n % 2], reader, word) for n, word in enumerate(words)),
                return_exceptions=True,
            )
            assert sum(isinstance(one, m.GlassState) for one in done) == 1
            assert sum(isinstance(one, BreakGlassUsedUp) for one in done) == 7
            assert await alerts(estate, officer) == ["break-glass-begun"]
            assert (await begin(second, reader, next(
                one.reason for one in (await state(estate, reader)).past
            ))).open is not None, "sent twice, it is one"  # fmt: skip

    asyncio.run(run())


def test_a_day_gives_two_and_a_clock_set_back_gives_no_third(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            reader = await estate.token(Role.CLINICIAN)
            for _ in range(2):
                await begin(estate, reader)
                await end(estate, reader)
            for back_s in (0, 7 * 86_400, 0):
                estate.clock.now_s -= back_s
                with pytest.raises(BreakGlassUsedUp, match="2 times"):
                    await begin(estate, reader)
            estate.clock.now_s += 8 * 86_400
            assert (await begin(estate, reader)).open is not None, "the next day gives another"

    asyncio.run(run())


def test_emergency_access_without_a_broken_glass_is_refused_to_everybody(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            (uid,) = await stored(estate, arrival, 1)
            for role in set(Role) - {OFFICER, Role.ADMINISTRATOR}:
                token = await estate.token(role)
                with pytest.raises(GlassClosed):
                    await open_in_emergency(estate, token, uid)
                query = m.Search(m.Requester(token, Purpose.EMERGENCY_TREATMENT), m.StudyQuery())
                with pytest.raises(GlassClosed):
                    await estate.ask(query)
            for role in (Role.MODALITY, OFFICER, Role.ADMINISTRATOR):
                with pytest.raises(Forbidden):
                    await begin(estate, await estate.token(role))

    asyncio.run(run())


def test_another_hospitals_patients_stay_absent_behind_a_broken_glass(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            (uid,) = await stored(estate, arrival, 1, "H1")
            stranger = await estate.token(Role.CLINICIAN, "H2")
            await begin(estate, stranger)
            answers = []
            for asked in (uid, "2.25.404"):
                with pytest.raises(StudyUnknown) as refused:
                    await open_in_emergency(estate, stranger, asked)
                answers.append(str(refused.value))
            assert answers[0] == answers[1]

    asyncio.run(run())


def test_an_ended_glass_opens_nothing_at_another_broker(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            uids = await stored(estate, arrival, 2)
            reader = await estate.token(Role.CLINICIAN)
            await begin(estate, reader)
            await open_in_emergency(second, reader, uids[0])
            await end(estate, reader)
            with pytest.raises(GlassClosed):
                await open_in_emergency(second, reader, uids[0])
            with pytest.raises(GlassClosed):
                await end(second, reader)

    asyncio.run(run())


def test_a_glass_is_over_after_its_hour(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            (uid,) = await stored(estate, arrival, 1)
            reader = await estate.token(Role.CLINICIAN)
            begun = await begin(estate, reader)
            assert begun.open is not None
            grant = await open_in_emergency(estate, reader, uid)
            assert grant.expires_s <= begun.open.until_s
            estate.clock.now_s += 3_600
            with pytest.raises(GlassClosed):
                await open_in_emergency(estate, reader, uid)
            assert (await state(estate, reader)).open is None

    asyncio.run(run())


def test_a_listing_in_an_emergency_costs_a_fifth_for_each_new_patient_only(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            uids = await stored(estate, arrival, 45)
            reader = await estate.token(Role.CLINICIAN)
            for uid in uids[:CLINICIAN_HOUR]:
                await estate.open(reader, uid)
            await begin(estate, reader)
            asked = m.Requester(reader, Purpose.EMERGENCY_TREATMENT)
            await estate.ask(m.Search(asked, m.StudyQuery(filters={"00100020": "MRN00031"})))
            assert await used(estate, reader) == 0.2
            await open_in_emergency(estate, reader, uids[31])
            assert await used(estate, reader) == 1
            await estate.ask(m.Search(asked, m.StudyQuery()))  # 45 patients, 14 of them new
            assert await used(estate, reader) == pytest.approx(1 + 14 / 5)

    asyncio.run(run())


def test_everything_under_a_glass_is_marked_in_the_log(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            uids = await stored(estate, arrival, 31)
            reader = await estate.token(Role.CLINICIAN)
            for uid in uids[:30]:
                await estate.open(reader, uid)
            begun = await begin(estate, reader)
            assert begun.open is not None
            await open_in_emergency(estate, reader, uids[0])
            await open_in_emergency(estate, reader, uids[30])
            await end(estate, reader)
            trail = await estate.ask(m.OwnTrail(m.Requester(reader)))
            assert isinstance(trail, m.AuditTrail)
            ended, beyond, known, start, *before = [line.event for line in trail.lines]
            for event in (ended, beyond, known, start):
                assert f"urn:uuid:{begun.open.glass_id}" in event
                assert '"ETREAT"' in event
            assert "110127" in start
            assert "110128" in ended
            assert "beyond the budget" in beyond
            assert "beyond the budget" not in known
            assert not any("break-glass" in event for event in before)

    asyncio.run(run())


def test_a_reason_is_needed_and_without_one_nothing_begins(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            reader = await estate.token(Role.CLINICIAN)
            with pytest.raises(ReasonUnclear):
                await begin(estate, reader, "darurat")
            assert (await state(estate, reader)).open is None
            assert await alerts(estate, await estate.token(OFFICER)) == []

    asyncio.run(run())


def test_open_reviews_past_their_deadline_bar_the_account_until_they_are_decided(
    estate_of,
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            reader = await estate.token(Role.CLINICIAN, name="Bayu Anggara")
            officer = await estate.token(OFFICER)
            await begin(estate, reader)
            await end(estate, reader)
            estate.clock.now_s += 72 * 3_600 + 1
            for _ in range(3):
                with pytest.raises(BreakGlassBarred):
                    await begin(estate, reader)
            assert (await state(estate, reader)).hindrance == "barred"
            told = await alerts(estate, officer)
            assert told.count("break-glass-barred") == 1
            (line,) = (await reviews(estate, officer)).lines
            assert line.overdue
            await decide(estate, officer, line.glass_id, Verdict.JUSTIFIED)
            assert (await begin(estate, reader)).open is not None
            past = (await state(estate, reader)).past[-1]
            assert (past.verdict, past.reviewer) == (
                Verdict.JUSTIFIED,
                f"{OFFICER} of H1",
            )

    asyncio.run(run())


def test_the_officer_is_told_once_that_a_review_is_overdue(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            officer = await estate.token(OFFICER)
            await begin(estate, await estate.token(Role.CLINICIAN))
            desks = [one.broker._offers[m.ListReviews].handle.__self__ for one in (estate, second)]
            looks = [ReviewClock(one._glasses, one._alerts, one._ledger) for one in desks]
            assert [await one.look() for one in looks] == [0, 0]
            estate.clock.now_s += 72 * 3_600 + 1
            await asyncio.gather(*(one.look() for one in looks))
            assert [await one.look() for one in looks] == [0, 0]
            assert (await alerts(estate, officer)).count("review-overdue") == 1

    asyncio.run(run())


def test_a_review_shows_what_was_opened_and_nobodys_identity(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            uids = await stored(estate, arrival, 33)
            reader = await estate.token(Role.CLINICIAN, name="Bayu Anggara")
            officer = await estate.token(OFFICER)
            for uid in uids[:30]:
                await estate.open(reader, uid)
            begun = await begin(estate, reader)
            assert begun.open is not None
            grants = [await open_in_emergency(estate, reader, uids[at]) for at in (0, 31, 32, 31)]
            found = await review(estate, officer, begun.open.glass_id)
            assert found.line.account == "Bayu Anggara"
            assert (found.line.reason, found.line.used) == (REASON, 2)
            assert [line.patients for line in found.openings] == [[1], [2], [3], [2]]
            assert [line.beyond for line in found.openings] == [False, True, True, True]
            shown = repr(found)
            for grant in grants:
                assert str(grant.patient_id) not in shown
                assert str(grant.study_id) not in shown

    asyncio.run(run())


def test_a_review_is_the_hospitals_officers_alone_and_its_verdict_stays(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            reader = await estate.token(Role.CLINICIAN)
            begun = await begin(estate, reader)
            assert begun.open is not None
            glass = begun.open.glass_id
            for role in set(Role) - {OFFICER}:
                token = await estate.token(role)
                with pytest.raises(Forbidden):
                    await reviews(estate, token)
                with pytest.raises(Forbidden):
                    await review(estate, token, glass)
                with pytest.raises(Forbidden):
                    await decide(estate, token, glass, Verdict.JUSTIFIED)
            stranger = await estate.token(OFFICER, "H2")
            assert (await reviews(estate, stranger)).lines == []
            with pytest.raises(GlassUnknown):
                await review(estate, stranger, glass)
            with pytest.raises(GlassUnknown):
                await decide(estate, stranger, glass, Verdict.JUSTIFIED)
            officer = await estate.token(OFFICER, "H1")
            with pytest.raises(ReasonUnclear):
                await decide(estate, officer, glass, Verdict.NOT_JUSTIFIED)
            await decide(estate, officer, glass, Verdict.FOLLOW_UP, "Tanya kepala instalasi")
            assert (await reviews(estate, officer)).waiting == 1
            await decide(estate, officer, glass, Verdict.NOT_JUSTIFIED, "Tidak ada pasien darurat")
            assert (await reviews(estate, officer)).waiting == 0
            with pytest.raises(AlreadyExists):
                await decide(estate, officer, glass, Verdict.JUSTIFIED)
            past = (await state(estate, reader)).past[0]
            assert past.verdict_text == "Tidak ada pasien darurat"

    asyncio.run(run())


def test_a_viewer_that_was_let_in_for_an_emergency_reads_under_the_glass_and_no_longer(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            uids = await stored(estate, arrival, 31)
            reader = await estate.token(Role.CLINICIAN)
            for uid in uids[:30]:
                await estate.open(reader, uid)
            await begin(estate, reader)
            asked = m.Requester(reader, Purpose.EMERGENCY_TREATMENT)
            code = await estate.ask(m.ViewerCode(asked, uids[30]))
            assert isinstance(code, m.Token)
            viewer = await estate.ask(m.ViewerSignIn(code.token))
            assert isinstance(viewer, m.Token)
            await estate.open(viewer.token, uids[30])
            await estate.ask(m.CheckSession(viewer.token))
            await end(estate, reader)
            for asked_again in (
                m.OpenStudy(m.Requester(viewer.token), uids[30]),
                m.CheckSession(viewer.token),
            ):
                with pytest.raises(GlassClosed):
                    await estate.ask(asked_again)

    asyncio.run(run())


def test_pages_know_of_the_open_glass_and_of_the_alerts(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            reader = await estate.token(Role.CLINICIAN)
            officer = await estate.token(OFFICER)
            await begin(estate, reader)
            session = await estate.ask(m.CheckSession(reader))
            assert isinstance(session, m.Session)
            assert session.break_glass is not None
            assert session.break_glass.patients == ALLOWANCE
            assert session.alerts_waiting == 0
            session = await estate.ask(m.CheckSession(officer))
            assert isinstance(session, m.Session)
            assert (session.break_glass, session.alerts_waiting) == (None, 1)

    asyncio.run(run())
