"""Requests of people about their own data, as values: clocks, and every state × what may happen."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.broker.errors import RequestOver, RequestUnclear
from segel.broker.request_rules import (
    ANSWER_S,
    PAPER_AGE_MAX_S,
    Answer,
    RequestRecord,
    Turn,
    Words,
    added_to,
    answered,
    received,
    said,
    withdrawn,
    worded,
)
from segel.domain.subject_requests import (
    OPEN,
    TEXT_LENGTH_MAX,
    Channel,
    Part,
    Reply,
    RequestKind,
    RequestState,
    Use,
)

NOW = 1_790_000_000.0
HOUR = 3_600


def make(kind: RequestKind = RequestKind.ACCESS, **changes: Any) -> RequestRecord:
    uses = (Use.RESEARCH,) if kind is RequestKind.RESTRICTION else ()
    given_: dict[str, Any] = {
        "kind": kind, "patient_id": uuid4(), "channel": Channel.PAPER, "received_s": NOW,
        "now_s": NOW, "entered_by": uuid4(), "uses": uses,
    }  # fmt: skip
    return received(**(given_ | changes))


def answer(reply: Reply, article: str = "Pasal 1", at_s: float = NOW) -> Answer:
    return Answer(reply, uuid4(), at_s, article)


def test_the_clock_runs_72_hours_from_when_the_form_came_and_nothing_moves_it() -> None:
    record = make(received_s=NOW - 10 * HOUR)
    due_s = NOW - 10 * HOUR + 72 * HOUR
    assert record.due_s == due_s
    asked_back = answered(record, answer(Reply.MORE_NEEDED, at_s=NOW + HOUR))
    assert asked_back.state is RequestState.MORE_NEEDED
    again = added_to(asked_back)
    assert asked_back.due_s == again.due_s == due_s
    for one in (record, asked_back, again):
        assert not one.is_overdue(due_s)
        assert one.is_overdue(due_s + 1)
    late = answered(again, answer(Reply.DONE, at_s=due_s + 1))
    in_time = answered(again, answer(Reply.DONE, at_s=due_s))
    assert (late.was_late, in_time.was_late) == (True, False)
    assert not late.is_overdue(due_s + HOUR)
    assert not withdrawn(again, due_s + HOUR).was_late


REPLIES = {
    Reply.DONE: RequestState.DONE,
    Reply.PARTLY: RequestState.PARTLY,
    Reply.REFUSED: RequestState.REFUSED,
    Reply.MORE_NEEDED: RequestState.MORE_NEEDED,
}


@pytest.mark.parametrize("state", list(RequestState))
def test_only_what_waits_is_answered_added_to_and_withdrawn(state: RequestState) -> None:
    record = make()
    if state is not RequestState.WAITING:
        replies = {after: reply for reply, after in REPLIES.items()}
        record = (
            withdrawn(record, NOW)
            if state is RequestState.WITHDRAWN
            else answered(record, answer(replies[state]))
        )
    assert record.state is state
    deeds = [
        *(
            (lambda one, reply=reply: answered(one, answer(reply)), REPLIES[reply])
            for reply in Reply
        ),
        (added_to, RequestState.WAITING),
        (lambda one: withdrawn(one, NOW), RequestState.WITHDRAWN),
    ]
    for deed, after in deeds:
        if state in OPEN:
            assert deed(record).state is after
        else:
            with pytest.raises(RequestOver):
                deed(record)


@pytest.mark.parametrize("reply", [Reply.REFUSED, Reply.PARTLY])
def test_a_refusal_names_its_article(reply: Reply) -> None:
    with pytest.raises(RequestUnclear) as refusal:
        answered(make(), answer(reply, article=""))
    assert refusal.value.field == "article"


@given(st.integers(-60 * 86_400, 86_400))
def test_a_form_cannot_come_from_the_future_or_from_long_ago(offset_s: int) -> None:
    if -PAPER_AGE_MAX_S <= offset_s <= 0:
        assert make(received_s=NOW + offset_s).due_s == NOW + offset_s + ANSWER_S
        return
    with pytest.raises(RequestUnclear) as refusal:
        make(received_s=NOW + offset_s)
    assert refusal.value.field == "received"


@pytest.mark.parametrize("kind", list(RequestKind))
def test_uses_belong_to_a_restriction(kind: RequestKind) -> None:
    restricts = kind is RequestKind.RESTRICTION
    for uses in ((), (Use.TEACHING, Use.TEACHING)):
        if bool(uses) == restricts:
            assert make(kind, uses=uses).uses == uses[:1]
        else:
            with pytest.raises(RequestUnclear):
                make(kind, uses=uses)


def test_a_correction_says_which_part_what_is_wrong_and_what_is_right() -> None:
    whole = Words(part=Part.IDENTITY, wrong=" lahir  1980 ", right="lahir 1981")
    assert worded(RequestKind.CORRECTION, whole).wrong == "lahir 1980"
    for lacking in (
        Words(wrong="a", right="b"),
        Words(part=Part.REPORT, right="b"),
        Words(part=Part.REPORT, wrong="a", right="  "),
        Words(part=Part.REPORT, wrong="a", right="b" * (TEXT_LENGTH_MAX + 1)),
    ):
        with pytest.raises(RequestUnclear):
            worded(RequestKind.CORRECTION, lacking)
    other = worded(RequestKind.ACCESS, Words(part=Part.REPORT, wrong="a", right="b", text="c"))
    assert (other.part, other.wrong, other.right, other.text) == (None, "", "", "c")


def test_what_was_changed_is_named_by_its_address_and_nothing_else() -> None:
    for changed in ("", "Patient/4f2c", "Observation/9-a.b/_history/3"):
        assert said(Words(), Turn(NOW, True, "x", changed)).turns[0].changed == changed
    for wrong in ("patient/1", "Patient", "Patient/", "Patient/1?x=SITI", "https://x/Patient/1"):
        with pytest.raises(RequestUnclear):
            said(Words(), Turn(NOW, True, "x", wrong))
