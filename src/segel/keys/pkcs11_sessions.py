"""Sessions with a token: logged in once for the process, one session a thread, opened anew when
lost.

A wrong PIN is tried once. Tokens count wrong ones and lock for good: it is not tried again until
the file says another.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import pkcs11
from pkcs11 import Mechanism, Session
from pkcs11.mechanisms import GCMParams

from segel.keys.errors import KmsDenied, KmsUnavailable
from segel.keys.pkcs11_module import Module

IDLE_MAX: Final = 8
"""Sessions kept open; more threads open one for the time of their call."""

T = TypeVar("T")


class KekObject(Protocol):
    """One version of a KEK in the token. What the module does not like it says by PKCS11Error."""

    def encrypt(
        self, data: bytes, *, mechanism: Mechanism, mechanism_param: GCMParams
    ) -> bytes: ...

    def decrypt(
        self, data: bytes, *, mechanism: Mechanism, mechanism_param: GCMParams
    ) -> bytes: ...

    def destroy(self) -> None: ...


KeyObjects = dict[tuple[int, bytes], KekObject]


@dataclass(slots=True)
class Lane:
    """A session that one thread uses at a time, and the KEKs' objects as this session found them.

    ``born``: of which login it is; a lane of an earlier one is thrown away.
    """

    session: Session
    born: tuple[int, int]
    known: dict[str, KeyObjects] = field(default_factory=dict)


class Sessions:
    """Lanes to the token of a label. ``pin`` says the PIN whenever it is asked."""

    def __init__(self, module: Module, label: str, pin: Callable[[], str]) -> None:
        self._module = module
        self._label = label
        self._pin = pin
        self._refused_pin: str | None = None
        self._lock = threading.Lock()
        self._logged_in: Session | None = None
        self._born = (0, 0)
        self._idle: list[Lane] = []

    def run(self, work: Callable[[Lane], T]) -> T:
        """What ``work`` returns; once more in a new session where the first one failed.

        Raises KmsUnavailable, KmsDenied, and whatever of ours ``work`` raises.
        """
        seen = self._module.starts
        try:
            with self._lane() as lane:
                return work(lane)
        except (pkcs11.PKCS11Error, _Lost):
            pass
        self._forget(seen)
        try:
            with self._lane() as lane:
                return work(lane)
        except _Lost:
            raise KmsUnavailable(
                "The HSM shows no token of the label that is set.",
                remedy="Plug it in or start it; or correct the label in the settings.",
            ) from None
        except pkcs11.PKCS11Error:
            raise KmsUnavailable("The HSM fails.", remedy="See to it and its log.") from None

    def close(self) -> None:
        """End every session that is not in use."""
        with self._module.entered(), self._lock:
            self._close_all()

    @contextlib.contextmanager
    def _lane(self) -> Iterator[Lane]:
        with self._module.entered():
            lane = self._take()
            try:
                yield lane
            except pkcs11.PKCS11Error:
                _closed(lane.session)
                raise
            except BaseException:
                self._give_back(lane)
                raise
            self._give_back(lane)

    def _take(self) -> Lane:
        with self._lock:
            if self._logged_in is None or self._born[0] != self._module.starts:
                self._log_in()
            while self._idle:
                lane = self._idle.pop()
                if lane.born == self._born:
                    return lane
            return Lane(self._token().open(rw=True), self._born)

    def _give_back(self, lane: Lane) -> None:
        with self._lock:
            if lane.born == self._born and len(self._idle) < IDLE_MAX:
                self._idle.append(lane)
                return
        if lane.born[0] == self._module.starts:
            _closed(lane.session)

    def _log_in(self) -> None:
        self._idle.clear()
        token, pin = self._token(), self._pin()
        if pin == self._refused_pin:
            raise _wrong_pin()
        try:
            self._logged_in = token.open(rw=True, user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:  # another of this process
            self._logged_in = token.open(rw=True)
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange):
            self._refused_pin = pin
            raise _wrong_pin() from None
        except (pkcs11.PinLocked, pkcs11.PinExpired):
            raise KmsDenied(
                "The HSM's PIN is locked or has expired.",
                remedy="Its security officer can set a new one.",
            ) from None
        self._born = (self._module.starts, self._born[1] + 1)

    def _token(self) -> pkcs11.Token:
        token = self._module.token(self._label)
        if token is None:
            raise _Lost
        return token

    def _forget(self, seen: int) -> None:
        """Whatever was open is not to be trusted any more; a token that is gone is looked for."""
        with self._module.entered(), self._lock:
            self._close_all()
            gone = self._module.token(self._label) is None
        if gone:
            self._module.restart(seen)

    def _close_all(self) -> None:
        if self._born[0] == self._module.starts:
            for lane in self._idle:
                _closed(lane.session)
            if self._logged_in is not None:
                _closed(self._logged_in)
        self._idle.clear()
        self._logged_in = None


class _Lost(Exception):
    """There is no such token."""


def _closed(session: Session) -> None:
    with contextlib.suppress(pkcs11.PKCS11Error):
        session.close()


def _wrong_pin() -> KmsDenied:
    return KmsDenied(
        "The HSM refuses the PIN.",
        remedy="Correct the PIN file; it is not tried again until then, so that nothing locks.",
    )
