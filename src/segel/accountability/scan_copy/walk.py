"""What a folder holds: regular files once each, and what names, links and attributes say.

Symbolic links are read, never followed: what they point to is not in the copy.
"""

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

NOT_FILES: Final = {
    stat.S_IFSOCK: "a socket holds nothing",
    stat.S_IFIFO: "a pipe holds nothing",
    stat.S_IFCHR: "a device is no part of a copy",
    stat.S_IFBLK: "a device is no part of a copy",
}


@dataclass(frozen=True, slots=True)
class Label:
    """Bytes that stand in a folder, not in a file: a name, a link's target, an attribute."""

    path: str
    place: str
    data: bytes


@dataclass(slots=True)
class Inventory:
    """Paths are relative to the home."""

    files: list[tuple[str, int]] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    skipped: Counter[tuple[str, str, bool]] = field(default_factory=Counter)


def take_inventory(home: Path) -> Inventory:
    """Everything under ``home``. What can't be listed is noted as skipped."""
    inventory = Inventory()
    seen: set[tuple[int, int]] = set()
    folders = [home]
    _attributes(home, ".", inventory)
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            path = os.path.relpath(folder, home)
            inventory.skipped[path, f"it cannot be listed: {error.strerror}", True] += 1
            continue
        for entry in listed:
            _enter(home, entry, inventory, folders, seen)
    return inventory


def _enter(
    home: Path,
    entry: "os.DirEntry[str]",
    inventory: Inventory,
    folders: list[Path],
    seen: set[tuple[int, int]],
) -> None:
    path = os.path.relpath(entry.path, home)
    inventory.labels.append(Label(path, "name", os.fsencode(path)))
    try:
        status = entry.stat(follow_symlinks=False)
        _attributes(Path(entry.path), path, inventory)
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFLNK:
            target = Path(entry.path).readlink()
            inventory.labels.append(Label(path, "link target", os.fsencode(target)))
            inventory.skipped[path, "a symbolic link is not followed", False] += 1
        elif kind == stat.S_IFDIR:
            folders.append(Path(entry.path))
        elif kind == stat.S_IFREG:
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                inventory.files.append((path, status.st_size))
        else:
            inventory.skipped[path, NOT_FILES.get(kind, "it is no file"), False] += 1
    except OSError as error:
        inventory.skipped[path, f"it cannot be looked at: {error.strerror}", True] += 1


def _attributes(file: Path, path: str, inventory: Inventory) -> None:
    """Extended attributes; a file system without them has none to read."""
    if not hasattr(os, "listxattr"):
        return
    try:
        names = os.listxattr(file, follow_symlinks=False)
    except OSError:
        return
    for name in names:
        try:
            value = os.getxattr(file, name, follow_symlinks=False)
        except OSError as error:
            why = f"an extended attribute cannot be read: {error.strerror}"
            inventory.skipped[path, why, True] += 1
            continue
        data = os.fsencode(name) + b"\0" + value
        inventory.labels.append(Label(path, "extended attribute", data))
