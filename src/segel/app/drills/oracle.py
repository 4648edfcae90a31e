"""An insider with a valid warrant, who wants to know of people of their own choosing whether they
are patients.

They hold a case and a warrant that two others approved, and send rows in every way that could tell
them more than was agreed. Bounded, each way ends at the warrant's cap or at a decoy; with the
bounds turned off each has to learn of everybody, or the drill would not notice the day when one
does.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from segel.app.demo.people import patients as invented
from segel.app.demo.people import uid
from segel.app.drills.staging import HOSPITAL, SEED, STARTED_S, DrillFailed, Stage
from segel.broker import BrokerClient, Requester, StudyArrival
from segel.broker.calls.warrants import WarrantCalls, matches_of
from segel.broker.errors import BrokerError, WarrantOver
from segel.broker.messages import WarrantState
from segel.broker.warrant_rules import TRIPS_MAX
from segel.domain.cases import Claim, Tlp
from segel.domain.leak_rows import PersonRow
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

DECOYS: Final = 8
OTHERS_SHARE: Final = 3
"""So many people who are nobody's patient for each who is."""

CAP: Final = 30
"""People that each warrant allows."""

ROWS: Final = 2_000
PIECE: Final = 60
APPROVERS: Final = (Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR)
STAFF: Final = (Role.RADIOGRAPHER, Role.INCIDENT_OFFICER, *APPROVERS)

Ask = Callable[[int, PatientIdentity], PersonRow]


def number_alone(at: int, who: PatientIdentity) -> PersonRow:
    """A NIK."""
    return PersonRow(0, at, nik=who.nik)


def number_and_name(at: int, who: PatientIdentity) -> PersonRow:
    """What a list from inside has at least."""
    return PersonRow(0, at, nik=who.nik, name=who.name)


def whole(at: int, who: PatientIdentity) -> PersonRow:
    """All that a hospital's list says."""
    return PersonRow(
        0, at, nik=who.nik, name=who.name, birth_date=who.birth_date, sex=who.sex,
        medical_record=who.patient_id,
    )  # fmt: skip


def padded(at: int, who: PatientIdentity) -> PersonRow:
    """A NIK, and what looks like more of a row."""
    return PersonRow(0, at, nik=who.nik, phone=f"62811{at:07}", family_card=f"98{at:014}")


@dataclass(frozen=True, slots=True)
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


WAYS: Final = {
    "numbers alone": Way(number_alone, "enumerated"),
    "numbers alone, few columns agreed": Way(number_alone, "enumerated", few_columns=True),
    "numbers with invented fields": Way(padded, "enumerated"),
    "a list from inside": Way(number_and_name, "inside"),
    "one by one": Way(number_and_name, "inside", piece=1),
    "whole rows of given people": Way(whole, "outside"),
    "whole rows of given people, by two brokers at once": Way(whole, "outside", brokers=2),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom the insider may ask about: patients, then decoys, then others.

    ``patients``, ``decoys``: how many of ``people`` are which.
    """

    people: Sequence[PatientIdentity]
    patients: int
    decoys: int

    def listed(self, way: Way) -> list[int]:
        """Places of people, in an order that tells nothing."""
        inside, everybody = range(self.patients + self.decoys), range(len(self.people))
        outside = [at for at in everybody if not self.patients <= at < self.patients + self.decoys]
        chosen = {"inside": inside, "enumerated": everybody, "outside": outside}[way.listed]
        return sorted(chosen, key=lambda at: at * 7_919 % 10_007)


@dataclass(slots=True)
class Learned:
    """What the insider knows after one way. ``known``: places of people of whom they were told that
    they are patients, decoys among them. ``state``: the warrant's."""

    way: str
    known: set[int] = field(default_factory=set)
    state: WarrantState = WarrantState.OPEN

    def is_held(self, asked: Asked) -> bool:
        """Whether it is no more than was agreed, and ended as it should."""
        way = WAYS[self.way]
        if len(self.known) > CAP:
            return False
        if way.listed == "outside":  # whole rows: what was agreed to is answered, and no more
            return self.state is WarrantState.USED_UP and len(self.known) == CAP
        if way.row is number_alone and not way.few_columns:
            return not self.known
        trips = sum(at >= asked.patients for at in self.known)
        tripped = self.state is WarrantState.TRIPPED and trips < TRIPS_MAX
        return tripped and len(self.known) < CAP


Warrant = Callable[[Way], Awaitable[UUID]]
"""Asks for a warrant and has it approved; its id."""


async def attack(
    doors: Sequence[WarrantCalls],
    who: Requester,
    warrant: Warrant,
    asked: Asked,
    say: Callable[[str], None],
) -> list[Learned]:
    """Every way, each with a warrant of its own. ``doors``: of as many brokers."""
    return [await _attack(doors, who, warrant, asked, name, say) for name in WAYS]


async def _attack(
    doors: Sequence[WarrantCalls],
    who: Requester,
    warrant: Warrant,
    asked: Asked,
    name: str,
    say: Callable[[str], None],
) -> Learned:
    say(f"asking: {name}")
    way = WAYS[name]
    warrant_id = await warrant(way)
    rows = [way.row(at, asked.people[at]) for at in asked.listed(way)]
    pieces = [rows[at : at + way.piece] for at in range(0, len(rows), way.piece)]
    learned = Learned(name)
    used = doors[: way.brokers]
    await asyncio.gather(
        *(
            _ask_all(door, who, warrant_id, pieces[turn :: len(used)], learned)
            for turn, door in enumerate(used)
        )
    )
    learned.state = (await doors[0].show(who, warrant_id)).state
    if learned.state is not WarrantState.TRIPPED:
        await doors[0].close(who, warrant_id)
    return learned


async def _ask_all(
    door: WarrantCalls,
    who: Requester,
    warrant_id: UUID,
    pieces: Sequence[Sequence[PersonRow]],
    learned: Learned,
) -> None:
    for piece in pieces:
        try:
            answer = await door.match(who, warrant_id, piece)
        except WarrantOver:
            return
        learned.known.update(one.row for one in matches_of(piece, answer) if one.pseudonym)


# --- on a Segel of its own ---------------------------------------------------------------------


def staged_attack(
    stage: Stage, patients: int, say: Callable[[str], None]
) -> tuple[Asked, list[Learned]]:
    """The attack on ``stage``, which is filled for it. Raises DrillFailed."""
    people = [someone(at) for at in range(patients + DECOYS + OTHERS_SHARE * patients)]
    asked = Asked(people, patients, DECOYS)
    tokens = {role: stage.account(f"Orang dalam {role}", role) for role in STAFF}
    planting = stage.ask(_planting)
    try:
        with stage.second_broker(behind_s=0) as second:
            sockets = stage.home.broker_socket, second
            learned = asyncio.run(_attack_staged(sockets, tokens, planting, asked, say))
    except BrokerError as failure:
        raise DrillFailed(f"A broker failed: {failure.what}", remedy="Try again.") from failure
    return asked, learned


async def _planting(operator: BrokerClient) -> str:
    device = await operator.enrol_account("CR latihan", Role.MODALITY, HOSPITAL, demo=True)
    return await operator.decoys.begin(device)


async def _attack_staged(
    sockets: Sequence[Path],
    tokens: dict[Role, str],
    planting: str,
    asked: Asked,
    say: Callable[[str], None],
) -> list[Learned]:
    brokers = [await BrokerClient.connect(path, patience_s=STARTED_S) for path in sockets]
    try:
        say("registering invented people")
        for at in range(asked.patients + asked.decoys):
            token = planting if at >= asked.patients else tokens[Role.RADIOGRAPHER]
            await brokers[0].open_for_store(Requester(token), _arrival(at, asked.people[at]))
        who, *approvers = (
            Requester(tokens[role], Purpose.OPERATIONS, "console")
            for role in (Role.INCIDENT_OFFICER, *APPROVERS)
        )
        claim = Claim(text="Latihan: sampel dari forum")
        case_id = await brokers[0].cases.open(who, claim, tlp=Tlp.AMBER, known_s=time.time())

        async def warrant(way: Way) -> UUID:
            warrant_id = await brokers[0].warrants.ask(
                who, case_id, reason="Sampel dari forum.", rows=ROWS, people=CAP, hours=24,
                few_columns=way.few_columns,
            )  # fmt: skip
            for one in approvers:
                await brokers[0].approvals.decide(one, warrant_id, "Setuju.", approve=True)
            return warrant_id

        return await attack([one.warrants for one in brokers], who, warrant, asked, say)
    finally:
        for broker in brokers:
            await broker.close()


def someone(number: int) -> PatientIdentity:
    """Somebody invented; their NIK's province code does not exist."""
    made = invented(SEED + number, [(20, 60)])[0]
    return PatientIdentity(
        patient_id=f"LATIHAN{number:05d}",
        nik=f"{made.nik[:12]}{1 + number:04}",
        name=made.name,
        birth_date=f"{made.born:%Y%m%d}",
        sex=made.sex,
    )


def _arrival(number: int, who: PatientIdentity) -> StudyArrival:
    study_uid = uid(SEED, "study", number)
    return StudyArrival(
        study_uid=study_uid,
        accession=f"LATIHAN{number:05d}",
        patient=who,
        attributes={
            "00080020": {"vr": "DA", "Value": ["20260105"]},
            "0020000D": {"vr": "UI", "Value": [study_uid]},
        },
    )
