"""How often anybody may try to come in: a bucket for each network, and memory for so many only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.access import Attempts, TooManyAttempts
from segel.access.attempts import place_of


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def taken(attempts: Attempts, place: str, tries: int) -> int:
    """How many of so many tries are let through."""
    done = 0
    for _ in range(tries):
        try:
            attempts.take(place)
        except TooManyAttempts:
            continue
        done += 1
    return done


def test_a_burst_is_let_through_and_then_as_many_as_time_allows() -> None:
    clock = Clock()
    attempts = Attempts(burst=5, rate_per_s=0.5, clock=clock)
    assert taken(attempts, "192.0.2.1", 9) == 5
    assert taken(attempts, "192.0.2.2", 9) == 5  # another place is not held up
    with pytest.raises(TooManyAttempts) as refused:
        attempts.take("192.0.2.1")
    assert refused.value.retry_after_s == 2
    clock.now_s += 2
    assert taken(attempts, "192.0.2.1", 3) == 1
    clock.now_s += 10_000
    assert taken(attempts, "192.0.2.1", 9) == 5


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_pattern_gets_more_than_burst_and_rate(pauses) -> None:
    clock = Clock()
    attempts = Attempts(burst=3, rate_per_s=0.2, clock=clock)
    done, began_s = 0, clock.now_s
    for pause in pauses:
        clock.now_s += pause
        done += taken(attempts, "192.0.2.1", 2)
    assert done <= 3 + (clock.now_s - began_s) * 0.2 + 1e-6


def test_only_so_many_places_are_remembered_and_none_by_name() -> None:
    attempts = Attempts(places_max=10)
    for number in range(100):
        attempts.take(f"192.0.2.{number}")
    assert len(attempts._left) == 10
    assert all(len(place) == 16 for place in attempts._left)


def asked(host: str, forwarded: str = "") -> str:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return place_of({"client": (host, 1), "headers": headers})


@pytest.mark.parametrize(
    ("host", "forwarded", "place"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # not from a proxy of this machine
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.1, 198.51.100.7", "198.51.100.7"),  # only the last is the proxy's
        ("127.0.0.1", "", "127.0.0.1"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("127.0.0.1", "nonsense", "elsewhere"),
        ("", "", "elsewhere"),
    ],
)
def test_where_a_request_comes_from(host, forwarded, place) -> None:
    assert asked(host, forwarded) == place
