"""A handle says nothing, and opens only in the session that it was made for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.access import HandleBroken, open_handle, seal_handle

TOKENS = st.text(min_size=1, max_size=80)


@given(TOKENS, st.text(max_size=300))
def test_a_handle_opens_to_what_was_sealed(token: str, value: str) -> None:
    assert open_handle(token, "study", seal_handle(token, "study", value)) == value


@given(TOKENS, TOKENS, st.text(max_size=64))
def test_another_session_opens_nothing(token: str, other: str, value: str) -> None:
    if token == other:
        return
    with pytest.raises(HandleBroken):
        open_handle(other, "study", seal_handle(token, "study", value))


@given(st.text(max_size=64), st.data())
def test_an_altered_handle_opens_nothing(value: str, data: st.DataObject) -> None:
    handle = seal_handle("token", "study", value)
    at = data.draw(st.integers(0, len(handle) - 2))  # the last letter has unused bits
    letter = data.draw(st.sampled_from("ABCabc019-_").filter(lambda other: other != handle[at]))
    with pytest.raises(HandleBroken):
        open_handle("token", "study", handle[:at] + letter + handle[at + 1 :])


@given(st.text(max_size=3_000))
def test_any_text_is_refused_in_the_same_words(text: str) -> None:
    with pytest.raises(HandleBroken) as refused:
        open_handle("token", "study", text)
    assert str(refused.value) == "This link belongs to a session that has ended. Search again."


def test_a_handle_of_one_kind_is_none_of_another() -> None:
    with pytest.raises(HandleBroken):
        open_handle("token", "list", seal_handle("token", "study", "1.2.3"))


@given(st.integers(1, 10**30))
def test_a_handle_shows_nothing_of_its_value(number: int) -> None:
    uid = f"2.25.{number:030}"
    assert uid not in seal_handle("token", "study", uid)
