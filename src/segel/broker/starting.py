"""A broker that waits for its KMS: it answers, and says what it waits for.

The broker's own secrets are wrapped by the KMS. While that is sealed or away there is nothing to
verify a token with: every question gets the same clear answer, and when the KMS is back, the
secrets are loaded and the real broker takes over, without a restart.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final, Protocol

import structlog

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import keys_locked
from segel.broker.service import Broker
from segel.keys import KmsSealed, KmsUnavailable

RETRY_PAUSE_S: Final = 0.5
"""Between two tries to load the secrets: an unsealed KMS is noticed within a second."""

log = structlog.get_logger()


class Answers(Protocol):
    """What the sockets ask."""

    async def answer(self, request: m.Request, caller: Caller) -> m.Reply:
        """Raises BrokerError."""
        ...


class Starting:
    """Answers in the broker's place until ``become`` was given it."""

    def __init__(self, adapter: str, *, demo: bool) -> None:
        self._adapter = adapter
        self._demo = demo
        self._why: KmsUnavailable | None = None
        self._broker: Broker | None = None
        self._known = asyncio.Event()
        """Set once it is known whether the KMS lets the broker be: questions wait for that."""

    async def answer(self, request: m.Request, caller: Caller) -> m.Reply:
        """The broker's reply, or why there is none yet. Raises BrokerError."""
        await self._known.wait()
        if self._broker is not None:
            return await self._broker.answer(request, caller)
        assert self._why is not None
        if isinstance(request, m.Hello):
            return m.Status(
                ready=False,
                kms=self._adapter,
                kms_sealed=isinstance(self._why, KmsSealed),
                log_size=0,
                log_vkey="",
                demo=self._demo,
                kms_trouble=str(self._why),
            )
        raise keys_locked(self._why)

    @contextlib.asynccontextmanager
    async def become(
        self, opened: Callable[[], contextlib.AbstractAsyncContextManager[Broker]]
    ) -> AsyncIterator[Broker]:
        """Try ``opened`` until the KMS lets it be; then answer with it.

        Raises what else it raises: a KMS that answers and does not know our keys is another one.
        """
        async with contextlib.AsyncExitStack() as stack:
            while self._broker is None:
                try:
                    self._broker = await stack.enter_async_context(opened())
                except KmsUnavailable as away:
                    if self._why is None or away.code != self._why.code:
                        log.warning("waiting for the KMS", reason=away.code)
                    self._why = away
                    self._known.set()
                    await asyncio.sleep(RETRY_PAUSE_S)
            self._known.set()
            try:
                yield self._broker
            finally:
                self._broker, self._why = None, KmsUnavailable("The key broker is stopping.")
