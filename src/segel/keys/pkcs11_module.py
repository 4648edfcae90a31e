"""A PKCS#11 module as a process has it: loaded once, used by many threads, and started anew.

python-pkcs11 lets threads into the module side by side, but tells the module that there is only
one (``C_Initialize`` without arguments), and SoftHSM then locks nothing: four threads crash it. So
the module is initialised a second time, by us, with ``CKF_OS_LOCKING_OK`` (PKCS#11 v2.40 § 5.4).

Modules look for tokens when they are initialised. One that came later is seen after a new start,
which ends every session: nobody else is inside then, and whoever comes back logs in anew.

SoftHSM 2.6.1 may also miss an object for an instant while another thread adds one. Objects are
changed by one thread alone for that reason.
"""

import contextlib
import ctypes
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pkcs11

from segel.keys.errors import KmsMissing, KmsUnavailable

OS_LOCKING_OK: Final = 0x02
_OK: Final = 0


class _InitializeArguments(ctypes.Structure):
    """``CK_C_INITIALIZE_ARGS``: four locking functions, which we leave to the system, and flags."""

    _fields_ = (
        ("create_mutex", ctypes.c_void_p),
        ("destroy_mutex", ctypes.c_void_p),
        ("lock_mutex", ctypes.c_void_p),
        ("unlock_mutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


class Module:
    """One module of this process; ``loaded`` gives it out."""

    def __init__(self, path: Path) -> None:
        """Not for callers: ``loaded``."""
        try:
            self._lib = pkcs11.lib(str(path))
            self._calls = ctypes.CDLL(str(path))
        except (pkcs11.PKCS11Error, OSError):
            raise KmsMissing(
                f"The PKCS#11 module {path} cannot be loaded.",
                remedy="Install the HSM's module, or correct the path in the settings.",
            ) from None
        self._pid = 0
        self._door = threading.Condition()
        self._inside = 0
        self._wanting = 0
        self._is_taken = False
        self.starts = 0
        """How often it was initialised: a session of an earlier start is gone."""

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """In company: while this lasts, nobody is alone with the module."""
        with self._door:
            while self._wanting or self._is_taken:
                self._door.wait()
            self._begin()
            self._inside += 1
        try:
            yield
        finally:
            with self._door:
                self._inside -= 1
                self._door.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """With nobody else inside: to change objects, or to look at them with certainty."""
        with self._door:
            self._wanting += 1
            while self._inside or self._is_taken:
                self._door.wait()
            self._wanting -= 1
            self._begin()
            self._is_taken = True
        try:
            yield
        finally:
            with self._door:
                self._is_taken = False
                self._door.notify_all()

    def restart(self) -> None:
        """Initialise again, so that it looks for its tokens and every session ends. Only alone."""
        assert self._is_taken
        self._start()

    def token(self, label: str) -> pkcs11.Token | None:
        """The token of this label, if the module shows one."""
        try:
            return next(iter(self._lib.get_tokens(token_label=label)), None)
        except pkcs11.PKCS11Error:
            return None

    def forked(self) -> None:
        """In a child: nobody is inside, whatever the parent's threads were doing."""
        self._door = threading.Condition()
        self._inside, self._wanting, self._is_taken = 0, 0, False

    def _begin(self) -> None:
        if self._pid != os.getpid():
            # At first, and after a fork: a child may not use what its parent initialised (§ 5.4).
            self._start()

    def _start(self) -> None:
        self._calls.C_Finalize(None)
        arguments = _InitializeArguments(flags=OS_LOCKING_OK)
        if self._calls.C_Initialize(ctypes.byref(arguments)) != _OK:
            raise KmsUnavailable("The PKCS#11 module does not start.")
        self._pid = os.getpid()
        self.starts += 1


_modules: dict[Path, Module] = {}
_loading = threading.Lock()


def loaded(path: Path) -> Module:
    """The module at ``path``. Raises KmsMissing."""
    with _loading:
        if path not in _modules:
            _modules[path] = Module(path)
        return _modules[path]


def _after_fork() -> None:
    """Locks that another thread of the parent held would stay locked in the child."""
    global _loading
    _loading = threading.Lock()
    for module in _modules.values():
        module.forked()


os.register_at_fork(after_in_child=_after_fork)
