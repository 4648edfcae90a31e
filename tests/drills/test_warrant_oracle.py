"""The matching service as an attacker's oracle: the drill's attack on brokers in this process.

Each way is tried with the bounds, and with the bounds turned off: there it has to succeed, or the
drill would not notice the day when it does.
"""

from typing import Any

from broker.conftest import (  # noqa: F401 - fixtures and their hook
    arrival,
    estate_of,
    kms_place,
    pytest_generate_tests,
)
from broker.test_cases import Calls, in_a_loop, officer, opened
from segel.app.drills.oracle import CAP, DECOYS, ROWS, WAYS, Asked, Learned, Way, attack
from segel.broker import messages as m
from segel.broker.calls.warrants import WarrantCalls
from segel.domain.roles import Role
from support.matching import LocalMatching
from support.running import segel

PATIENTS, OTHERS = 80, 240


async def attacked(
    estate_of: Any,  # noqa: F811
    arrival: Any,  # noqa: F811
    *,
    bounded: bool,
) -> tuple[Asked, list[Learned]]:
    """What the insider learns in each way, with a warrant for each."""
    settings: dict[str, Any] = {"matching": LocalMatching(), "without_budgets": not bounded}
    async with estate_of(**settings) as estate, estate_of(**settings) as second:
        asked = await filled(estate, arrival)
        who = await officer(estate)
        _, case_id = await opened(estate, who)
        doors = [WarrantCalls(Calls(one)) for one in (estate, second)]  # type: ignore[arg-type]

        async def warrant(way: Way) -> Any:
            warrant_id = await doors[0].ask(
                who, case_id, reason="Sampel dari forum.", rows=ROWS, people=CAP, hours=24,
                few_columns=way.few_columns,
            )  # fmt: skip
            await estate.agree(warrant_id)
            return warrant_id

        return asked, await attack(doors, who, warrant, asked, print)


async def filled(estate: Any, arrival: Any) -> Asked:  # noqa: F811
    """Patients, then decoys, then people who are nobody's patient."""
    radiographer = await estate.token(Role.RADIOGRAPHER)
    device = await estate.ask(m.EnrolAccount("CR1", Role.MODALITY, "H1", demo=True))
    planting = await estate.ask(m.BeginPlanting(device.identifier))
    came = [arrival(number) for number in range(PATIENTS + DECOYS + OTHERS)]
    for number in range(PATIENTS + DECOYS):
        await estate.store(radiographer if number < PATIENTS else planting.token, came[number])
    return Asked([one.patient for one in came], PATIENTS, DECOYS)


@in_a_loop
async def test_an_insider_learns_of_no_more_people_than_were_agreed_and_trips_on_decoys_first(
    estate_of: Any,  # noqa: F811
    arrival: Any,  # noqa: F811
) -> None:
    asked, learned = await attacked(estate_of, arrival, bounded=True)
    assert [one.way for one in learned] == list(WAYS)
    assert [one.way for one in learned if not one.is_held(asked)] == []


@in_a_loop
async def test_without_the_bounds_an_insider_learns_of_everybody(
    estate_of: Any,  # noqa: F811
    arrival: Any,  # noqa: F811
) -> None:
    asked, learned = await attacked(estate_of, arrival, bounded=False)
    for one in learned:
        assert len([at for at in one.known if at < PATIENTS]) == PATIENTS, one.way
        assert not one.is_held(asked), one.way


def test_the_drill_is_a_command() -> None:
    done = segel("drill", "oracle", timeout_s=500)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    assert done.stdout.count(" held") == len(WAYS) + 1
