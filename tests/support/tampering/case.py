"""One tampering, and whoever shall find it."""

from collections.abc import Callable
from dataclasses import dataclass


class WitnessRefused(Exception):
    """A witness that did not cosign; ``status`` is its answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BrokerClosed(Exception):
    """A broker that releases nothing, because its witnesses contradict its database."""

    def __init__(self, states: set[str]) -> None:
        super().__init__(states)
        self.states = states


@dataclass(frozen=True)
class Case:
    """One tampering: ``meet`` shows it to whoever shall find it, and raises ``expected``."""

    kind: str
    name: str
    meet: Callable[[], object]
    expected: type[Exception] | tuple[type[Exception], ...]
    finder: str = "reader"


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
