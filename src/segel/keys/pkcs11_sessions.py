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

from segel.keys.errors import (
    KekUnknown,
    KmsDenied,
    KmsUnavailable,
    SignerUnknown,
    WrapBroken,
)
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

    ``born``: in which start of the module; a lane of an earlier one is thrown away.
    """

    session: Session
    born: int
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
        self._born = 0
        self._idle: list[Lane] = []

    def run(self, work: Callable[[Lane], T], *, alone: bool = False) -> T:
        """What ``work`` returns. ``alone``: it changes objects.

        Where it fails, or does not find or open what it was asked for, it is done again with nobody
        else in the module, and then once more in a module that was started anew: only what fails
        then has failed. Raises KmsUnavailable, KmsDenied, and what ``work`` raises.
        """
        if not alone:
            unsure = contextlib.suppress(
                pkcs11.PKCS11Error, _Lost, KekUnknown, SignerUnknown, WrapBroken
            )
            with unsure, self._module.entered(), self._lane() as lane:
                return work(lane)
        with self._module.alone():
            with contextlib.suppress(pkcs11.PKCS11Error, _Lost), self._lane(new=True) as lane:
                return work(lane)
            self._module.restart()
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
        """End the sessions that are not in use. The login ends with the process: it is shared."""
        with self._module.entered(), self._lock:
            for lane in self._idle:
                self._end(lane)
            self._idle.clear()

    @contextlib.contextmanager
    def _lane(self, *, new: bool = False) -> Iterator[Lane]:
        lane = self._take(new=new)
        try:
            yield lane
        except pkcs11.PKCS11Error:
            self._end(lane)
            raise
        except BaseException:
            self._give_back(lane)
            raise
        self._give_back(lane)

    def _take(self, *, new: bool) -> Lane:
        with self._lock:
            if self._born != self._module.starts:
                self._log_in()
            if self._idle and not new:
                return self._idle.pop()
            return Lane(self._token().open(rw=True), self._born)

    def _give_back(self, lane: Lane) -> None:
        with self._lock:
            if lane.born == self._born and len(self._idle) < IDLE_MAX:
                self._idle.append(lane)
                return
        self._end(lane)

    def _end(self, lane: Lane) -> None:
        # Of an earlier start its number may be another session's by now.
        if lane.born == self._module.starts:
            with contextlib.suppress(pkcs11.PKCS11Error):
                lane.session.close()

    def _log_in(self) -> None:
        self._idle.clear()
        token, pin = self._token(), self._pin()
        if pin == self._refused_pin:
            raise _wrong_pin()
        try:
            # Kept open: a token logs out when its last session ends.
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
        self._born = self._module.starts

    def _token(self) -> pkcs11.Token:
        token = self._module.token(self._label)
        if token is None:
            raise _Lost
        return token


class _Lost(Exception):
    """There is no such token."""


def _wrong_pin() -> KmsDenied:
    return KmsDenied(
        "The HSM refuses the PIN.",
        remedy="Correct the PIN file; it is not tried again until then, so that nothing locks.",
    )
