"""Released study keys, kept as long as they may be: one release serves a reading session.

A grant is kept for the token that it was released to, until it expires, a patient decides about
consent, or the broker tells of a freeze or an ended session: then every token's session is asked
for again, and the grants of those that are refused are dropped. Without news the session is asked
for once a second, and before every use while the broker is not heard (``segel.broker.hearing``).
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from segel.broker import BrokerClient, Ear, Requester, Session, StudyGrant
from segel.broker.errors import BrokerError, hospital_frozen
from segel.domain.purpose import Purpose

ALIVE_S: Final = 1.0
"""How long a session is taken for live after the broker said so, where nothing else is heard."""

KEPT_MAX: Final = 4_096
"""Grants in one process; the oldest go first."""

T = TypeVar("T")


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T = field(repr=False)
    expires_s: float
    consents: str


class Grants(Generic[T]):
    """Keeps what was made of a grant (a study open for reading, or for storing) by token.

    ``shows``: it lets somebody see a record, which a frozen hospital's people may not.
    """

    def __init__(self, broker: BrokerClient, ear: Ear, *, shows: bool) -> None:
        self._broker = broker
        self._ear = ear
        self._shows = shows
        self._kept: dict[tuple[str, str, str], _Kept[T]] = {}
        self._opening: dict[tuple[str, str, str], asyncio.Task[T]] = {}
        self._sessions: dict[str, tuple[float, Session]] = {}
        self._checking: asyncio.Task[None] | None = None
        ear.on_change.append(self._changed)

    async def get(
        self,
        requester: Requester,
        study_uid: str,
        release: Callable[[], Awaitable[StudyGrant]],
        make: Callable[[StudyGrant], Awaitable[T]],
    ) -> T:
        """What was made for this token, purpose and study; released where it is not kept.

        Requests that arrive together share one release. Raises what the broker raises.
        """
        key = (requester.token, requester.purpose.value, study_uid)
        if requester.proof is not None:
            await self.session(requester)  # before anything that another request opened is shared
        kept = self._kept.get(key)
        if kept is not None:
            if kept.expires_s > time.time() and await self._holds(requester, kept.consents):
                return kept.value
            self._kept.pop(key, None)
        opening = self._opening.get(key)
        if opening is None:
            opening = asyncio.create_task(self._open(requester, key, release, make))
            self._opening[key] = opening
            opening.add_done_callback(lambda _: self._opening.pop(key, None))
        return await asyncio.shield(opening)

    def peek(self, requester: Requester, study_uid: str) -> bool:
        """Whether the study is open for this token now."""
        kept = self._kept.get((requester.token, requester.purpose.value, study_uid))
        return kept is not None and kept.expires_s > time.time()

    def forget(self, token: str) -> None:
        """Drop everything that was released to a token."""
        for key in [key for key in self._kept if key[0] == token]:
            del self._kept[key]
        self._sessions.pop(token, None)

    async def _open(
        self,
        requester: Requester,
        key: tuple[str, str, str],
        release: Callable[[], Awaitable[StudyGrant]],
        make: Callable[[StudyGrant], Awaitable[T]],
    ) -> T:
        seen = self._ear.version
        grant = await release()
        value = await make(grant)
        if seen != self._ear.version:  # it may have been frozen since it was released
            await self.require_alive(requester)
        now_s = time.time()
        if len(self._kept) >= KEPT_MAX:
            self._kept = {
                known: kept for known, kept in self._kept.items() if kept.expires_s > now_s
            }
            while len(self._kept) >= KEPT_MAX:
                del self._kept[next(iter(self._kept))]
        self._kept[key] = _Kept(value, grant.expires_s, grant.consents)
        return value

    async def session(self, requester: Requester) -> Session:
        """The session of a token, as the broker saw it within the last second.

        That of a bound token is asked for each time: each request has its own proof.
        """
        if requester.proof is not None:
            return await self._broker.session_of(requester)
        now_s, token = time.monotonic(), requester.token
        known = self._sessions.get(token)
        if known is not None and self._ear.fresh and now_s - known[0] < ALIVE_S:
            return known[1]
        seen = self._ear.version
        session = await self._broker.session(token)
        if len(self._sessions) >= KEPT_MAX:
            self._sessions.clear()
        if seen == self._ear.version:
            self._sessions[token] = (now_s, session)
        return session

    async def require_alive(self, requester: Requester) -> None:
        """Return where a token's grants may still be used. Raises BrokerError, and drops them."""
        await self._alive(requester)

    async def _alive(self, requester: Requester) -> Session:
        try:
            session = await self.session(requester)
            if self._shows and session.hospital_frozen:
                raise hospital_frozen()
        except BrokerError:
            self.forget(requester.token)
            raise
        return session

    async def _holds(self, requester: Requester, consents: str) -> bool:
        """Whether what a requester opened may still be read. Raises as ``require_alive`` does.

        What a break-glass opened closes with it, and what a patient declined with the decision,
        within ``ALIVE_S`` at any door. ``consents``: of the grant.
        """
        session = await self._alive(requester)
        if self._shows and session.consents != consents:
            return False
        in_emergency = self._shows and requester.purpose is Purpose.EMERGENCY_TREATMENT
        return session.break_glass is not None or not in_emergency

    def _changed(self) -> None:
        self._sessions.clear()
        if self._kept and (self._checking is None or self._checking.done()):
            self._checking = asyncio.create_task(self._check_kept())

    async def _check_kept(self) -> None:
        """Drop the keys of whoever may not use them any more, before they ask again.

        Those of bound tokens go all: whether they may be used is known by a proof only.
        """
        seen = -1
        while seen != self._ear.version:
            seen = self._ear.version
            for token in {key[0] for key in self._kept}:
                with contextlib.suppress(BrokerError):
                    await self.require_alive(Requester(token))
