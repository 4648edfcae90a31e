"""Containing a leak: what is foreseen, done, rehearsed and lifted, and by whom."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from segel.broker import messages as m
from segel.broker.errors import (
    CaseUnclear,
    CaseUnknown,
    Forbidden,
    FreezeUnknown,
    Frozen,
    TargetUnknown,
)
from segel.broker.messages import ApprovalKind, Measure, MeasureKind
from segel.domain.cases import Claim, Tlp
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

H1, H2, TEAM = "H1", "H2", "TEAM"


async def _asker(estate: Any, role: Role, hospital: str, name: str = "") -> m.Requester:
    token = await estate.token(role, hospital, name)
    return m.Requester(token, Purpose.OPERATIONS, "console")


class Team:
    """The organisation that answers, with a case of its own."""

    officer: m.Requester
    other: m.Requester
    case_id: UUID

    def __init__(self, estate: Any) -> None:
        self.estate = estate

    async def begin(self, hospital: str = TEAM, *, answers: bool = True) -> "Team":
        self.officer = await _asker(self.estate, Role.INCIDENT_OFFICER, hospital, f"{hospital} io")
        self.other = await _asker(
            self.estate, Role.DATA_PROTECTION_OFFICER, hospital, f"{hospital} dpo"
        )
        if answers:
            await self.estate.ask(m.SetAnswering(hospital, True))
        known_s = self.estate.clock() - 60
        opened = m.OpenCase(self.officer, uuid4(), Claim("6 juta"), Tlp.RED, known_s)
        self.case_id = (await self.estate.ask(opened)).identifier
        return self

    async def foresee(self, *measures: Measure) -> list[m.Effect]:
        told: m.Effects = await self.estate.ask(m.Foresee(self.officer, self.case_id, measures))
        return told.effects

    async def contain(self, *measures: Measure, rehearse: bool = False) -> m.Effects:
        asked = m.Contain(self.officer, self.case_id, measures, "seen at a seller's", 0.0, rehearse)
        done: m.Effects = await self.estate.ask(asked)
        return done

    async def contained(self) -> list[m.FreezeLine]:
        held: m.Contained = await self.estate.ask(m.ListContained(self.officer, self.case_id))
        return held.freezes

    async def entries(self) -> list[tuple[str, str]]:
        view = await self.estate.ask(m.ShowCase(self.officer, self.case_id))
        return [(one.what.value, one.text) for one in view.entries]


def test_a_hospital_is_foreseen_then_frozen_and_opens_nothing(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            reader = await estate.token(Role.CLINICIAN, name="dr. A")
            await estate.open(reader, arrival(1).study_uid)
            team = await Team(estate).begin()
            (seen,) = await team.foresee(Measure(MeasureKind.HOSPITAL, H1))
            assert seen.figures["patients_day"] == 1
            assert seen.figures["people"] >= 1
            assert not seen.already
            await estate.open(reader, arrival(1).study_uid)  # nothing was done yet
            done = await team.contain(Measure(MeasureKind.HOSPITAL, H1))
            assert len(done.freezes) == 1
            with pytest.raises(Frozen):
                await estate.open(reader, arrival(1).study_uid)
            assert (await team.entries())[-1][0] == "contained"
            (again,) = await team.foresee(Measure(MeasureKind.HOSPITAL, H1))
            assert again.already
            assert not (await team.contain(Measure(MeasureKind.HOSPITAL, H1))).freezes

    asyncio.run(run())


def test_all_releases_of_every_hospital_stop_and_stores_go_on(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(1))
            far = await estate.token(Role.RADIOGRAPHER, H2)
            await estate.store(far, arrival(2))
            readers = [
                (await estate.token(Role.CLINICIAN, H1), arrival(1).study_uid),
                (await estate.token(Role.CLINICIAN, H2), arrival(2).study_uid),
            ]
            team = await Team(estate).begin()
            await team.contain(Measure(MeasureKind.ARCHIVE))
            for reader, study_uid in readers:
                with pytest.raises(Frozen):
                    await estate.open(reader, study_uid)
            await estate.store(maker, arrival(3))
            own = await _asker(estate, Role.DATA_PROTECTION_OFFICER, H2)
            (line,) = (await estate.ask(m.ListFreezes(own))).freezes
            assert line.kind is m.TargetKind.ARCHIVE  # everybody's officers see why

    asyncio.run(run())


def test_a_rehearsal_does_nothing_and_says_so(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            reader = await estate.token(Role.CLINICIAN, name="dr. A")
            team = await Team(estate).begin()
            measures = (Measure(MeasureKind.ACCOUNT, "dr. A"), Measure(MeasureKind.KEYS))
            before = await estate.ask(m.ReportKeys())
            done = await team.contain(*measures, rehearse=True)
            assert not done.freezes
            assert not await team.contained()
            await estate.open(reader, arrival(1).study_uid)
            after = await estate.ask(m.ReportKeys())
            assert [one.newest for one in after.keks] == [one.newest for one in before.keks]
            assert (await team.entries())[-1] == (
                "rehearsed",
                "account dr. A; keys: seen at a seller's",
            )

    asyncio.run(run())


def test_keys_of_one_hospital_and_of_all_get_new_versions(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            await estate.store(await estate.token(Role.RADIOGRAPHER, H2), arrival(2))
            team = await Team(estate).begin()

            async def newest() -> dict[str, int]:
                report = await estate.ask(m.ReportKeys())
                return {one.hospital: one.newest for one in report.keks}

            before = await newest()
            (one,) = (await team.contain(Measure(MeasureKind.KEYS, H1))).effects
            assert one.figures == {"keys": 1}
            after = await newest()
            assert {code for code in after if after[code] > before[code]} == {H1}

    asyncio.run(run())


def test_what_a_case_froze_its_own_officers_lift_together_and_nobody_else(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            reader = await estate.token(Role.CLINICIAN, name="dr. A")
            team = await Team(estate).begin()
            done = await team.contain(
                Measure(MeasureKind.HOSPITAL, H1), Measure(MeasureKind.ACCOUNT, "dr. A")
            )
            assert {line.freeze_id for line in await team.contained()} == set(done.freezes)
            subject = {"freeze": " ".join(str(one) for one in done.freezes)}
            here = await _asker(estate, Role.ADMINISTRATOR, H1)
            for single in done.freezes:
                with pytest.raises(FreezeUnknown):  # they may be whom it is about
                    await estate.ask(
                        m.RequestApproval(
                            here, ApprovalKind.UNFREEZE, {"freeze": str(single)}, "no"
                        )
                    )
            asked = m.RequestApproval(team.officer, ApprovalKind.UNFREEZE, subject, "all is well")
            approval_id = (await estate.ask(asked)).identifier
            with pytest.raises(Frozen):
                await estate.open(reader, arrival(1).study_uid)
            await estate.ask(m.DecideApproval(team.other, approval_id, True, "yes"))
            await estate.open(reader, arrival(1).study_uid)
            assert not await team.contained()

    asyncio.run(run())


def test_who_does_not_answer_for_the_archive_contains_their_own_hospital_alone(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER, H2), arrival(1))
            stranger = await estate.token(Role.CLINICIAN, H2, "dr. B")
            team = await Team(estate).begin(H1, answers=False)
            for measure in (
                Measure(MeasureKind.HOSPITAL, H2),
                Measure(MeasureKind.ACCOUNT, "dr. B"),
                Measure(MeasureKind.SESSION, stranger),
            ):
                with pytest.raises(TargetUnknown):
                    await team.contain(measure)
            for measure in (
                Measure(MeasureKind.ARCHIVE),
                Measure(MeasureKind.CARDS),
                Measure(MeasureKind.KEYS, H2),
            ):
                with pytest.raises(Forbidden):
                    await team.contain(measure)
            (own,) = await team.foresee(Measure(MeasureKind.KEYS))
            assert own.name == H1  # "all" is all of one's own
            await estate.open(stranger, arrival(1).study_uid)
            assert len((await team.contain(Measure(MeasureKind.HOSPITAL, H1))).freezes) == 1

    asyncio.run(run())


def test_bad_measures_are_refused_before_anything_is_done(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            team = await Team(estate).begin()
            await estate.token(Role.CLINICIAN, name="dr. A")
            known = Measure(MeasureKind.ACCOUNT, "dr. A")
            for measures, error in (
                ((), CaseUnclear),
                ((known, known), CaseUnclear),
                ((known, Measure(MeasureKind.ACCOUNT, "nobody")), TargetUnknown),
                ((known, Measure(MeasureKind.RECIPIENT, " ")), TargetUnknown),
            ):
                with pytest.raises(error):
                    await team.contain(*measures)
            assert not await team.contained()
            assert [what for what, _ in await team.entries()] == ["opened"]
            other = await Team(estate).begin("OTHER")
            other.case_id = team.case_id
            with pytest.raises(CaseUnknown):
                await other.contain(known)
            clinician = await _asker(estate, Role.CLINICIAN, TEAM)
            with pytest.raises(Forbidden):
                await estate.ask(m.Contain(clinician, team.case_id, (known,), "why"))

    asyncio.run(run())
