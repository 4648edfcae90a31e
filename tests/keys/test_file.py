"""The file KMS: private, shared between processes, and openable after any crash."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segel.keys import (
    FileKms,
    KekDestroyed,
    KmsDamaged,
    KmsError,
    KmsExists,
    KmsMissing,
    KmsUnavailable,
    NotForProduction,
    PermissionsTooWide,
    WrapBroken,
)

KEY = bytes(range(32))
HOSPITAL = "hospital-1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home.keys" / "kms"


@pytest.fixture
def kms(path: Path) -> FileKms:
    made = FileKms.create(path)
    made.create_kek(HOSPITAL)
    return made


def reopened(path: Path) -> FileKms:
    return FileKms.open(path, production=False)


def in_child(work: Callable[[], None]) -> int:
    """Run ``work`` in a child process; its id. The child never returns into the test."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def test_it_opens_again_with_everything_in_it(kms: FileKms, path: Path) -> None:
    old = kms.wrap(HOSPITAL, KEY, b"c")
    kms.rotate(HOSPITAL)
    kms.create_kek("hospital-2")
    kms.destroy_kek("hospital-2")
    again = reopened(path)
    assert again.unwrap(HOSPITAL, old, b"c") == KEY
    assert again.unwrap(HOSPITAL, kms.wrap(HOSPITAL, KEY, b"c"), b"c") == KEY
    assert (again.status().keks, again.status().adapter) == (1, "file")
    with pytest.raises(KekDestroyed):
        again.create_kek("hospital-2")


def test_production_is_refused_with_a_remedy(kms: FileKms, path: Path) -> None:
    with pytest.raises(NotForProduction, match="openbao or pkcs11"):
        FileKms.open(path, production=True)


def test_nothing_is_created_over_something(kms: FileKms, path: Path, tmp_path: Path) -> None:
    with pytest.raises(KmsExists):
        FileKms.create(path)
    occupied = tmp_path / "occupied"
    occupied.mkdir(mode=0o700)
    (occupied / "notes.txt").touch()
    with pytest.raises(KmsExists):
        FileKms.create(occupied)
    assert (occupied / "notes.txt").exists()
    assert kms.unwrap(HOSPITAL, kms.wrap(HOSPITAL, KEY, b""), b"") == KEY


def test_an_empty_private_folder_is_taken(tmp_path: Path) -> None:
    prepared = tmp_path / "prepared"
    prepared.mkdir(mode=0o700)
    FileKms.create(prepared)
    assert reopened(prepared).status().keks == 0


def test_an_absent_one_is_missing(tmp_path: Path) -> None:
    with pytest.raises(KmsMissing):
        reopened(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir(mode=0o700)
    with pytest.raises(KmsMissing):
        reopened(tmp_path / "empty")


def test_every_file_is_private(kms: FileKms, path: Path) -> None:
    kms.rotate(HOSPITAL)
    modes = {part: part.stat().st_mode & 0o777 for part in [path, *path.rglob("*")]}
    assert len(modes) == 4
    assert all(mode == (0o700 if part.is_dir() else 0o600) for part, mode in modes.items())


@pytest.mark.parametrize("part", ["", "root.key", "keks"])
@pytest.mark.parametrize("extra", [0o040, 0o004, 0o020, 0o001])
def test_wide_permissions_are_refused_with_the_command_that_heals(
    kms: FileKms, path: Path, part: str, extra: int
) -> None:
    wide = path / part
    right = wide.stat().st_mode & 0o777
    wide.chmod(right | extra)
    with pytest.raises(PermissionsTooWide, match=f"chmod {right:o} "):
        reopened(path)
    wide.chmod(right)
    assert reopened(path).status().keks == 1


def test_a_wide_folder_is_not_filled(tmp_path: Path) -> None:
    wide = tmp_path / "wide"
    wide.mkdir()
    wide.chmod(0o755)
    with pytest.raises(PermissionsTooWide):
        FileKms.create(wide)
    assert not list(wide.iterdir())


def test_a_link_is_refused(kms: FileKms, path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(PermissionsTooWide):
        reopened(tmp_path / "link")


def test_the_folder_holds_no_key_in_the_clear_but_the_root(path: Path) -> None:
    drawn: list[bytes] = []

    def randomness(count: int) -> bytes:
        drawn.append(os.urandom(count))
        return drawn[-1]

    kms = FileKms.create(path, randomness=randomness)
    kms.create_kek(HOSPITAL)
    kms.rotate(HOSPITAL)
    keys = [value for value in drawn if len(value) == 32]
    assert len(keys) == 3
    stored = (path / "keks" / f"{HOSPITAL}.kek").read_bytes()
    for key in keys:
        assert key not in stored
        assert key.hex().encode() not in stored
        assert key.hex() not in repr(vars(kms))


def test_changed_files_are_noticed(kms: FileKms, path: Path) -> None:
    file = path / "keks" / f"{HOSPITAL}.kek"
    sound = file.read_bytes()
    draw = random.Random(5)
    for _ in range(300):
        at = draw.randrange(len(sound))
        cut = sound[:at] + bytes([sound[at] ^ 1 << draw.randrange(8)]) + sound[at + 1 :]
        file.write_bytes(draw.choice([cut, sound[:at]]))
        with pytest.raises(KmsDamaged):
            reopened(path).wrap(HOSPITAL, KEY, b"")
    file.write_bytes(sound)
    file.rename(path / "keks" / "hospital-2.kek")
    with pytest.raises(KmsDamaged):
        reopened(path).wrap("hospital-2", KEY, b"")


def test_another_root_key_opens_no_kek(kms: FileKms, path: Path) -> None:
    (path / "root.key").write_bytes(bytes(32))
    with pytest.raises(KmsDamaged):
        reopened(path).wrap(HOSPITAL, KEY, b"")
    (path / "root.key").write_bytes(bytes(31))
    with pytest.raises(KmsDamaged):
        reopened(path)


def test_what_another_process_does_is_seen_at_once(kms: FileKms, path: Path) -> None:
    """Several brokers share one KMS: a rotation or destruction counts for all of them."""
    other = reopened(path)
    wrapped = other.wrap(HOSPITAL, KEY, b"")
    kms.rotate(HOSPITAL)
    assert other.unwrap(HOSPITAL, kms.wrap(HOSPITAL, KEY, b""), b"") == KEY
    kms.destroy_kek(HOSPITAL)
    with pytest.raises(KekDestroyed):
        other.unwrap(HOSPITAL, wrapped, b"")


def test_rotations_of_several_processes_all_count(kms: FileKms, path: Path) -> None:
    def rotate_often() -> None:
        mine = reopened(path)
        for _ in range(15):
            mine.rotate(HOSPITAL)

    for child in [in_child(rotate_often) for _ in range(3)]:
        assert os.waitpid(child, 0)[1] == 0
    # The newest version's number is in the wrapped key: 1 and 3 x 15.
    assert int.from_bytes(kms.wrap(HOSPITAL, KEY, b"")[1:5], "big") == 46


def test_a_kill_at_every_step_of_a_rotation_leaves_it_openable(
    kms: FileKms, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL before and after each of the calls that change the disk."""
    wrapped = kms.wrap(HOSPITAL, KEY, b"")
    killed = 0
    for step in range(1, 20):
        child = in_child(lambda step=step: _rotate_and_die(path, step))  # type: ignore[misc]
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            break
        killed += 1
        again = reopened(path)
        assert again.unwrap(HOSPITAL, wrapped, b"") == KEY
        assert again.unwrap(HOSPITAL, again.wrap(HOSPITAL, KEY, b""), b"") == KEY
    assert killed >= 6


def test_a_kill_at_every_step_of_creation_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    killed = 0
    for step in range(1, 20):
        path = tmp_path / str(step)
        child = in_child(lambda step=step, path=path: _create_and_die(path, step))  # type: ignore[misc]
        if os.WIFEXITED(os.waitpid(child, 0)[1]):
            break
        killed += 1
        try:
            kms = reopened(path)
        except KmsMissing:
            kms = FileKms.create(path)
        kms.create_kek(HOSPITAL)
    assert killed >= 6


def test_kills_at_random_moments_lose_no_acknowledged_rotation(kms: FileKms, path: Path) -> None:
    draw = random.Random(3)
    wraps: list[bytes] = []
    for _ in range(25):
        told, tell = os.pipe()

        def rotate_for_ever(tell: int = tell) -> None:
            mine = reopened(path)
            while True:
                mine.rotate(HOSPITAL)
                os.write(tell, mine.wrap(HOSPITAL, KEY, b""))

        child = in_child(rotate_for_ever)
        size = 1 + 4 + 12 + 32 + 16
        acknowledged = os.read(told, size)  # it has begun, however busy the machine is
        time.sleep(draw.uniform(0.0, 0.025))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(tell)
        with os.fdopen(told, "rb") as pipe:
            acknowledged += pipe.read()
        wraps += [
            acknowledged[at : at + size] for at in range(0, len(acknowledged) - size + 1, size)
        ]
    again = reopened(path)
    assert len(wraps) >= 25
    assert all(again.unwrap(HOSPITAL, wrapped, b"") == KEY for wrapped in wraps)


def test_content_is_synced_before_its_name_and_the_name_before_the_answer(
    kms: FileKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test can cut the power; the order of the calls is what survives it."""
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def seen_fsync(held: int) -> None:
        done.append("folder synced" if os.path.isdir(f"/proc/self/fd/{held}") else "file synced")  # noqa: PTH112
        fsync(held)

    def seen_rename(path: Path, target: Path) -> Path:
        done.append("renamed")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(Path, "rename", seen_rename)
    kms.rotate(HOSPITAL)
    assert done == ["file synced", "renamed", "folder synced"]


def test_a_full_disk_is_said_and_changes_nothing(
    kms: FileKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapped = kms.wrap(HOSPITAL, KEY, b"")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(KmsUnavailable, match="No space left"):
            kms.rotate(HOSPITAL)
    assert kms.unwrap(HOSPITAL, wrapped, b"") == KEY
    kms.rotate(HOSPITAL)


def test_every_error_is_one_of_the_tree(kms: FileKms, tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o600)
    with pytest.raises(KmsError):
        FileKms.create(tmp_path / "file")
    with pytest.raises(KmsError):
        reopened(tmp_path / "file")
    with pytest.raises(WrapBroken):
        kms.unwrap(HOSPITAL, b"\x01", b"")


def _rotate_and_die(path: Path, step: int) -> None:
    mine = reopened(path)
    _die_at(step)
    mine.rotate(HOSPITAL)


def _create_and_die(path: Path, step: int) -> None:
    _die_at(step)
    FileKms.create(path)


def _die_at(step: int) -> None:
    """Kill this process at the n-th of the moments before and after each call that changes the
    disk. Only for a child process: nothing is put back."""
    left = iter(range(step - 1, -1, -1))

    def moment() -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(call: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **kwargs: object) -> object:
            moment()
            result = call(*args, **kwargs)
            moment()
            return result

        return run

    for name in ("fsync", "open", "mkdir"):
        setattr(os, name, watched(getattr(os, name)))
    Path.rename = watched(Path.rename)  # type: ignore[method-assign, assignment]
