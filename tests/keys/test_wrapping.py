"""Wrapping in software: what the adapters' contract cannot see from outside."""

import random

import pytest

from segel.keys import WrapBroken
from segel.keys.wrapping import Kek, new_kek

KEY = bytes(range(32))


def test_a_wrapped_key_is_bound_to_the_name_and_version_of_its_kek() -> None:
    """Even where two KEKs share their bytes, as after a careless restore."""
    same = random.Random(1).randbytes(32)
    kek = Kek("a", (same, same))
    wrapped = kek.wrap(KEY, b"context", random.Random(2).randbytes)
    assert kek.unwrap(wrapped, b"context") == KEY
    with pytest.raises(WrapBroken):
        Kek("b", (same, same)).unwrap(wrapped, b"context")
    as_first_version = wrapped[:1] + (1).to_bytes(4, "big") + wrapped[5:]
    with pytest.raises(WrapBroken):
        kek.unwrap(as_first_version, b"context")


def test_name_and_context_cannot_be_traded() -> None:
    same = random.Random(1).randbytes(32)
    wrapped = Kek("ab", (same,)).wrap(KEY, b"c", random.Random(2).randbytes)
    with pytest.raises(WrapBroken):
        Kek("a", (same,)).unwrap(wrapped, b"bc")


def test_a_kek_does_not_print_its_keys() -> None:
    kek = new_kek("a", random.Random(1).randbytes)
    assert "versions" not in repr(kek)
    assert repr(kek.versions[0]) not in repr(kek)


def test_wrapping_replays_from_a_seed() -> None:
    def run() -> bytes:
        draw = random.Random(4).randbytes
        return new_kek("a", draw).rotated(draw).wrap(KEY, b"", draw)

    assert run() == run()
    assert len(run()) == 1 + 4 + 12 + 32 + 16
