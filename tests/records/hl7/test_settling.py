"""Of two states the later one is kept, whichever comes first."""

from typing import Any

import pytest

from segel.records.hl7.settling import settled


def seen(status: str, issued: str = "", **more: Any) -> dict[str, Any]:
    made = {"resourceType": "Observation", "status": status, **more}
    return made | ({"issued": f"2026-11-01T{issued}:00+07:00"} if issued else {})


def order(status: str, said: str = "", **more: Any) -> dict[str, Any]:
    made = {"resourceType": "ServiceRequest", "status": status, "code": {"text": "Hb"}, **more}
    return made | ({"authoredOn": said} if said else {})


TEN, ELEVEN = "2026-11-01T10:00:00+07:00", "2026-11-01T04:00:00+00:00"


@pytest.mark.parametrize(
    ("new", "stored", "replaces"),
    [
        (seen("final"), seen("preliminary"), True),
        (seen("preliminary"), seen("final"), False),
        (seen("final", "11:00"), seen("final", "10:00"), True),
        (seen("final", "10:00", valueString="x"), seen("final", "11:00"), False),
        (seen("corrected"), seen("unknown"), True),
        (order("revoked", ELEVEN), order("active", TEN), True),
        (order("active", TEN), order("revoked", ELEVEN), False),
        (order("active", ELEVEN), order("revoked", TEN), True),
        (order("active"), order("revoked"), False),
        (order("active", priority="stat"), order("active"), True),
        (order("active", "2026-11-01"), order("revoked", "2026-11-02"), False),
    ],
)
def test_the_later_state_is_kept(new: Any, stored: Any, replaces: bool) -> None:
    assert settled(new, stored) == (new if replaces else None)


@pytest.mark.parametrize("one", [seen("final", "10:00"), order("active", TEN)])
def test_what_is_there_already_is_not_written_again(one: Any) -> None:
    assert settled(one, one | {"id": "1", "meta": {"versionId": "3"}}) is None


def test_a_cancellation_without_an_order_keeps_all_else() -> None:
    stored = order("active", TEN, identifier=[{"system": "a", "value": "1"}], priority="stat")
    bare = {"resourceType": "ServiceRequest", "status": "revoked", "authoredOn": ELEVEN}
    cancelled = settled(bare, stored)
    assert cancelled == stored | {"status": "revoked", "authoredOn": ELEVEN}
    assert settled(bare, cancelled or {}) is None
