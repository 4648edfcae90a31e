"""The snapshot of revocations: nothing revoked is missed, and hardly anything else is hit."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.cards import (
    ListRefused,
    MarkKind,
    Reason,
    decode,
    health_card_mark,
    judge,
    mark_of,
    snapshot_of,
)
from segel.cards.snapshot import BITS_MIN, snapshot_content, snapshot_in
from support.cards import ADDRESS, NOW, HealthCardMaker, Maker, payload

MARKS = st.builds(mark_of, st.sampled_from(MarkKind), st.binary(min_size=16, max_size=32))


def numbered(count: int, salt: str = "") -> list[bytes]:
    return [
        mark_of(MarkKind.IDENTIFIER, hashlib.sha256(f"{salt}{number}".encode()).digest())
        for number in range(count)
    ]


@given(st.sets(MARKS, max_size=60))
def test_nothing_revoked_is_missed(marks: set[bytes]) -> None:
    snapshot = snapshot_in(snapshot_content(snapshot_of(marks)))
    assert snapshot.count == len(marks)
    assert all(map(snapshot.has, marks))
    assert snapshot.has_any(marks) == bool(marks)


@pytest.mark.parametrize("count", [1, 1_000, 40_000])
def test_hardly_anything_else_is_hit(count: int) -> None:
    """At 40,000 the filter is as full as with a million. A card has three marks, so that 1e-5 a
    card are 0.2 of these 60,000 marks."""
    snapshot = snapshot_of(numbered(count))
    asked = 60_000
    assert sum(map(snapshot.has, numbered(asked, "other"))) <= 1
    assert len(snapshot.data) * 8 == max(BITS_MIN, 27 * count)


def test_the_positions_are_those_of_the_description() -> None:
    """Recomputed by exact arithmetic, as verifiers in other languages do."""
    (mark,) = numbered(1)
    snapshot = snapshot_of([mark])
    digest = hashlib.sha256(mark).digest()
    h1, h2 = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:16], "big") | 1
    wanted = {(h1 + i * h2) % 65536 for i in range(19)}
    held = {at for at in range(65536) if snapshot.data[at >> 3] & (1 << (at & 7))}
    assert held == wanted


def test_cards_of_both_kinds_are_revoked_by_the_snapshot() -> None:
    maker, cards = Maker(), HealthCardMaker()
    certificate = decode(maker.text())
    revoked = decode(cards.jws(payload(vc={"rid": "abc"})))
    other = decode(cards.jws(payload(vc={"rid": "abd"})))
    without = decode(cards.jws())
    identifier = mark_of(MarkKind.IDENTIFIER, hashlib.sha256(b"URN:UVCI:01:ID:97A1#0").digest())
    snapshot = snapshot_of([health_card_mark(ADDRESS, cards.key_id, "abc"), identifier])
    assert judge(certificate, maker.trust, NOW, snapshot).reasons == (Reason.REVOKED,)
    assert judge(revoked, cards.trust, NOW, snapshot).reasons == (Reason.REVOKED,)
    assert judge(other, cards.trust, NOW, snapshot).valid
    assert judge(without, cards.trust, NOW, snapshot).valid
    assert judge(decode(maker.text()), maker.trust, NOW, snapshot_of([])).valid


FILTER: dict[str, Any] = snapshot_content(snapshot_of([]))["filter"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"bits": 0}, "filter.bits"),
        ({"bits": 2**40}, "filter.bits"),
        ({"bits": 65528}, "filter.data"),
        ({"bits": 65535}, "filter.data"),
        ({"hashes": 0}, "filter.hashes"),
        ({"hashes": 1000}, "filter.hashes"),
        ({"count": -1}, "filter.count"),
        ({"count": True}, "filter.count"),
        ({"data": "?"}, "filter.data"),
        ({"data": None}, "filter.data"),
    ],
    ids=str,
)
def test_a_filter_out_of_shape_says_where(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ListRefused) as raised:
        snapshot_in({"filter": {**FILTER, **changes}})
    assert (raised.value.reason, raised.value.place) == (Reason.LISTS_CONTENT, place)
