"""The matching service as an attacker's oracle: an insider who holds a valid warrant of a case, and
wants to know of people of their own choosing whether they are patients.

Each way is tried with the bounds, and with the bounds turned off: there it has to succeed, or the
drill would not notice the day when it does.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from broker.conftest import (  # noqa: F401 - fixtures and their hook
    arrival,
    estate_of,
    kms_place,
    pytest_generate_tests,
)
from broker.test_cases import Calls, in_a_loop, officer, opened
from segel.broker import messages as m
from segel.broker.calls.warrants import WarrantCalls, matches_of
from segel.broker.errors import WarrantOver
from segel.broker.messages import WarrantState
from segel.broker.warrant_rules import TRIPS_MAX
from segel.domain.leak_rows import PersonRow
from segel.domain.roles import Role
from support.matching import LocalMatching

PATIENTS, DECOYS, OTHERS = 80, 8, 240
CAP = 30
ROWS = 2_000
PIECE = 60

Ask = Callable[[int, Any], PersonRow]


def number_alone(at: int, who: Any) -> PersonRow:
    return PersonRow(0, at, nik=who.nik)


def number_and_name(at: int, who: Any) -> PersonRow:
    return PersonRow(0, at, nik=who.nik, name=who.name)


def whole(at: int, who: Any) -> PersonRow:
    return PersonRow(
        0, at, nik=who.nik, name=who.name, birth_date=who.birth_date, sex=who.sex,
        medical_record=who.patient_id,
    )  # fmt: skip


def padded(at: int, who: Any) -> PersonRow:
    """A number, and what looks like more of a row."""
    return PersonRow(0, at, nik=who.nik, phone=f"62811{at:07}", family_card=f"98{at:014}")


@dataclass(frozen=True)
class Way:
    """How the insider asks. ``listed``: where the list of people comes from. ``outside``: a list
    that was made without the archive has no decoy, and none trips; the caps alone hold.
    ``enumerated``: numbers were gone through, and decoys have some of them. ``inside``: patients
    as staff see them, decoys among them."""

    row: Ask
    listed: str
    piece: int = PIECE
    few_columns: bool = False
    brokers: int = 1


WAYS = {
    "numbers alone": Way(number_alone, "enumerated"),
    "numbers alone, few columns agreed": Way(number_alone, "enumerated", few_columns=True),
    "numbers with invented fields": Way(padded, "enumerated"),
    "a list from inside": Way(number_and_name, "inside"),
    "one by one": Way(number_and_name, "inside", piece=1),
    "whole rows of given people": Way(whole, "outside"),
    "whole rows of given people, by two brokers at once": Way(whole, "outside", brokers=2),
}


@dataclass
class Learned:
    """What the insider knows. ``patients``: places of people who are; ``asked``: of all who were
    answered."""

    patients: set[int]
    asked: set[int]
    state: WarrantState


async def attacked(
    estate_of: Any,  # noqa: F811
    arrival: Any,  # noqa: F811
    *,
    bounded: bool,
) -> dict[str, Learned]:
    """What the insider learns in each way, with a warrant for each."""
    settings: dict[str, Any] = {"matching": LocalMatching(), "without_budgets": not bounded}
    async with estate_of(**settings) as estate, estate_of(**settings) as second:
        people = await filled(estate, arrival)
        who = await officer(estate)
        _, case_id = await opened(estate, who)
        both = [WarrantCalls(Calls(one)) for one in (estate, second)]  # type: ignore[arg-type]
        return {
            name: await _attacked(estate, both[: way.brokers], who, case_id, way, people)
            for name, way in WAYS.items()
        }


async def _attacked(
    estate: Any,
    doors: list[WarrantCalls],
    who: m.Requester,
    case_id: UUID,
    way: Way,
    people: list[Any],
) -> Learned:
    warrant_id = await doors[0].ask(
        who, case_id, reason="Sampel dari forum.", rows=ROWS, people=CAP, hours=24,
        few_columns=way.few_columns,
    )  # fmt: skip
    await estate.agree(warrant_id)
    rows = [way.row(at, people[at]) for at in listed(way, len(people))]
    learned = Learned(set(), set(), WarrantState.OPEN)
    pieces = [rows[at : at + way.piece] for at in range(0, len(rows), way.piece)]
    await asyncio.gather(
        *(
            ask_all(door, who, warrant_id, pieces[turn :: len(doors)], learned)
            for turn, door in enumerate(doors)
        )
    )
    learned.state = (await doors[0].show(who, warrant_id)).state
    if learned.state is not WarrantState.TRIPPED:
        await doors[0].close(who, warrant_id)
    return learned


async def ask_all(
    door: WarrantCalls,
    who: m.Requester,
    warrant_id: UUID,
    pieces: Sequence[Sequence[PersonRow]],
    learned: Learned,
) -> None:
    for piece in pieces:
        try:
            answer = await door.match(who, warrant_id, piece)
        except WarrantOver:
            return
        for one in matches_of(piece, answer):
            learned.asked.add(one.row)
            if one.pseudonym:
                learned.patients.add(one.row)


async def filled(estate: Any, arrival: Any) -> list[Any]:  # noqa: F811
    """Patients, then decoys, then people who are nobody's patient."""
    radiographer = await estate.token(Role.RADIOGRAPHER)
    device = await estate.ask(m.EnrolAccount("CR1", Role.MODALITY, "H1", demo=True))
    planting = await estate.ask(m.BeginPlanting(device.identifier))
    people = []
    for number in range(PATIENTS + DECOYS + OTHERS):
        came = arrival(number)
        people.append(came.patient)
        if number < PATIENTS:
            await estate.store(radiographer, came)
        elif number < PATIENTS + DECOYS:
            await estate.store(planting.token, came)
    return people


def listed(way: Way, count: int) -> list[int]:
    """Whom the insider asks about, in an order that tells nothing."""
    inside, all_of = range(PATIENTS + DECOYS), range(count)
    outside = [at for at in all_of if not PATIENTS <= at < PATIENTS + DECOYS]
    chosen = {"inside": inside, "enumerated": all_of, "outside": outside}[way.listed]
    return sorted(chosen, key=lambda at: at * 7_919 % 10_007)


@in_a_loop
async def test_an_insider_learns_of_no_more_people_than_were_agreed_and_trips_on_decoys_first(
    estate_of: Any,  # noqa: F811
    arrival: Any,  # noqa: F811
) -> None:
    for name, learned in (await attacked(estate_of, arrival, bounded=True)).items():
        print(f"{name}: {len(learned.patients)} patients of {len(learned.asked)}, {learned.state}")
        way = WAYS[name]
        assert len(learned.patients) <= CAP, name
        if way.listed == "outside":
            assert learned.state is WarrantState.USED_UP, name
            assert len(learned.patients) == CAP, name
        elif name == "numbers alone":
            assert not learned.patients, name
        else:
            assert learned.state is WarrantState.TRIPPED, name
            assert len(learned.patients) < CAP, name
            decoys = {at for at in learned.patients if at >= PATIENTS}
            assert len(decoys) < TRIPS_MAX, "what trips is not answered"


@in_a_loop
async def test_without_the_bounds_an_insider_learns_of_everybody(
    estate_of: Any,  # noqa: F811
    arrival: Any,  # noqa: F811
) -> None:
    for name, learned in (await attacked(estate_of, arrival, bounded=False)).items():
        patients = {at for at in learned.patients if at < PATIENTS}
        assert len(patients) == PATIENTS, name
