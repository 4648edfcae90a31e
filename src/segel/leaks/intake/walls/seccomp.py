"""A filter of system calls (seccomp-BPF, linux/seccomp.h), assembled here: the reader needs no
library of the system's for its most important wall.

The filter is a list of what may be called. Nobody can take it off again, and every thread has it.
"""

import ctypes
import errno
import platform
import struct
from typing import Final

from segel.leaks.intake.walls.syscalls import ALLOWED, CLONE, CLONE3, OPEN, OPENAT

_LD_W_ABS: Final = 0x20
_JEQ: Final = 0x15
_JSET: Final = 0x45
_RET: Final = 0x06

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERRNO: Final = 0x00050000

_ARCH_AT: Final = 4
_ARG_AT: Final = 16
"""Offsets in struct seccomp_data; of an argument of 64 bits the lower half (little-endian)."""

_ARCHITECTURES: Final = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""AUDIT_ARCH_*, and which of the numbers is its own."""

_CLONE_THREAD: Final = 0x00010000
_O_WRITES: Final = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20000000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, and the bit of O_TMPFILE that is its own."""

_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2


def confine(libc: ctypes.CDLL) -> None:
    """Put this process under the filter for good. Raises OSError where the kernel has none."""
    if platform.machine() not in _ARCHITECTURES:
        raise OSError(errno.ENOSYS, "no filter is known for this architecture")
    program = assembled(*_ARCHITECTURES[platform.machine()])
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(head), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")


def assembled(architecture: int, which: int) -> bytes:
    """The program: instructions of 8 bytes (struct sock_filter)."""
    made = [
        _step(_LD_W_ABS, _ARCH_AT),
        _step(_JEQ, architecture, 1, 0),
        _step(_RET, _KILL),
        _step(_LD_W_ABS, 0),
    ]
    for numbers in ALLOWED.values():
        if numbers[which] >= 0:
            made += _when(numbers[which], [_step(_RET, _ALLOW)])
    made += _when(CLONE3[which], [_step(_RET, _ERRNO | errno.ENOSYS)])  # and libc takes clone
    made += _when(CLONE[which], _if_bits(0, _CLONE_THREAD, _ALLOW, _ERRNO | errno.EPERM))
    made += _when(OPENAT[which], _if_bits(2, _O_WRITES, _ERRNO | errno.EACCES, _ALLOW))
    if OPEN[which] >= 0:
        made += _when(OPEN[which], _if_bits(1, _O_WRITES, _ERRNO | errno.EACCES, _ALLOW))
    made.append(_step(_RET, _ERRNO | errno.EPERM))
    return b"".join(made)


def _when(number: int, then: list[bytes]) -> list[bytes]:
    return [_step(_JEQ, number, 0, len(then)), *then]


def _if_bits(argument: int, bits: int, yes: int, no: int) -> list[bytes]:
    return [
        _step(_LD_W_ABS, _ARG_AT + 8 * argument),
        _step(_JSET, bits, 0, 1),
        _step(_RET, yes),
        _step(_RET, no),
    ]


def _step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
