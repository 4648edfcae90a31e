"""What every KMS adapter promises; ``conftest.ADAPTERS`` says which are held to it."""

import os
import threading

import pytest

from segel.keys import (
    KekDestroyed,
    KekIdMalformed,
    KekUnknown,
    KeyMalformed,
    Kms,
    KmsError,
    PlainKey,
    WrapBroken,
    WrappedKey,
)

HOSPITAL = "hospital-1f0c"
OTHER = "hospital-77aa"
KEY = bytes(range(32))
CONTEXT = b"patient 1"


@pytest.fixture(autouse=True)
def keks(kms: Kms) -> None:
    kms.create_kek(HOSPITAL)
    kms.create_kek(OTHER)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_what_was_wrapped_unwraps(kms: Kms, size: int) -> None:
    key = os.urandom(size)
    wrapped = kms.wrap(HOSPITAL, key, CONTEXT)
    assert key not in wrapped
    assert kms.unwrap(HOSPITAL, wrapped, CONTEXT) == key


def test_the_same_key_wraps_differently_each_time(kms: Kms) -> None:
    assert kms.wrap(HOSPITAL, KEY, CONTEXT) != kms.wrap(HOSPITAL, KEY, CONTEXT)


@pytest.mark.parametrize("context", [b"", b"patient 2", b"patient 1 ", b"patient "])
def test_another_context_does_not_unwrap(kms: Kms, context: bytes) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, CONTEXT)
    with pytest.raises(WrapBroken):
        kms.unwrap(HOSPITAL, wrapped, context)
    with pytest.raises(WrapBroken):
        kms.rewrap(HOSPITAL, wrapped, context)


def test_another_hospitals_kek_does_not_unwrap(kms: Kms) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, CONTEXT)
    with pytest.raises(WrapBroken):
        kms.unwrap(OTHER, wrapped, CONTEXT)


def test_no_changed_byte_unwraps(kms: Kms) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, CONTEXT)
    mutants = [
        wrapped[:at] + bytes([wrapped[at] ^ 1 << bit]) + wrapped[at + 1 :]
        for at in range(len(wrapped))
        for bit in range(8)
    ]
    mutants += [wrapped[:at] for at in range(len(wrapped))] + [wrapped + b"\0", b"\0" + wrapped]
    assert len(mutants) > 400
    for mutant in mutants:
        with pytest.raises(WrapBroken):
            kms.unwrap(HOSPITAL, mutant, CONTEXT)


def test_many_unwrap_in_order_or_not_at_all(kms: Kms) -> None:
    keys = [os.urandom(32) for _ in range(20)]
    items = [
        WrappedKey(kek_id, kms.wrap(kek_id, key, bytes([n])), bytes([n]))
        for n, (key, kek_id) in enumerate(zip(keys, [HOSPITAL, OTHER] * 10, strict=True))
    ]
    assert kms.unwrap_many(items) == keys
    assert kms.unwrap_many([]) == []
    with pytest.raises(WrapBroken):
        kms.unwrap_many([*items, items[0]._replace(context=b"else")])


def test_old_wraps_survive_rotation_and_can_be_rewrapped(kms: Kms) -> None:
    old = kms.wrap(HOSPITAL, KEY, CONTEXT)
    kms.rotate(HOSPITAL)
    kms.rotate(HOSPITAL)
    new = kms.wrap(HOSPITAL, KEY, CONTEXT)
    rewrapped = kms.rewrap(HOSPITAL, old, CONTEXT)
    assert rewrapped != old
    again = kms.rewrap(HOSPITAL, rewrapped, CONTEXT)
    for wrapped in (old, new, rewrapped, again):
        assert kms.unwrap(HOSPITAL, wrapped, CONTEXT) == KEY


def test_many_are_rewrapped_in_order_or_not_at_all(kms: Kms) -> None:
    keys = [os.urandom(32) for _ in range(20)]
    items = [
        WrappedKey(kek_id, kms.wrap(kek_id, key, bytes([n])), bytes([n]))
        for n, (key, kek_id) in enumerate(zip(keys, [HOSPITAL, OTHER] * 10, strict=True))
    ]
    kms.rotate(HOSPITAL)
    rewrapped = [
        item._replace(wrapped=wrapped)
        for item, wrapped in zip(items, kms.rewrap_many(items), strict=True)
    ]
    assert all(
        (old.wrapped != new.wrapped) == (old.kek_id == HOSPITAL)
        for old, new in zip(items, rewrapped, strict=True)
    )
    assert kms.unwrap_many(rewrapped) == keys
    assert kms.rewrap_many([]) == []
    with pytest.raises(WrapBroken):
        kms.rewrap_many([*items, items[0]._replace(context=b"else")])


def test_creating_again_changes_nothing(kms: Kms) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, CONTEXT)
    kms.create_kek(HOSPITAL)
    assert kms.unwrap(HOSPITAL, wrapped, CONTEXT) == KEY
    assert kms.status().keks == 2


def test_a_destroyed_kek_is_gone_for_good(kms: Kms) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, CONTEXT)
    kms.destroy_kek(HOSPITAL)
    kms.destroy_kek(HOSPITAL)
    for attempt in (
        lambda: kms.unwrap(HOSPITAL, wrapped, CONTEXT),
        lambda: kms.wrap(HOSPITAL, KEY, CONTEXT),
        lambda: kms.rewrap(HOSPITAL, wrapped, CONTEXT),
        lambda: kms.rotate(HOSPITAL),
        lambda: kms.create_kek(HOSPITAL),
    ):
        with pytest.raises(KekDestroyed):
            attempt()
    assert kms.status().keks == 1
    assert kms.unwrap(OTHER, kms.wrap(OTHER, KEY, CONTEXT), CONTEXT) == KEY


def test_an_unknown_kek_is_said_to_be_unknown(kms: Kms) -> None:
    for attempt in (
        lambda: kms.wrap("nobody", KEY, CONTEXT),
        lambda: kms.unwrap("nobody", b"", CONTEXT),
        lambda: kms.rotate("nobody"),
        lambda: kms.rewrap("nobody", b"", CONTEXT),
        lambda: kms.destroy_kek("nobody"),
    ):
        with pytest.raises(KekUnknown) as caught:
            attempt()
        assert not isinstance(caught.value, KekDestroyed)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "A", "-a", "a b", "a\n", "x" * 129])
def test_names_that_some_adapter_could_misread_are_refused(kms: Kms, name: str) -> None:
    for attempt in (
        lambda: kms.create_kek(name),
        lambda: kms.wrap(name, KEY, CONTEXT),
        lambda: kms.unwrap(name, b"", CONTEXT),
        lambda: kms.rotate(name),
        lambda: kms.destroy_kek(name),
    ):
        with pytest.raises(KekIdMalformed):
            attempt()


def test_the_longest_name_works(kms: Kms) -> None:
    kms.create_kek("x" * 128)
    assert kms.unwrap("x" * 128, kms.wrap("x" * 128, KEY, CONTEXT), CONTEXT) == KEY


@pytest.mark.parametrize("size", [0, 15, 65])
def test_only_keys_are_wrapped(kms: Kms, size: int) -> None:
    with pytest.raises(KeyMalformed):
        kms.wrap(HOSPITAL, bytes(size), CONTEXT)


def test_errors_tell_nothing_about_keys_and_contexts(kms: Kms) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, CONTEXT)
    with pytest.raises(KmsError) as caught:
        kms.unwrap(HOSPITAL, wrapped, b"patient 3171234567890123")
    said = str(caught.value) + repr(caught.value)
    for secret in ("3171234567890123", KEY.hex(), wrapped.hex(), HOSPITAL):
        assert secret not in said
    assert caught.value.__cause__ is None


def test_status_counts_the_keks(kms: Kms) -> None:
    status = kms.status()
    assert (status.sealed, status.keks) == (False, 2)
    assert status.adapter


def test_threads_can_share_it(kms: Kms) -> None:
    failures: list[BaseException] = []

    def work(name: bytes) -> None:
        try:
            for _ in range(30):
                wrapped = kms.wrap(HOSPITAL, KEY, name)
                assert kms.unwrap(HOSPITAL, wrapped, name) == KEY
                if name == b"0":
                    kms.rotate(HOSPITAL)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(str(n).encode(),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_many_wrap_in_order(kms: Kms) -> None:
    plain = [PlainKey([HOSPITAL, OTHER][n % 2], os.urandom(32), bytes([n])) for n in range(20)]
    wrapped = kms.wrap_many(plain)
    for item, made in zip(plain, wrapped, strict=True):
        assert kms.unwrap(item.kek_id, made, item.context) == item.key
    assert kms.wrap_many([]) == []
    assert plain[0].key.hex() not in repr(plain[0])


def test_a_wrapped_key_tells_its_version(kms: Kms) -> None:
    assert kms.versions(HOSPITAL) == (1, 1)
    first = kms.wrap(HOSPITAL, KEY, CONTEXT)
    kms.rotate(HOSPITAL)
    assert kms.versions(HOSPITAL) == (1, 2)
    assert kms.versions(OTHER) == (1, 1)
    assert kms.version_of(first) == 1
    assert kms.version_of(kms.wrap(HOSPITAL, KEY, CONTEXT)) == 2
    assert kms.version_of(kms.rewrap(HOSPITAL, first, CONTEXT)) == 2
    for broken in (b"", b"nonsense", first[:3]):
        with pytest.raises(WrapBroken):
            kms.version_of(broken)
    with pytest.raises(KekUnknown):
        kms.versions("hospital-nowhere")


def test_what_a_retired_version_wrapped_never_unwraps_again(kms: Kms) -> None:
    first = kms.wrap(HOSPITAL, KEY, CONTEXT)
    other = kms.wrap(OTHER, KEY, CONTEXT)
    kms.rotate(HOSPITAL)
    second = kms.rewrap(HOSPITAL, first, CONTEXT)
    kms.rotate(HOSPITAL)
    third = kms.rewrap(HOSPITAL, first, CONTEXT)
    kms.retire_before(HOSPITAL, 3)
    kms.retire_before(HOSPITAL, 3)
    kms.retire_before(HOSPITAL, 1)
    assert kms.versions(HOSPITAL) == (3, 3)
    for dead in (first, second):
        with pytest.raises(WrapBroken):
            kms.unwrap(HOSPITAL, dead, CONTEXT)
        with pytest.raises(WrapBroken):
            kms.rewrap_many([WrappedKey(HOSPITAL, dead, CONTEXT)])
    assert kms.unwrap(HOSPITAL, third, CONTEXT) == KEY
    assert kms.unwrap(OTHER, other, CONTEXT) == KEY
    kms.rotate(HOSPITAL)
    assert kms.versions(HOSPITAL) == (3, 4)
    assert kms.unwrap(HOSPITAL, kms.rewrap(HOSPITAL, third, CONTEXT), CONTEXT) == KEY


def test_the_newest_version_cannot_be_retired(kms: Kms) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, CONTEXT)
    kms.retire_before(HOSPITAL, 99)
    assert kms.versions(HOSPITAL) == (1, 1)
    assert kms.unwrap(HOSPITAL, wrapped, CONTEXT) == KEY
    with pytest.raises(KekUnknown):
        kms.retire_before("hospital-nowhere", 2)
