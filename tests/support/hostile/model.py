"""What a hostile file is, and what has to become of it."""

from collections.abc import Callable
from dataclasses import dataclass

from segel.leaks.intake.reasons import Reason


@dataclass(frozen=True)
class Hostile:
    """``make``: the bytes, given a port that nobody must connect to. ``reasons``: all of these have
    to be said of it or of a file within it."""

    name: str
    make: Callable[[int], bytes]
    reasons: tuple[Reason, ...] = ()

    @property
    def is_alone(self) -> bool:
        """Whether it ends the reading of all that is handed in with it."""
        return bool({Reason.RATIO, Reason.MEMBERS, Reason.TABLES} & set(self.reasons))


class Collected:
    """Collects makers of files, by decorator."""

    def __init__(self) -> None:
        self.files: list[Hostile] = []

    def __call__(
        self, name: str, *reasons: Reason
    ) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
        def add(make: Callable[[], bytes]) -> Callable[[], bytes]:
            self.files.append(Hostile(name, lambda _: make(), reasons))
            return make

        return add

    def plain(self, name: str, content: str | bytes, *reasons: Reason) -> None:
        """One whose bytes are short; {port} in it is the port."""
        raw = content.encode() if isinstance(content, str) else content
        self.files.append(Hostile(name, lambda port: raw.replace(b"{port}", b"%d" % port), reasons))
