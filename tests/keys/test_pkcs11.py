"""What is an HSM's own: PINs, lost tokens, forks and threads, and that no KEK can leave it."""

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from segel.keys import (
    KekDestroyed,
    KmsDenied,
    KmsError,
    KmsMissing,
    KmsUnavailable,
    PermissionsTooWide,
    Pkcs11Kms,
    PlainKey,
    WrapBroken,
    WrappedKey,
)
from support.softhsm import CONFIGURATION, PIN, SoftHsm

HOSPITAL = "hospital-1f0c"
KEY = bytes(range(32))


@pytest.fixture
def label() -> str:
    return uuid4().hex


@pytest.fixture
def kms(softhsm: SoftHsm, label: str) -> Pkcs11Kms:
    made = softhsm.kms(label)
    made.create_kek(HOSPITAL)
    return made


def again(softhsm: SoftHsm, label: str) -> Pkcs11Kms:
    """As another process would open it."""
    return Pkcs11Kms.open(softhsm.module, label, softhsm.folder / f"{label}.pin")


def test_a_kek_cannot_be_taken_out(softhsm: SoftHsm, label: str, kms: Pkcs11Kms) -> None:
    """Neither read, nor wrapped by another key, nor made weaker, nor copied as a weaker one."""
    kms.status()
    session = pkcs11.lib(str(softhsm.module)).get_token(token_label=label).open(rw=True)
    kek = next(iter(list(session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY}))))
    thief = session.generate_key(KeyType.AES, 256, store=False)
    assert kek[Attribute.NEVER_EXTRACTABLE]
    assert kek[Attribute.ALWAYS_SENSITIVE]
    weaker = {Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False}
    attempts: list[Callable[[], object]] = [
        lambda: kek[Attribute.VALUE],
        lambda: thief.wrap_key(kek, mechanism=Mechanism.AES_KEY_WRAP),  # type: ignore[attr-defined]
        lambda: kek.__setitem__(Attribute.EXTRACTABLE, True),
        lambda: kek.__setitem__(Attribute.SENSITIVE, False),
        lambda: kek.copy(weaker),
    ]
    for attempt in attempts:
        with pytest.raises(pkcs11.PKCS11Error):
            attempt()
    session.close()


def test_a_signers_private_key_cannot_be_taken_out(
    softhsm: SoftHsm, label: str, kms: Pkcs11Kms
) -> None:
    kms.create_signer("card-1")
    session = pkcs11.lib(str(softhsm.module)).get_token(token_label=label).open(rw=True)
    key = next(iter(list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))))
    assert key[Attribute.NEVER_EXTRACTABLE]
    assert key[Attribute.ALWAYS_SENSITIVE]
    with pytest.raises(pkcs11.PKCS11Error):
        key[Attribute.VALUE]
    session.close()


def test_a_wrong_pin_is_said_and_not_tried_again(softhsm: SoftHsm, label: str) -> None:
    """A token that counts wrong PINs locks after a few."""
    pin_file = softhsm.add_token(label)
    pin_file.write_text("wrong-pin")
    kms = again(softhsm, label)
    for _ in range(20):
        with pytest.raises(KmsDenied, match="PIN") as caught:
            kms.status()
        assert "wrong-pin" not in repr(caught.value)
    pin_file.write_text(PIN)
    kms.create_kek(HOSPITAL)
    assert kms.unwrap(HOSPITAL, kms.wrap(HOSPITAL, KEY, b""), b"") == KEY


def test_a_token_that_comes_later_is_found(softhsm: SoftHsm, label: str) -> None:
    pin_file = softhsm.folder / f"{label}.pin"
    pin_file.touch(mode=0o600)
    pin_file.write_text(PIN)
    kms = again(softhsm, label)
    with pytest.raises(KmsUnavailable, match="no token"):
        kms.status()
    softhsm.add_token(label)
    kms.create_kek(HOSPITAL)
    assert kms.status().keks == 1


def test_a_token_taken_out_and_put_back_goes_on(
    softhsm: SoftHsm, label: str, kms: Pkcs11Kms, tmp_path: Path
) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    tokens = softhsm.folder / "tokens"
    away = softhsm.folder / f"away-{label}"
    tokens.rename(away)
    tokens.mkdir()
    try:
        with pytest.raises(KmsUnavailable):
            kms.wrap(HOSPITAL, KEY, b"")
    finally:
        tokens.rmdir()
        away.rename(tokens)
    assert kms.unwrap(HOSPITAL, wrapped, b"") == KEY


def test_what_another_process_does_is_seen(softhsm: SoftHsm, label: str, kms: Pkcs11Kms) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    assert kms.unwrap(HOSPITAL, wrapped, b"") == KEY
    in_child(lambda: again(softhsm, label).rotate(HOSPITAL))
    assert kms.versions(HOSPITAL) == (1, 2)
    assert kms.version_of(kms.wrap(HOSPITAL, KEY, b"")) == 2
    in_child(lambda: again(softhsm, label).retire_before(HOSPITAL, 2))
    with pytest.raises(WrapBroken):
        kms.unwrap(HOSPITAL, wrapped, b"")
    in_child(lambda: again(softhsm, label).destroy_kek(HOSPITAL))
    with pytest.raises(KekDestroyed):
        kms.unwrap(HOSPITAL, wrapped, b"")
    with pytest.raises(KekDestroyed):
        kms.create_kek(HOSPITAL)


def test_a_child_of_a_fork_logs_in_by_itself(kms: Pkcs11Kms) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, b"")

    def use() -> None:
        assert kms.unwrap(HOSPITAL, wrapped, b"") == KEY
        assert kms.unwrap(HOSPITAL, kms.wrap(HOSPITAL, KEY, b"x"), b"x") == KEY

    in_child(use)
    use()


def test_processes_that_rotate_at_once_lose_nothing(
    softhsm: SoftHsm, label: str, kms: Pkcs11Kms
) -> None:
    """Two may make the same version; both of its objects unwrap what they wrapped."""

    def rotate_often() -> None:
        mine = again(softhsm, label)
        for _ in range(5):
            mine.rotate(HOSPITAL)
            wrapped = mine.wrap(HOSPITAL, KEY, b"")
            assert mine.unwrap(HOSPITAL, wrapped, b"") == KEY

    children = [started_child(rotate_often) for _ in range(3)]
    wrapped = []
    for _ in range(40):
        wrapped.append(kms.wrap(HOSPITAL, KEY, b""))
        assert kms.unwrap(HOSPITAL, wrapped[-1], b"") == KEY
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert kms.versions(HOSPITAL).newest >= 6
    assert kms.unwrap_many([WrappedKey(HOSPITAL, one, b"") for one in wrapped]) == [KEY] * 40


def test_rotating_beside_readers_hides_no_kek(softhsm: SoftHsm, label: str, kms: Pkcs11Kms) -> None:
    """SoftHSM misses objects for an instant while another thread adds one."""
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    others, failures, stop = [kms, again(softhsm, label)], [], threading.Event()

    def read(mine: Pkcs11Kms) -> None:
        try:
            while not stop.is_set():
                mine.versions(HOSPITAL)
                assert mine.unwrap(HOSPITAL, wrapped, b"") == KEY
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=read, args=(mine,)) for mine in others * 2]
    for thread in threads:
        thread.start()
    for _ in range(20):
        kms.rotate(HOSPITAL)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures


def test_thousands_are_wrapped_rewrapped_and_unwrapped_at_once(kms: Pkcs11Kms) -> None:
    keys = [os.urandom(32) for _ in range(2_000)]
    plain = [PlainKey(HOSPITAL, key, n.to_bytes(16)) for n, key in enumerate(keys)]
    made = kms.wrap_many(plain)
    wrapped = [
        WrappedKey(HOSPITAL, one, item.context) for one, item in zip(made, plain, strict=True)
    ]
    kms.rotate(HOSPITAL)
    renewed = [
        item._replace(wrapped=one)
        for item, one in zip(wrapped, kms.rewrap_many(wrapped), strict=True)
    ]
    assert {kms.version_of(item.wrapped) for item in renewed} == {2}
    assert kms.unwrap_many(renewed) == keys


def test_a_tombstone_outlives_its_kek(softhsm: SoftHsm, label: str, kms: Pkcs11Kms) -> None:
    kms.destroy_kek(HOSPITAL)
    told = subprocess.run(
        ["softhsm2-util", "--show-slots"], check=True, capture_output=True, text=True,
        env={**os.environ, CONFIGURATION: str(softhsm.configuration)},
    )  # fmt: skip
    assert label[:32] in told.stdout
    fresh = again(softhsm, label)
    with pytest.raises(KekDestroyed):
        fresh.create_kek(HOSPITAL)
    assert fresh.status().keks == 0


def test_what_cannot_work_is_refused_at_once(softhsm: SoftHsm, label: str, tmp_path: Path) -> None:
    pin_file = softhsm.add_token(label)
    with pytest.raises(KmsMissing, match="cannot be loaded"):
        Pkcs11Kms.open(tmp_path / "no.so", label, pin_file)
    with pytest.raises(KmsMissing, match="No such file"):
        Pkcs11Kms.open(softhsm.module, label, tmp_path / "no.pin")
    pin_file.chmod(0o644)
    with pytest.raises(PermissionsTooWide, match="chmod 600"):
        Pkcs11Kms.open(softhsm.module, label, pin_file)
    assert issubclass(KmsMissing, KmsError)


def started_child(work: Callable[[], None]) -> int:
    """A forked process that ends with 0 where ``work`` returned."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def in_child(work: Callable[[], None]) -> None:
    assert os.waitpid(started_child(work), 0)[1] == 0
