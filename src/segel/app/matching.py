"""Starts matchers for the broker, each a process of its own at the end of two pipes."""

import asyncio
import contextlib
import os
import sys
from typing import Final

import msgspec

from segel.broker.matching_port import (
    Begin,
    Compare,
    Found,
    FromMatcher,
    Loaded,
    Looks,
    Matcher,
    MatcherAway,
    Opening,
    Places,
    PlacesLoaded,
    Ready,
    Records,
    SealedLook,
    Seek,
    Seen,
    Sought,
    ToMatcher,
)

LENGTH_BYTES: Final = 4
FRAME_BYTES_MAX: Final = 64 << 20
"""An answer is some hundred bytes a row."""
END_S: Final = 5.0
"""For its end, once its pipe is closed; then it is killed."""

_decoder: msgspec.msgpack.Decoder[FromMatcher] = msgspec.msgpack.Decoder(FromMatcher)


class ProcessMatching:
    """``matching_port.Matching`` by processes."""

    async def begin(self, opening: Opening) -> Matcher:
        """A new process. Raises MatcherAway."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "segel.app.matcher_process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_environment(),
                close_fds=True,
            )
        except OSError:
            raise MatcherAway from None
        matcher = ProcessMatcher(process)
        await matcher.tell(Begin(opening.token_key, opening.hospitals))
        return matcher


class ProcessMatcher:
    """One process. Its answers come in the order of the questions."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    async def take(self, records: Records) -> None:
        """Give it some records. Raises MatcherAway."""
        await self.tell(records)

    async def ready(self) -> int:
        """Have it put its records in order. Raises MatcherAway."""
        answer = await self._ask(Loaded())
        if not isinstance(answer, Ready):
            raise MatcherAway
        return answer.patients

    async def compare(self, rows: bytes, *, few: bool, chance: bool) -> Found:
        """Compare rows. Raises MatcherAway."""
        answer = await self._ask(Compare(rows, few, chance))
        if not isinstance(answer, Found):
            raise MatcherAway
        return answer

    async def take_places(self, places: Places) -> None:
        """Give it the places of some pictures. Raises MatcherAway."""
        await self.tell(places)

    async def places_ready(self) -> int:
        """Have it put its pictures in order. Raises MatcherAway."""
        answer = await self._ask(PlacesLoaded())
        if not isinstance(answer, Ready):
            raise MatcherAway
        return answer.patients

    async def seek(self, pictures: bytes) -> Sought:
        """Which looks it wants. Raises MatcherAway."""
        answer = await self._ask(Seek(pictures))
        if not isinstance(answer, Sought):
            raise MatcherAway
        return answer

    async def see(self, looks: list[SealedLook]) -> Seen:
        """Whose the pictures are. Raises MatcherAway."""
        answer = await self._ask(Looks(looks))
        if not isinstance(answer, Seen):
            raise MatcherAway
        return answer

    async def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), END_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def tell(self, message: ToMatcher) -> None:
        """Send it something that is not answered. Raises MatcherAway."""
        body = msgspec.msgpack.encode(message)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
            await self._process.stdin.drain()
        except OSError:
            raise MatcherAway from None

    async def _ask(self, message: ToMatcher) -> FromMatcher:
        async with self._turn:
            await self.tell(message)
            assert self._process.stdout is not None
            try:
                head = await self._process.stdout.readexactly(LENGTH_BYTES)
                length = int.from_bytes(head, "big")
                if length > FRAME_BYTES_MAX:
                    raise MatcherAway
                return _decoder.decode(await self._process.stdout.readexactly(length))
            except (asyncio.IncompleteReadError, OSError, msgspec.MsgspecError):
                raise MatcherAway from None


def _environment() -> dict[str, str]:
    """Nothing of the broker's: where Python finds its modules, and who the parent is."""
    kept = {name: os.environ[name] for name in ("PYTHONPATH", "LANG") if name in os.environ}
    # One thread: sums are few, and as many threads as cores would starve the doors.
    return {**kept, "OMP_NUM_THREADS": "1", "SEGEL_PARENT": str(os.getpid())}
