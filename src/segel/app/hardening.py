"""What every process does first: leave no core dump, die with the supervisor, give up root.

Linux only, through prctl(2). Order matters: changing the user clears both the parent-death signal
and the dumpable flag, so they are set again afterwards.
"""

import ctypes
import os
import resource
import signal
from typing import Final

from segel.store.postgres import Identity

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_NO_NEW_PRIVS: Final = 38

SHARED_GROUP: Final = 58410
BROKER: Final = Identity(58411, SHARED_GROUP)
DOORS: Final = Identity(58412, SHARED_GROUP)
PLANTER: Final = Identity(58413, SHARED_GROUP)
COURIER: Final = Identity(58414, SHARED_GROUP)
"""Users of the processes when root starts Segel. Fixed numbers without a passwd entry, outside
the ranges that distributions, systemd and containers give out: nobody else runs as them, so that
the doors cannot read the broker's keys."""

_libc = ctypes.CDLL(None, use_errno=True)


def leave_no_core() -> None:
    """No core file, and no other process of this user may read our memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(PR_SET_DUMPABLE, 0)


def die_with_parent(parent: int, sent: signal.Signals = signal.SIGKILL) -> None:
    """Get ``sent`` when ``parent`` dies; at once where it already has."""
    _prctl(PR_SET_PDEATHSIG, sent)
    if os.getppid() != parent:
        os.kill(os.getpid(), sent)


def become(identity: Identity | None) -> None:
    """Give up root for good. Where we are not root, or None is asked for, nothing changes."""
    if identity is None or os.geteuid() != 0:
        return
    os.setgroups([])
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    assert os.getresuid() == (identity.uid,) * 3


def gain_nothing() -> None:
    """No program started from here may have more rights than we (set-user-ID is ignored)."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")
