"""The home: taken by one, refused where it is somebody else's, and opening nothing by itself."""

import os
import stat
from pathlib import Path

import pytest

from segel.app import hardening
from segel.app import home as h
from segel.store import postgres


@pytest.fixture
def place(tmp_path: Path) -> h.Home:
    return h.at(tmp_path / "segel")


def test_a_new_home_is_made_with_its_keys_beside_it(place: h.Home) -> None:
    with h.take(place):
        assert h.running(place)
        for path in (place.objects, place.run, place.logs, place.objects / "audit"):
            assert path.is_dir()
        for path in (place.keys, place.kms, place.passwords, place.demo):
            assert place.root not in path.parents
        assert not place.root.stat().st_mode & (stat.S_IWOTH | stat.S_IROTH)
        assert not place.keys.stat().st_mode & stat.S_IRWXO
        assert not place.kms.stat().st_mode & (stat.S_IRWXO | stat.S_IRWXG)
    assert not h.running(place)


def test_one_segel_a_home(place: h.Home) -> None:
    with h.take(place), pytest.raises(h.HomeRefused, match="is running"):
        h.take(place)
    with h.take(place):
        pass


def test_a_folder_with_other_things_is_refused(place: h.Home) -> None:
    place.root.mkdir()
    (place.root / "thesis.txt").write_text("x")
    with pytest.raises(h.HomeRefused, match="not empty"):
        h.take(place)
    assert [path.name for path in place.root.iterdir()] == ["thesis.txt"]


def test_a_home_that_others_may_write_is_refused(place: h.Home) -> None:
    place.root.mkdir()
    place.root.chmod(0o777)
    with pytest.raises(h.HomeRefused, match="chmod go-w"):
        h.take(place)


def test_a_home_without_its_keys_is_refused(place: h.Home) -> None:
    with h.take(place):
        (place.root / "pg").mkdir()
    place.kms.rmdir()
    place.wrapped_keys.rmdir()
    place.keys.rmdir()
    with pytest.raises(h.HomeRefused, match=r"keys beside the home are missing"):
        h.take(place)


def test_keys_without_their_home_are_not_taken_for_another(place: h.Home) -> None:
    place.keys.mkdir(mode=0o700)
    with pytest.raises(h.HomeRefused, match="keys of a home that is not there"):
        h.take(place)


@pytest.mark.parametrize("kind", ["file", "link", "orphan"])
def test_what_is_no_folder_is_refused(place: h.Home, kind: str, tmp_path: Path) -> None:
    if kind == "file":
        place.root.write_text("")
    elif kind == "link":
        place.root.symlink_to(tmp_path)
    else:
        place = h.at(tmp_path / "not" / "there")
    with pytest.raises(h.HomeRefused) as raised:
        h.take(place)
    assert raised.value.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_the_home_of_another_user_is_refused(place: h.Home) -> None:
    place.root.mkdir()
    os.chown(place.root, 12345, 12345)
    with pytest.raises(h.HomeRefused, match="another user"):
        h.take(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives each process a user")
def test_the_doors_cannot_reach_the_brokers_keys(place: h.Home) -> None:
    with h.take(place):
        assert place.kms.stat().st_uid == hardening.BROKER.uid
        assert place.kms.stat().st_uid != hardening.DOORS.uid
        assert place.objects.stat().st_uid == hardening.DOORS.uid


@pytest.mark.parametrize("length", [10, 60, 90, 150, 240])
def test_socket_paths_fit_whatever_the_homes_length(length: int) -> None:
    home = h.Home(Path("/" + "x" * (length - 1)))
    for path in (
        home.broker_socket,
        home.operator_socket,
        home.database_socket / f"{postgres.SOCKET_NAME}.lock",
    ):
        assert len(os.fsencode(path)) <= postgres.SOCKET_PATH_BYTES_MAX
