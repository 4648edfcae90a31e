"""Released study keys, kept as long as they may be: one release serves a reading session.

A grant is kept for the token that it was released to, until it expires. Whether the token's
session still lives is asked of the broker again once a second, so that an ended or frozen session
reads nothing that it opened before.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from segel.broker import BrokerClient, Requester, Session, StudyGrant
from segel.broker.errors import BrokerError

ALIVE_S: Final = 1.0
"""How long a session is taken for live after the broker said so."""

KEPT_MAX: Final = 4_096
"""Grants in one process; the oldest go first."""

T = TypeVar("T")


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T = field(repr=False)
    expires_s: float


class Grants(Generic[T]):
    """Keeps what was made of a grant (a study open for reading, or for storing) by token."""

    def __init__(self, broker: BrokerClient) -> None:
        self._broker = broker
        self._kept: dict[tuple[str, str, str], _Kept[T]] = {}
        self._opening: dict[tuple[str, str, str], asyncio.Task[T]] = {}
        self._sessions: dict[str, tuple[float, Session]] = {}

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
        kept = self._kept.get(key)
        if kept is not None:
            if kept.expires_s > time.time():
                await self._require_alive(requester.token)
                return kept.value
            del self._kept[key]
        opening = self._opening.get(key)
        if opening is None:
            opening = asyncio.create_task(self._open(key, release, make))
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
        key: tuple[str, str, str],
        release: Callable[[], Awaitable[StudyGrant]],
        make: Callable[[StudyGrant], Awaitable[T]],
    ) -> T:
        grant = await release()
        value = await make(grant)
        now_s = time.time()
        if len(self._kept) >= KEPT_MAX:
            self._kept = {
                known: kept for known, kept in self._kept.items() if kept.expires_s > now_s
            }
            while len(self._kept) >= KEPT_MAX:
                del self._kept[next(iter(self._kept))]
        self._kept[key] = _Kept(value, grant.expires_s)
        return value

    async def session(self, token: str) -> Session:
        """The session of a token, as the broker saw it within the last second."""
        now_s = time.monotonic()
        known = self._sessions.get(token)
        if known is not None and now_s - known[0] < ALIVE_S:
            return known[1]
        session = await self._broker.session(token)
        if len(self._sessions) >= KEPT_MAX:
            self._sessions.clear()
        self._sessions[token] = (now_s, session)
        return session

    async def _require_alive(self, token: str) -> None:
        try:
            await self.session(token)
        except BrokerError:
            self.forget(token)
            raise
