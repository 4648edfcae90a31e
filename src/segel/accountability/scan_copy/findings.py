"""What one part of a scan gathers: hits told once for each way, streams, what was left unread."""

from collections import Counter
from dataclasses import dataclass, field, replace

from segel.accountability.scan_copy.limits import Limits
from segel.accountability.scan_copy.matching import Match
from segel.accountability.scan_copy.patterns import PACKED
from segel.accountability.scan_copy.postgres import ToastChunk
from segel.accountability.scan_copy.report import Container, Hit
from segel.accountability.scan_copy.windows import Window

Way = tuple[str, str, int, str, tuple[str, ...]]


@dataclass(slots=True)
class Findings:
    """Of the part of ``path`` that is being looked at. ``toast`` are pieces to put together."""

    path: str
    place: str = ""
    hits: dict[Way, Hit] = field(default_factory=dict)
    skipped: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    toast: list[ToastChunk] = field(default_factory=list)
    is_log: bool = False
    streams: int = 0
    bytes: int = 0
    bytes_unfolded: int = 0

    def hit(self, match: Match, window: Window, limits: Limits) -> None:
        """Note ``match``, found in ``window``."""
        containers: list[Container] = []
        at, end, inner = match.start, match.end, window.base + match.start
        while window.parent is not None and window.describe is not None:
            kind, place = window.describe(at)
            if not containers and kind == "percent":
                last = window.describe(end - 1)[1]
                if last - place == end - 1 - at:
                    return  # it holds no escape, so it was found there as it is
            containers.append(Container(kind, window.parent.base + place))
            window, at = window.parent, place
        if match.encoding == PACKED and containers and containers[0].kind == "hex":
            return  # digits in hex are the number itself, found as it is
        containers.reverse()
        pattern = match.pattern
        kinds = tuple(container.kind for container in containers)
        way = (self.path, self.place, pattern.term, match.encoding, kinds)
        known = self.hits.get(way)
        if known is not None:
            self.hits[way] = replace(known, count=known.count + 1)
        elif len(self.hits) < limits.hits_per_part_max:
            self.hits[way] = Hit(
                path=self.path,
                place=self.place,
                offset=containers[0].offset if containers else inner,
                term=pattern.term,
                label="",
                form=pattern.form,
                encoding=match.encoding,
                containers=tuple(containers),
                inner_offset=inner,
            )
        else:
            self.skip("there are more kinds of hits than are kept")

    def skip(self, why: str, may_hide: bool = True) -> None:
        """Note that something was left unread."""
        self.skipped[self.path, why, may_hide] += 1

    def add(self, other: "Findings") -> None:
        """Take in what another part has gathered; of a way's places the first is kept."""
        for way, hit in other.hits.items():
            known = self.hits.get(way)
            if known is not None:
                first = min(known, hit, key=lambda one: one.offset)
                hit = replace(first, count=known.count + hit.count)
            self.hits[way] = hit
        self.skipped.update(other.skipped)
        self.streams += other.streams
        self.bytes += other.bytes
        self.bytes_unfolded += other.bytes_unfolded
