"""How the KMS is, looked at now and then: for whoever asks, and so that its login stays fresh."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from segel.broker.keyring import Keyring
from segel.keys import KmsError, KmsSealed, KmsUnavailable

LOOK_PAUSE_S: Final = 5.0
"""Between two looks at a KMS that is well: a login lives for an hour."""

TROUBLE_PAUSE_S: Final = 0.5
"""Between two looks at one that is not: its return is noticed within a second."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KmsState:
    """What was seen last. ``code`` and ``trouble``: what is wrong and what to do, or ''."""

    adapter: str
    sealed: bool = False
    code: str = ""
    trouble: str = ""


class KmsWatch:
    """Looks at the newest KMS of a keyring; start with ``run``."""

    def __init__(self, keyring: Keyring, adapter: str) -> None:
        self._keyring = keyring
        self._failed = asyncio.Event()
        self.state = KmsState(adapter)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            self._failed.clear()
            if self.state.trouble:
                await asyncio.sleep(TROUBLE_PAUSE_S)
            else:
                try:
                    await asyncio.wait_for(self._failed.wait(), LOOK_PAUSE_S)
                except TimeoutError:
                    continue

    async def look(self) -> None:
        """Ask the KMS once."""
        try:
            status = await asyncio.to_thread(self._keyring.status)
        except KmsError as failure:
            self._now(_state_of(failure, self.state.adapter))
        else:
            adapter = status.adapter
            self._now(_state_of(KmsSealed(), adapter) if status.sealed else KmsState(adapter))

    def saw(self, failure: KmsError) -> None:
        """A call of the KMS failed: what everybody is told from now on, and a reason to look."""
        if isinstance(failure, KmsUnavailable):
            self._now(_state_of(failure, self.state.adapter))
            self._failed.set()

    def _now(self, state: KmsState) -> None:
        if state.code != self.state.code:
            log.warning("KMS changed", reason=state.code or "well")
        self.state = state


def _state_of(failure: KmsError, adapter: str) -> KmsState:
    return KmsState(adapter, isinstance(failure, KmsSealed), failure.code, str(failure))
