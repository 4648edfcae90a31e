"""Puts up the walls around a reader, each for itself: where a kernel has not one of them, the
others stand all the same, and what is missing is said.

The order matters. Namespaces want a single thread, and the rights that are given up after them;
a new user clears the parent-death signal; the filter of system calls forbids all that went before.
"""

import ctypes
import os
import resource
import signal
import site
import socket
import struct
import sys
import sysconfig
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final

from segel.leaks.intake.model import Limits, Raised
from segel.leaks.intake.walls import landlock, seccomp

READER: Final = 58416
"""The user and group of readers when root starts them, beside those of ``app.hardening``: a number
that nobody else has, so that they can read no file of ours."""

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_ALONE: Final = 0x40000000 | 0x08000000 | 0x04000000
"""Network, System V IPC, host's name."""
_CAPABILITY_V3: Final = 0x20080522
_CAPABILITIES: Final = 64
_PROCESSES_MAX: Final = 256
"""Threads of all readers of this user: a handful each."""
_FILES_MAX: Final = 96


class Wall(StrEnum):
    """What stands between a reader and everything else."""

    NO_PRIVILEGES = "no-new-privileges"
    OTHER_USER = "own-user"
    NETWORK_NAMESPACE = "network-namespace"
    LIMITS = "resource-limits"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"


def raise_walls(limits: Limits, parent: int) -> Raised:
    """Take from this process, for good, what a reader need not have; then try what is left.

    ``parent``: the process that started this one; with its death this one ends.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    steps: list[tuple[Wall, Callable[[], None]]] = [
        (Wall.NO_PRIVILEGES, lambda: _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)),
        (Wall.NETWORK_NAMESPACE, lambda: _leave_network(libc)),
        (Wall.OTHER_USER, _become_reader),
        (Wall.LIMITS, lambda: _limit(libc, limits, parent)),
        (Wall.LANDLOCK, lambda: _close_files(libc)),
        (Wall.SECCOMP, lambda: seccomp.confine(libc)),
    ]
    stand, missing = [], []
    for wall, put_up in steps:
        try:
            put_up()
        except OSError:
            missing.append(wall)
        else:
            stand.append(wall)
    return _tried(stand, missing)


def _leave_network(libc: ctypes.CDLL) -> None:
    """A network of its own, with nothing in it: as root, else in a user namespace of its own."""
    if os.geteuid() == 0 and libc.unshare(_CLONE_ALONE) == 0:
        return
    if libc.unshare(_CLONE_NEWUSER | _CLONE_ALONE) != 0:
        raise OSError(ctypes.get_errno(), "unshare failed")


def _become_reader() -> None:
    """Where root started us. Whoever is nobody already stays who they are."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(READER, READER, READER)
        os.setresuid(READER, READER, READER)
        return
    if os.getuid() != READER:
        raise OSError(1, "the user of who started us")


def _limit(libc: ctypes.CDLL, limits: Limits, parent: int) -> None:
    _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    _prctl(libc, _PR_SET_DUMPABLE, 0)
    for capability in range(_CAPABILITIES):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("=Ii", _CAPABILITY_V3, 0)
    libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))
    for which, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_NOFILE, _FILES_MAX),
        (resource.RLIMIT_NPROC, _PROCESSES_MAX),
        (resource.RLIMIT_CPU, int(limits.seconds) + 1),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_DATA, limits.memory_bytes),
    ):
        _, hard = resource.getrlimit(which)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (bound, bound))


def _close_files(libc: ctypes.CDLL) -> None:
    """Only Python, its packages and the system's libraries may be read: a decoder is loaded when a
    file needs it."""
    own = Path(__file__).resolve().parents[3]  # segel itself, which may be installed elsewhere
    places = {Path(one).resolve() for one in sysconfig.get_paths().values()}
    places |= {Path(one).resolve() for one in site.getsitepackages()}
    places |= {Path(sys.base_prefix, "lib").resolve(), own}
    places |= set(map(Path, "/lib /lib64 /usr/lib /usr/lib64 /etc/ld.so.cache".split()))
    scripts = Path(sysconfig.get_path("scripts")).resolve()
    places -= {scripts, Path(sysconfig.get_path("data")).resolve()}
    landlock.confine(libc, places)


def _tried(stand: list[Wall], missing: list[Wall]) -> Raised:
    """What was put up and does not hold counts as missing. A socket, a file and a process are
    asked for; that one of several walls says no is enough for none of them to be blamed."""
    if _works(lambda: socket.socket(socket.AF_INET).close()):
        _move(Wall.SECCOMP, stand, missing)
    if _works(lambda: os.close(os.open("/etc/passwd", os.O_RDONLY))):
        _move(Wall.LANDLOCK, stand, missing)
    return Raised(tuple(stand), tuple(missing))


def _works(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _move(wall: Wall, stand: list[Wall], missing: list[Wall]) -> None:
    if wall in stand:
        stand.remove(wall)
        missing.append(wall)


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")
