"""Landlock (linux/landlock.h): no file but the programs' own may be opened, and no port.

Each version of the kernel's interface handles more; what it does not know is left out.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
"""The same numbers on every architecture."""
_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1

_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_FS_BITS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many kinds of access to files each version handles."""
_NET: Final = 0b11
"""Binding and connecting TCP; from version 4."""
_SCOPED: Final = 0b11
"""Abstract Unix sockets and signals of others; from version 6."""


def confine(libc: ctypes.CDLL, readable: Iterable[Path]) -> int:
    """Deny every file but those beneath ``readable``, which may be read. The version that stands.

    Raises OSError where the kernel has none, or has it switched off.
    """
    version = _call(libc, _CREATE_RULESET, None, 0, _VERSION)
    files = (1 << _FS_BITS[min(version, max(_FS_BITS))]) - 1
    handled = struct.pack(
        "=QQQ", files, _NET if version >= 4 else 0, _SCOPED if version >= 6 else 0
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(libc, _CREATE_RULESET, ctypes.c_char_p(handled), size, 0)
    try:
        for path in readable:
            _let_read(libc, ruleset, path)
        _call(libc, _RESTRICT_SELF, ruleset, 0, 0)
    finally:
        os.close(ruleset)
    return version


def _let_read(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be read
    try:
        access = _READ_FILE | (_READ_DIR if path.is_dir() else 0)
        rule = struct.pack("=Qi", access, opened)
        _call(libc, _ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(opened)


def _call(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    # Integers of syscall(2) are longs: passed as C ints, the upper half is left to chance.
    longs = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    answer = libc.syscall(ctypes.c_long(number), *longs)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "landlock failed")
    return int(answer)
