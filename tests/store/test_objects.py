"""The contract of an object store, held by every adapter."""

import asyncio
import errno
import mmap
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from obstore.store import LocalStore, MemoryStore

from segel.store.local import LocalDirectory
from segel.store.objects import ObjectMissing, ObjectStore, StoreError, StoreFull
from segel.store.remote import RemoteObjects

ADAPTERS: dict[str, Callable[[Path], ObjectStore]] = {
    "local": LocalDirectory,
    "obstore memory": lambda _: RemoteObjects(MemoryStore()),
    "obstore local": lambda root: RemoteObjects(LocalStore(str(root))),
}


@pytest.fixture(params=list(ADAPTERS))
def store(request: Any, tmp_path: Path) -> ObjectStore:
    return ADAPTERS[request.param](tmp_path)


def test_what_is_put_is_got_whole_and_in_part(store: ObjectStore) -> None:
    async def run() -> None:
        await store.put("packs/ab/x", [b"hello ", bytearray(b"sealed "), memoryview(b"world")])
        assert await store.get("packs/ab/x") == b"hello sealed world"
        assert await store.get_range("packs/ab/x", 6, 6) == b"sealed"
        assert await store.get_range("packs/ab/x", 13, 100) == b"world"

    asyncio.run(run())


def test_a_second_put_replaces_the_whole(store: ObjectStore) -> None:
    async def run() -> None:
        await store.put("checkpoint", [b"longer than the next"])
        await store.put("checkpoint", [b"short"])
        assert await store.get("checkpoint") == b"short"

    asyncio.run(run())


def test_what_is_not_there_is_missing_and_deleting_it_is_no_error(store: ObjectStore) -> None:
    async def run() -> None:
        for read in (store.get("nothing"), store.get_range("nothing", 0, 1)):
            with pytest.raises(ObjectMissing):
                await read
        await store.delete("nothing")
        await store.put("a", [b"x"])
        await store.delete("a")
        with pytest.raises(ObjectMissing):
            await store.get("a")

    asyncio.run(run())


def test_keys_are_listed_below_a_prefix(store: ObjectStore) -> None:
    async def run() -> None:
        for key in ("packs/ab/2", "packs/ab/1", "packs/cd/3", "audit/checkpoint"):
            await store.put(key, [b"x"])
        assert await store.keys("packs") == ["packs/ab/1", "packs/ab/2", "packs/cd/3"]
        assert await store.keys("nowhere") == []

    asyncio.run(run())


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/.hidden", "a\0b"])
def test_a_key_cannot_lead_out_of_the_store(store: ObjectStore, key: str) -> None:
    with pytest.raises(StoreError):
        asyncio.run(store.put(key, [b"x"]))


@pytest.mark.parametrize("size", [1, 4095, 4096, 8192, 1_000_000, 4096 * 300])
def test_aligned_and_other_content_is_written_alike(tmp_path: Path, size: int) -> None:
    memory = mmap.mmap(-1, size)
    memory[:] = os.urandom(size)
    asyncio.run(LocalDirectory(tmp_path).put("x", [memoryview(memory)]))
    assert (tmp_path / "x").read_bytes() == memory[:]
    unaligned = memoryview(bytearray(memory[:] + b"1"))[1:]
    asyncio.run(LocalDirectory(tmp_path).put("y", [unaligned]))
    assert (tmp_path / "y").read_bytes() == bytes(unaligned)


@pytest.mark.parametrize("failing", ["write", "writev", "fsync", "rename"])
def test_a_full_disk_leaves_the_key_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    store = LocalDirectory(tmp_path)
    asyncio.run(store.put("x", [b"before"]))

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "no space")

    if failing == "rename":
        monkeypatch.setattr(Path, "rename", full)
    else:
        monkeypatch.setattr(os, failing, full)
    content = memoryview(mmap.mmap(-1, 4096)) if failing == "write" else b"after"
    with pytest.raises(StoreFull):
        asyncio.run(store.put("x", [content]))
    monkeypatch.undo()
    assert asyncio.run(store.get("x")) == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_the_content_is_synced_before_it_is_named_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(descriptor: int) -> None:
        kind = "folder" if Path(f"/proc/self/fd/{descriptor}").readlink().is_dir() else "file"
        steps.append(f"sync {kind}")
        fsync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    asyncio.run(LocalDirectory(tmp_path).put("x", [b"content"]))
    assert steps == ["sync file", "rename", "sync folder"]


def test_a_sweep_takes_old_leftovers_and_nothing_else(tmp_path: Path) -> None:
    store = LocalDirectory(tmp_path)
    asyncio.run(store.put("packs/00/whole", [b"x"]))
    leftover = tmp_path / "packs" / "00" / ".staged-0123456789abcdef"
    leftover.write_bytes(b"half")
    elsewhere = tmp_path / "audit" / ".staged-0123456789abcdef"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(b"half")
    assert store.sweep("packs", older_than_s=3600) == 0
    assert leftover.exists()
    assert store.sweep("packs", older_than_s=-1) == 1
    assert not leftover.exists()
    assert elsewhere.exists()
    assert asyncio.run(store.get("packs/00/whole")) == b"x"
