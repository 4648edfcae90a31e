"""What patients' own pages answer to "was I affected?": by what warrants recognised, whole."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from broker.test_cases import Calls, in_a_loop
from broker.test_warrants import PEOPLE, Asked, comparing, row
from segel.broker import messages as m
from segel.broker.errors import (
    CaseChanged,
    CaseUnclear,
    CaseUnknown,
    Forbidden,
    WarrantUnknown,
)
from segel.broker.pairs import Decision, Pair, Pairs
from segel.domain.cases import Language, NoticeKind, ObjectKind
from segel.domain.pairs import PairState
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from support.snapshots import Snapshot

ANSWERS = {
    language: m.OwnAnswer(f"Data Anda TERMASUK {language}", f"Tidak ditemukan {language}")
    for language in Language
}
OURS = range(3)


class Telling:
    """A case whose warrants recognised some of the archive's people, and a signed notice."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.cases = Calls(asked.estate).cases
        self.notice_id = UUID(int=0)

    async def recognise(self, arrival: Any, numbers: Sequence[int]) -> UUID:
        """A warrant under which these were recognised; it is over afterwards."""
        warrant_id = await self.asked.ask()
        await self.asked.match([row(arrival, number) for number in numbers] * 10)
        await self.asked.warrants.close(self.asked.who, warrant_id)
        return warrant_id

    async def sign(self, kind: NoticeKind = NoticeKind.PATIENTS) -> UUID:
        """A signed document of whatever bytes."""
        who, case_id = self.asked.who, self.asked.case_id
        protector = m.Requester(
            await self.asked.estate.token(Role.DATA_PROTECTION_OFFICER), Purpose.OPERATIONS, "x"
        )
        if not self.notice_id.int:
            await self.cases.put_finding(who, case_id, "findings", b"{}")
        grant = await self.cases.begin_object(protector, case_id, ObjectKind.DOCUMENT, "x.pdf")
        self.notice_id = await self.cases.sign(
            m.SignNotice(
                requester=protector, case_id=case_id, object_id=grant.object_id, length=1,
                sha256=b"\1" * 32, kind=kind, language=Language.INDONESIAN, number=1,
                finding_version=1,
            )
        )  # fmt: skip
        return self.notice_id

    async def tell(self, *warrants: UUID, **changes: Any) -> int:
        usual: dict[str, Any] = {
            "requester": self.asked.who,
            "case_id": self.asked.case_id,
            "notice_id": self.notice_id,
            "warrants": list(warrants),
            "answers": ANSWERS,
        }
        return await self.cases.tell_patients(m.TellPatients(**(usual | changes)))

    async def page(
        self, number: int, language: Language = Language.INDONESIAN
    ) -> list[tuple[bool, str]]:
        """What a patient's page says."""
        estate = self.asked.estate
        enrolled = await estate.ask(m.EnrolPatient("H1", f"MRN{number:05d}", demo=True))
        issued = await estate.ask(m.IssueToken(enrolled.identifier, 10**7))
        patient = m.Requester(issued.token, Purpose.PATIENT_REQUEST, "console")
        return [(one.affected, one.text) for one in await self.cases.affected(patient, language)]

    async def named(self, database: Any) -> int:
        async with await psycopg.AsyncConnection.connect(database.owner) as connection:
            rows = await connection.execute("SELECT count(*) FROM leak_affected")
            (count,) = await rows.fetchone() or (0,)
        return int(count)


@in_a_loop
async def test_whom_a_warrant_recognised_is_told_and_everybody_else_too(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        telling = Telling(asked)
        assert await telling.page(0) == []
        warrant_id = await telling.recognise(arrival, OURS)
        await telling.sign()
        assert await telling.page(0) == []
        assert await telling.tell(warrant_id, warrant_id) == len(OURS)
        view = await telling.cases.show(asked.who, asked.case_id)
        assert view.patients_told == len(OURS)
        assert view.patients_told_s == asked.estate.clock.now_s
        for number in range(PEOPLE):
            affected = number in OURS
            for language in Language:
                said = ANSWERS[language].affected if affected else ANSWERS[language].unaffected
                assert await telling.page(number, language) == [(affected, said)]
        copy = b"".join(Snapshot(database, ("leak_cases", "leak_affected")).rows.values())
        words = [b"TERMASUK", *(arrival(at).patient.patient_id.encode() for at in OURS)]
        for word in words:
            assert word not in copy, word
            assert word.hex().encode() not in copy, word


@in_a_loop
async def test_each_telling_takes_the_place_of_the_one_before_and_is_taken_back(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        telling = Telling(asked)
        first = await telling.recognise(arrival, [0, 1])
        second = await telling.recognise(arrival, [1, 2, 3])
        await telling.sign()
        assert await telling.tell(first) == 2
        assert await telling.tell(first, second) == 4
        assert await telling.named(database) == 4
        assert await telling.tell(second) == 3
        assert await telling.named(database) == 3
        assert [(await telling.page(number))[0][0] for number in range(4)] == [
            False, True, True, True,
        ]  # fmt: skip
        await telling.cases.untell_patients(asked.who, asked.case_id, "Daftar keliru")
        assert await telling.named(database) == 0
        assert await telling.page(1) == []
        view = await telling.cases.show(asked.who, asked.case_id)
        assert (view.patients_told, view.patients_told_s) == (0, 0.0)
        assert view.entries[-1].text == "Daftar keliru"
        with pytest.raises(CaseUnclear):
            await telling.cases.untell_patients(asked.who, asked.case_id, "Lagi")


@in_a_loop
async def test_whoever_is_registered_twice_is_told_of_either(estate_of: Any, arrival: Any) -> None:
    async with comparing(estate_of, arrival) as asked:
        telling = Telling(asked)
        warrant_id = await telling.recognise(arrival, [0])
        await telling.sign()
        await telling.tell(warrant_id)
        assert not (await telling.page(7))[0][0]
        estate = asked.estate
        reader = await estate.token(Role.CLINICIAN)
        grants = [await estate.open(reader, arrival(at).study_uid) for at in (0, 7)]
        one, other = (grant.patient_id for grant in grants)
        hospital_id, pairs = grants[0].hospital_id, pairs_of(estate)
        pair = Pair(one, other, hospital_id, 20.0, {}, estate.clock.now_s)
        decision = Decision(PairState.SAME, uuid4(), estate.clock.now_s)
        await estate.act(lambda cursor: pairs.find(cursor, pair))
        await estate.act(pairs.deciding(hospital_id, pairs.id_of(pair), decision))
        assert (await telling.page(7))[0][0]


def pairs_of(estate: Any) -> Pairs:
    desk = estate.broker._offers[m.AskAffected].handle.__self__
    pairs = desk._told._pairs
    assert isinstance(pairs, Pairs)
    return pairs


@in_a_loop
async def test_nothing_is_told_by_halves(estate_of: Any, arrival: Any, database: Any) -> None:
    """Two officers at once: one telling counts, whole; of the other nothing is left."""
    async with comparing(estate_of, arrival) as asked:
        telling = Telling(asked)
        warrants = [await telling.recognise(arrival, [0, 1]), await telling.recognise(arrival, [5])]
        await telling.sign()
        ends = await asyncio.gather(
            *(telling.tell(one) for one in warrants), return_exceptions=True
        )
        counted = [one for one in ends if isinstance(one, int)]
        refused = [one for one in ends if isinstance(one, BaseException)]
        assert counted
        assert all(isinstance(one, CaseChanged) for one in refused)
        last = (await telling.cases.show(asked.who, asked.case_id)).patients_told
        assert last in counted
        assert await telling.named(database) == last
        affected = [number for number in range(6) if (await telling.page(number))[0][0]]
        assert affected == ([0, 1] if last == 2 else [5])


@in_a_loop
async def test_it_takes_a_signed_notice_a_warrant_of_the_case_and_somebody_recognised(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        telling = Telling(asked)
        warrant_id = await telling.recognise(arrival, OURS)
        with pytest.raises(CaseUnknown):
            await telling.tell(warrant_id)
        await telling.sign(NoticeKind.PRESS)
        with pytest.raises(CaseUnknown):
            await telling.tell(warrant_id)
        await telling.sign()
        unused = await asked.ask()
        for changes, refusal in (
            ({"warrants": []}, CaseUnclear),
            ({"warrants": [unused]}, CaseUnclear),
            ({"warrants": [uuid4()]}, WarrantUnknown),
            ({"answers": {Language.ENGLISH: ANSWERS[Language.ENGLISH]}}, CaseUnclear),
            ({"case_id": uuid4()}, CaseUnknown),
        ):
            with pytest.raises(refusal):
                await telling.tell(warrant_id, **changes)
        _, other = telling.cases, await asked.estate.ask(_another(asked))
        with pytest.raises((WarrantUnknown, CaseUnknown)):
            await telling.tell(warrant_id, case_id=other.identifier)
        clinician = m.Requester(await asked.estate.token(Role.CLINICIAN), Purpose.OPERATIONS, "x")
        with pytest.raises(Forbidden):
            await telling.tell(warrant_id, requester=clinician)
        assert await telling.named(database) == 0
        assert await telling.page(0) == []


def _another(asked: Asked) -> m.OpenCase:
    from broker.test_cases import CLAIM
    from segel.domain.cases import Tlp

    known_s = asked.estate.clock.now_s - 60
    return m.OpenCase(asked.who, uuid4(), CLAIM, Tlp.AMBER, known_s)
