"""The matchers of one broker: opened for a warrant, used in turn, ended with it or when idle."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from segel.broker.errors import BrokerUnavailable
from segel.broker.matching_pictures import MatchingPictures, pictures_key
from segel.broker.matching_port import (
    ID_BYTES,
    Found,
    Matcher,
    MatcherAway,
    Matching,
    Opening,
    Places,
    Records,
    ScopeHospital,
    SealedLook,
    Seen,
)
from segel.broker.matching_records import MatchingRecords, OpenShard

IDLE_S: Final = 600.0
"""Without a batch, after which the register is closed: opened again it takes minutes, and while it
is open it is in memory."""

GIVES_WAY_S: Final = 120.0
"""Without a batch, after which one gives its place to another sample; whoever waits for a warrant's
next hour asks more often."""

OPEN_MAX: Final = 2
"""Registers in memory at once: of six million patients each takes some gigabytes."""


@dataclass(slots=True)
class _Open:
    """A matcher at work. ``known``: pseudonyms of who was recognised, as of ``number`` batches."""

    matcher: Matcher
    used_s: float
    keys: dict[UUID, OpenShard] = field(repr=False)
    pictures: int | None = None
    """How many are held, once somebody asked for one."""
    known: set[bytes] = field(default_factory=set, repr=False)
    number: int = 0


class Matchers:
    """``ticks``: seconds of a clock that only goes forward. Close it when done."""

    def __init__(
        self,
        matching: Matching | None,
        register: MatchingRecords,
        pictures: MatchingPictures,
        token_key: bytes,
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._matching = matching
        self._register = register
        self._pictures = pictures
        self._token_key = token_key
        self._ticks = ticks
        self._open: dict[UUID, _Open] = {}
        self._turns: dict[UUID, asyncio.Lock] = {}

    @contextlib.asynccontextmanager
    async def turn(self, warrant_id: UUID) -> AsyncIterator[None]:
        """One batch of a warrant at a time."""
        async with self._turns.setdefault(warrant_id, asyncio.Lock()):
            yield

    def is_open(self, warrant_id: UUID) -> bool:
        """Whether a warrant's register is in memory."""
        return warrant_id in self._open

    def warrants(self) -> list[UUID]:
        """Whose registers are in memory."""
        return list(self._open)

    def require_room(self) -> None:
        """Return where one more may be opened. Raises BrokerUnavailable."""
        if self._matching is None:
            raise BrokerUnavailable("This broker compares nothing.")
        if len(self._open) >= OPEN_MAX:
            raise BrokerUnavailable(
                "Other samples are being compared.",
                remedy="Close their warrants, or wait some minutes.",
            )

    async def make_room(self) -> None:
        """Close the one that was out of use for longest, where every place is taken and it has been
        so for a while. Its next batch opens it again."""
        if len(self._open) < OPEN_MAX:
            return
        now_s = self._ticks()
        unused = [
            (opened.used_s, warrant_id)
            for warrant_id, opened in self._open.items()
            if now_s - opened.used_s > GIVES_WAY_S and not self._turns[warrant_id].locked()
        ]
        if unused:
            await self.end(min(unused)[1])

    async def open(self, warrant_id: UUID, hospitals: Mapping[UUID, tuple[str, str]]) -> int:
        """Open the register of some hospitals (code and name); how many patients it holds. Whoever
        calls has logged it. Raises BrokerUnavailable."""
        self.require_room()
        assert self._matching is not None
        numbers = {one: number for number, one in enumerate(hospitals)}
        scope = tuple(
            ScopeHospital(numbers[one], code, name) for one, (code, name) in hospitals.items()
        )
        matcher = None
        try:
            matcher = await self._matching.begin(Opening(self._token_key, scope))
            shards = await self._register.of_hospitals(list(hospitals))
            keys = {one.shard_id: one for one in await self._register.opened(shards)}
            for shard in shards:
                opened = keys.get(shard.shard_id)
                if opened is None:
                    raise BrokerUnavailable("A key of the matching register does not open.")
                async for page in self._register.records(shard.shard_id):
                    await matcher.take(
                        Records(
                            hospital=numbers[shard.hospital_id],
                            shard_id=shard.shard_id.bytes,
                            key=opened.key,
                            patients=b"".join(patient.bytes for patient, _ in page),
                            sealed=b"".join(sealed for _, sealed in page),
                        )
                    )
            count = await matcher.ready()
        except MatcherAway:
            raise _away() from None
        except BaseException:
            if matcher is not None:
                await matcher.close()
            raise
        self._open[warrant_id] = _Open(matcher, self._ticks(), keys)
        return count

    def has_pictures(self, warrant_id: UUID) -> bool:
        """Whether a warrant's register holds pictures, too."""
        return self._open[warrant_id].pictures is not None

    async def open_pictures(self, warrant_id: UUID) -> int:
        """Put the hospitals' pictures into an open register; how many. Whoever calls has logged it.
        Raises BrokerUnavailable; then it is closed."""
        opened = self._open[warrant_id]
        try:
            for shard_id, shard in opened.keys.items():
                key = pictures_key(shard.key)
                async for page in self._pictures.places(shard_id):
                    opened.used_s = self._ticks()
                    await opened.matcher.take_places(
                        Places(
                            key=key,
                            patients=b"".join(patient.bytes for patient, _, _ in page),
                            pictures=b"".join(picture.bytes for _, picture, _ in page),
                            sealed=b"".join(sealed for _, _, sealed in page),
                        )
                    )
            opened.pictures = await opened.matcher.places_ready()
        except MatcherAway:
            await self.end(warrant_id)
            raise _away() from None
        except BaseException:
            await self.end(warrant_id)
            raise
        return opened.pictures

    async def compare_pictures(self, warrant_id: UUID, pictures: bytes) -> Seen:
        """Compare pictures with an open register. Raises BrokerUnavailable; then it is closed."""
        opened = self._open[warrant_id]
        opened.used_s = self._ticks()
        try:
            sought = await opened.matcher.seek(pictures)
            wanted = [
                UUID(bytes=sought.pictures[at : at + ID_BYTES])
                for at in range(0, len(sought.pictures), ID_BYTES)
            ]
            looks = []
            for shard_id, patient_id, picture_id, sealed in await self._pictures.looks(wanted):
                if shard_id not in opened.keys:  # it was worn, and is sealed anew
                    raise MatcherAway
                key = pictures_key(opened.keys[shard_id].key)
                looks.append(SealedLook(key, patient_id.bytes, picture_id.bytes, sealed))
            return await opened.matcher.see(looks)
        except MatcherAway:
            await self.end(warrant_id)
            raise _away() from None

    async def compare(self, warrant_id: UUID, rows: bytes, *, few: bool, chance: bool) -> Found:
        """Compare rows with an open register. Raises BrokerUnavailable; then it is closed."""
        opened = self._open[warrant_id]
        opened.used_s = self._ticks()
        try:
            return await opened.matcher.compare(rows, few=few, chance=chance)
        except MatcherAway:
            await self.end(warrant_id)
            raise _away() from None

    def known(self, warrant_id: UUID) -> tuple[set[bytes], int]:
        """Who was recognised, and as of how many batches."""
        opened = self._open[warrant_id]
        return opened.known, opened.number

    def counted(self, warrant_id: UUID, number: int) -> None:
        """What is known is of so many batches."""
        self._open[warrant_id].number = number

    async def end(self, warrant_id: UUID) -> None:
        """Close a warrant's register, if it is open."""
        opened = self._open.pop(warrant_id, None)
        if opened is not None:
            await opened.matcher.close()

    async def end_idle(self) -> int:
        """Close those that nobody uses; how many."""
        now_s = self._ticks()
        idle = [one for one, opened in self._open.items() if now_s - opened.used_s > IDLE_S]
        for warrant_id in idle:
            await self.end(warrant_id)
        return len(idle)

    async def close(self) -> None:
        """Close them all."""
        for warrant_id in list(self._open):
            await self.end(warrant_id)


def _away() -> BrokerUnavailable:
    return BrokerUnavailable("The process that compares ended.", remedy="Send the batch again.")
