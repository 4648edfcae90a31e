"""A PKCS#11 module as a process has it: loaded once, used by many threads, and started anew.

python-pkcs11 lets threads into the module side by side, but tells the module that there is only
one (``C_Initialize`` without arguments), and SoftHSM then locks nothing: four threads crash it. So
the module is initialised a second time, by us, with ``CKF_OS_LOCKING_OK`` (PKCS#11 v2.40 § 5.4).

Modules look for tokens when they are initialised. One that came later is seen after a new start,
which ends every session: whoever was inside has left by then, and whoever comes back logs in anew.
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
        self._inside = 0
        self._door = threading.Condition()
        self.starts = 0
        """How often it was initialised: a session of an earlier start is gone."""

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """While this lasts the module is not started anew."""
        with self._door:
            if self._pid != os.getpid():
                # After a fork: a child may not use what its parent initialised (§ 5.4).
                self._inside = 0
                self._start()
            self._inside += 1
        try:
            yield
        finally:
            with self._door:
                self._inside -= 1
                self._door.notify_all()

    def restart(self, seen: int) -> None:
        """Initialise again, so that it looks for its tokens; unless somebody did since ``seen``."""
        with self._door:
            while self._inside:
                self._door.wait()
            if self.starts == seen:
                self._start()

    def token(self, label: str) -> pkcs11.Token | None:
        """The token of this label, if the module shows one."""
        try:
            return next(iter(self._lib.get_tokens(token_label=label)), None)
        except pkcs11.PKCS11Error:
            return None

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
        module._door = threading.Condition()


os.register_at_fork(after_in_child=_after_fork)
