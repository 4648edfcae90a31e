"""What needs two people: states × events, and that it is exact over brokers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from segel.broker import messages as m
from segel.broker.approval_rules import Approval, Decision, decided, used, withdrawn
from segel.broker.errors import (
    ApprovalError,
    ApprovalForAnother,
    ApprovalNotGiven,
    ApprovalNotYours,
    ApprovalOver,
    ApprovalUnknown,
    BrokerError,
    Forbidden,
    FreezeUnknown,
    Frozen,
)
from segel.broker.messages import ApprovalKind, ApprovalState, TargetKind
from segel.domain.roles import Role

ASKER, FIRST, SECOND, THIRD = (UUID(int=number) for number in range(1, 5))
SUBJECT = {"patient": "x"}
W, A, R, Wd, E, U = ApprovalState
NOT_YOURS, OVER, NOT_GIVEN, ANOTHER = (
    ApprovalNotYours,
    ApprovalOver,
    ApprovalNotGiven,
    ApprovalForAnother,
)


def _new(needed: int = 2) -> Approval:
    return Approval(
        ApprovalKind.EXPORT, SUBJECT, {}, None, "why", ASKER, 1.0, 100.0, needed
    )  # fmt: skip


def _by(who: UUID, approves: bool, at_s: float = 10.0) -> Decision:
    return Decision(who, approves, "because", at_s)


IN_STATE = {
    W: (_new_waiting := decided(_new(), _by(FIRST, True)), 10.0),
    A: (_approved := decided(_new_waiting, _by(SECOND, True)), 10.0),
    R: (decided(_new_waiting, _by(SECOND, False)), 10.0),
    Wd: (withdrawn(_new_waiting, ASKER, 10.0), 10.0),
    E: (_approved, 100.0),
    U: (used(_approved, ApprovalKind.EXPORT, SUBJECT, 10.0), 10.0),
}
"""A request of two approvers in each state, by way of one that FIRST has approved."""

EVENTS: dict[str, Callable[[Approval, float], Approval]] = {
    "asker approves": lambda one, at: decided(one, _by(ASKER, True, at)),
    "asker rejects": lambda one, at: decided(one, _by(ASKER, False, at)),
    "first approves again": lambda one, at: decided(one, _by(FIRST, True, at)),
    "first rejects after all": lambda one, at: decided(one, _by(FIRST, False, at)),
    "third approves": lambda one, at: decided(one, _by(THIRD, True, at)),
    "third rejects": lambda one, at: decided(one, _by(THIRD, False, at)),
    "asker withdraws": lambda one, at: withdrawn(one, ASKER, at),
    "first withdraws": lambda one, at: withdrawn(one, FIRST, at),
    "used": lambda one, at: used(one, ApprovalKind.EXPORT, SUBJECT, at),
    "used for another subject": lambda one, at: used(
        one, ApprovalKind.EXPORT, {"patient": "y"}, at
    ),
    "used as another kind": lambda one, at: used(one, ApprovalKind.WARRANT, SUBJECT, at),
    "time passes": lambda one, at: one,
}

CELLS: dict[str, tuple[ApprovalState | type[ApprovalError], ...]] = {
    #                           waiting    approved   rejected   withdrawn  expired    used
    "asker approves":           (NOT_YOURS, NOT_YOURS, NOT_YOURS, NOT_YOURS, NOT_YOURS, NOT_YOURS),
    "asker rejects":            (NOT_YOURS, NOT_YOURS, NOT_YOURS, NOT_YOURS, NOT_YOURS, NOT_YOURS),
    "first approves again":     (NOT_YOURS, NOT_YOURS, OVER,      OVER,      OVER,      OVER),
    "first rejects after all":  (R,         R,         OVER,      OVER,      OVER,      OVER),
    "third approves":           (A,         OVER,      OVER,      OVER,      OVER,      OVER),
    "third rejects":            (R,         R,         OVER,      OVER,      OVER,      OVER),
    "asker withdraws":          (Wd,        Wd,        OVER,      OVER,      OVER,      OVER),
    "first withdraws":          (NOT_YOURS, NOT_YOURS, NOT_YOURS, NOT_YOURS, NOT_YOURS, NOT_YOURS),
    "used":                     (NOT_GIVEN, U,         OVER,      OVER,      OVER,      OVER),
    "used for another subject": (ANOTHER,   ANOTHER,   ANOTHER,   ANOTHER,   ANOTHER,   ANOTHER),
    "used as another kind":     (ANOTHER,   ANOTHER,   ANOTHER,   ANOTHER,   ANOTHER,   ANOTHER),
    "time passes":              (E,         E,         R,         Wd,        E,         U),
}  # fmt: skip


@pytest.mark.parametrize("event", list(EVENTS))
def test_every_event_in_every_state_does_what_the_table_says(event: str) -> None:
    assert set(CELLS) == set(EVENTS)
    for state, expected in zip(IN_STATE, CELLS[event], strict=True):
        approval, now_s = IN_STATE[state]
        assert approval.state(now_s) is state
        if event == "time passes":
            assert approval.state(1_000.0) is expected
        elif isinstance(expected, ApprovalState):
            assert EVENTS[event](approval, now_s).state(now_s) is expected, state
        else:
            with pytest.raises(expected):
                EVENTS[event](approval, now_s)


class Requests(RuleBasedStateMachine):
    """Any order of events: used at most once, never without enough people, never by the asker."""

    @initialize(needed=st.integers(1, 3))
    def begin(self, needed: int) -> None:
        self.approval = _new(needed)
        self.now_s, self.uses = 2.0, 0

    def _try(self, event) -> bool:
        try:
            self.approval = event(self.approval)
        except ApprovalError:
            return False
        return True

    @rule(who=st.sampled_from([ASKER, FIRST, SECOND, THIRD]), approves=st.booleans())
    def decide(self, who: UUID, approves: bool) -> None:
        self._try(lambda one: decided(one, _by(who, approves, self.now_s)))

    @rule(who=st.sampled_from([ASKER, FIRST]))
    def withdraw(self, who: UUID) -> None:
        self._try(lambda one: withdrawn(one, who, self.now_s))

    @rule()
    def use(self) -> None:
        before = self.approval
        if self._try(lambda one: used(one, ApprovalKind.EXPORT, SUBJECT, self.now_s)):
            self.uses += 1
            assert before.state(self.now_s) is A
            approvers = {one.by for one in before.decisions if one.approves}
            assert len(approvers - {ASKER}) >= before.needed
            assert self.now_s < before.expires_s

    @rule(seconds=st.sampled_from([1.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @invariant()
    def used_once(self) -> None:
        if hasattr(self, "approval"):
            assert self.uses <= 1
            assert (self.approval.state(self.now_s) is U) == (self.uses == 1)


Requests.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestRequests = Requests.TestCase


# --- over the broker ---------------------------------------------------------------------------


@dataclass
class People:
    """The officers of two hospitals and a clinician, by their tokens."""

    officer: str
    again: str
    admin: str
    second: str
    clinician: str
    foreign: str

    @classmethod
    async def of(cls, estate: Any) -> "People":
        return cls(
            officer=await estate.token(Role.DATA_PROTECTION_OFFICER, name="Officer"),
            again=await estate.token(Role.DATA_PROTECTION_OFFICER, name="Officer"),
            admin=await estate.token(Role.ADMINISTRATOR, name="Admin"),
            second=await estate.token(Role.ADMINISTRATOR, name="Second"),
            clinician=await estate.token(Role.CLINICIAN, name="dr. A"),
            foreign=await estate.token(Role.ADMINISTRATOR, "H2", name="Foreign"),
        )


async def _request(estate, token: str, kind=ApprovalKind.EARLY_ERASURE, subject=SUBJECT) -> UUID:
    done = await estate.ask(m.RequestApproval(m.Requester(token), kind, subject, "it is due"))
    assert isinstance(done, m.Done)
    assert done.identifier is not None
    return done.identifier


async def _decide(estate, token: str, approval_id: UUID, approve: bool = True) -> m.ApprovalLine:
    line = await estate.ask(m.DecideApproval(m.Requester(token), approval_id, approve, "I agree"))
    assert isinstance(line, m.ApprovalLine)
    return line


def test_two_others_approve_and_neither_a_second_session_nor_the_asker_counts(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            people = await People.of(estate)
            asked = await _request(estate, people.officer)
            for own in (people.officer, people.again):
                with pytest.raises(ApprovalNotYours):
                    await _decide(estate, own, asked)
            assert (await _decide(estate, people.admin, asked)).state is W
            with pytest.raises(ApprovalNotYours):
                await _decide(estate, people.admin, asked)
            assert (await _decide(estate, people.second, asked)).state is A

    asyncio.run(run())


def test_others_may_not_decide_and_another_hospital_sees_nothing(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            people = await People.of(estate)
            asked = await _request(estate, people.officer)
            for stranger in (people.clinician, people.foreign):
                with pytest.raises(ApprovalUnknown):
                    await _decide(estate, stranger, asked)
                seen = await estate.ask(m.ListApprovals(m.Requester(stranger)))
                assert isinstance(seen, m.ApprovalList)
                assert (seen.approvals, seen.to_decide) == ([], 0)
            with pytest.raises(Forbidden):
                await _request(estate, people.clinician)
            listed = await estate.ask(m.ListApprovals(m.Requester(people.admin)))
            assert isinstance(listed, m.ApprovalList)
            assert [line.approval_id for line in listed.approvals] == [asked]
            assert listed.to_decide == 1
            assert await estate.ask(m.CountApprovals(m.Requester(people.officer))) == (
                m.ApprovalCount(0)
            )

    asyncio.run(run())


def test_an_approval_is_used_once_by_the_action_it_names_at_any_broker(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            people = await People.of(estate)
            asked = await _request(estate, people.officer)

            async def act(at, subject=SUBJECT, kind=ApprovalKind.EARLY_ERASURE) -> object:
                try:
                    await at.act(lambda cursor: at.approvals.consume(cursor, asked, kind, subject))
                except BrokerError as refused:
                    return type(refused)
                return True

            assert await act(estate) is ApprovalNotGiven
            await _decide(estate, people.admin, asked)
            await _decide(second, people.second, asked)
            assert await act(second, {"patient": "y"}) is ApprovalForAnother
            assert await act(second, kind=ApprovalKind.ERASURE) is ApprovalForAnother
            results = await asyncio.gather(*(act(at) for at in (estate, second) * 10))
            assert results.count(True) == 1
            assert results.count(ApprovalOver) == 19

    asyncio.run(run())


def test_decisions_that_meet_at_two_brokers_count_once_each(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            people = await People.of(estate)
            asked = await _request(estate, people.officer)
            results = await asyncio.gather(
                *(_decide(at, people.admin, asked) for at in (estate, second) * 5),
                return_exceptions=True,
            )
            assert sum(isinstance(one, m.ApprovalLine) for one in results) == 1
            line = await second.ask(m.ShowApproval(m.Requester(people.officer), asked))
            assert isinstance(line, m.ApprovalLine)
            assert [one.by for one in line.decisions] == ["Admin"]

    asyncio.run(run())


def test_what_a_frozen_person_approved_is_good_for_nothing(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            people = await People.of(estate)
            asked = await _request(estate, people.officer)
            for who in (people.admin, people.second):
                await _decide(estate, who, asked)
            await estate.ask(m.OperatorFreeze(TargetKind.ACCOUNT, "Second", "stolen passkey"))
            with pytest.raises(ApprovalNotGiven):
                await estate.act(
                    lambda cursor: estate.approvals.consume(
                        cursor, asked, ApprovalKind.EARLY_ERASURE, SUBJECT
                    )
                )

    asyncio.run(run())


def test_an_expired_request_stays_so_when_the_clock_is_set_back(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            people = await People.of(estate)
            asked = await _request(estate, people.officer)
            estate.clock.now_s += 30 * 86_400
            await _request(estate, people.officer)  # something is logged at that time
            estate.clock.now_s -= 30 * 86_400
            with pytest.raises(ApprovalOver):
                await _decide(estate, people.admin, asked)

    asyncio.run(run())


def test_two_people_lift_a_freeze_and_one_does_not(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            people = await People.of(estate)
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            frozen = await estate.ask(
                m.Freeze(m.Requester(people.officer), TargetKind.ACCOUNT, "dr. A", "odd hours")
            )
            assert isinstance(frozen, m.Done)
            subject = {"freeze": str(frozen.identifier)}
            with pytest.raises(Frozen):
                await estate.open(people.clinician, arrival(1).study_uid)
            with pytest.raises(FreezeUnknown):
                await _request(estate, people.foreign, ApprovalKind.UNFREEZE, subject)
            asked = await _request(estate, people.officer, ApprovalKind.UNFREEZE, subject)
            with pytest.raises(ApprovalNotYours):
                await _decide(estate, people.officer, asked)
            with pytest.raises(Frozen):
                await estate.open(people.clinician, arrival(1).study_uid)
            assert (await _decide(second, people.admin, asked)).state is U
            await second.open(people.clinician, arrival(1).study_uid)
            with pytest.raises(FreezeUnknown):
                await _request(estate, people.officer, ApprovalKind.UNFREEZE, subject)

    asyncio.run(run())


def test_a_request_needs_a_reason_and_a_subject_that_fits(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            people = await People.of(estate)
            whole = m.RequestApproval(
                m.Requester(people.officer), ApprovalKind.EARLY_ERASURE, SUBJECT, "it is due"
            )
            changes: tuple[dict[str, Any], ...] = (
                {"reason": "  "},
                {"reason": "x" * 501},
                {"subject": {}},
                {"subject": {"patient": "x" * 501}},
                {"subject": {str(number): "x" for number in range(17)}},
            )
            for change in changes:
                with pytest.raises(BrokerError):
                    await estate.ask(msgspec.structs.replace(whole, **change))
            with pytest.raises(ApprovalUnknown):
                await _decide(estate, people.admin, uuid4())

    asyncio.run(run())
