"""A disk that is nearly full is noticed before it is full."""

from pathlib import Path

import pytest

from segel.broker.errors import DiskFull
from segel.broker.room import LOOK_S, MIB, Room, free_bytes


class Disks:
    """Free space that a test sets; ``None``: cannot be looked at."""

    def __init__(self, **free_mib: int | None) -> None:
        self.free_mib = free_mib
        self.now_s = 0.0
        self.looks = 0

    def free(self, folder: Path) -> int | None:
        self.looks += 1
        mib = self.free_mib[folder.name]
        return None if mib is None else mib * MIB

    def room(self, reserve_mib: int) -> Room:
        folders = tuple(Path(name) for name in self.free_mib)
        return Room(folders, reserve_mib, free=self.free, ticks=lambda: self.now_s)


def test_the_fullest_disk_decides() -> None:
    assert Disks(pg=64, objects=900).room(64).trouble() is None
    with pytest.raises(DiskFull, match="63 MiB are left, and 64 are kept") as caught:
        Disks(objects=900, pg=63).room(64).require()
    assert "goes on by itself" in caught.value.remedy


def test_it_looks_again_after_a_moment_and_not_before() -> None:
    disks = Disks(pg=10)
    room = disks.room(64)
    assert room.trouble() is not None
    disks.free_mib["pg"] = 100
    disks.now_s = LOOK_S * 0.9
    assert room.trouble() is not None
    disks.now_s = LOOK_S
    assert room.trouble() is None
    room.require()
    assert disks.looks == 2


def test_no_reserve_and_what_cannot_be_looked_at_stand_in_nobodys_way(tmp_path: Path) -> None:
    disks = Disks(pg=0)
    disks.room(0).require()
    assert disks.looks == 0
    Disks(pg=None, objects=70).room(64).require()
    Disks(pg=None).room(64).require()
    assert free_bytes(tmp_path / "absent") is None
    free = free_bytes(tmp_path)
    assert free is not None
    assert free > 0
