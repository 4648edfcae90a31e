"""Look at a window in every way, and at whatever comes out of it, down to the depth cap."""

from collections.abc import Callable, Iterator

from segel.accountability.scan_copy.encodings import decoded_windows
from segel.accountability.scan_copy.findings import Findings
from segel.accountability.scan_copy.limits import Limits
from segel.accountability.scan_copy.matching import Matcher
from segel.accountability.scan_copy.postgres import (
    ToastChunk,
    compressed_values,
    decompressed,
    toast_chunks,
    toast_values,
)
from segel.accountability.scan_copy.streams import Allowance, Unfolding, stream_starts
from segel.accountability.scan_copy.windows import Window, stream_windows


class Digger:
    """One part's search. ``findings`` fills while windows are looked at."""

    def __init__(
        self, matcher: Matcher, limits: Limits, findings: Findings, part_bytes: int
    ) -> None:
        self._matcher = matcher
        self._limits = limits
        self._findings = findings
        self._allowance = Allowance(limits, part_bytes)

    def dig(self, window: Window, depth: int = 0) -> None:
        """Everything that begins in the window's own part."""
        end = window.core_end
        for match in self._matcher.find(window.data):
            if match.start < end:
                self._findings.hit(match, window, self._limits)
        if len(window.data) < self._matcher.shortest:
            return
        if depth >= self._limits.depth_max:
            if any(start.kind != "zlib" for start in stream_starts(window)):
                self._findings.skip("containers are nested too deeply")
            return
        for inner in self._inner_windows(window, depth):
            self.dig(inner, depth + 1)

    def _inner_windows(self, window: Window, depth: int) -> Iterator[Window]:
        yield from self._unfolded(window)
        yield from decoded_windows(window, self._matcher.shortest, self._matcher.longest)
        for value in compressed_values(window.data, window.core_end):
            self._allowance.produced += len(value.data)
            if why := self._allowance.why_not(0, 0):
                self._findings.skip(why)
                break
            yield Window(
                value.data,
                parent=window,
                describe=_constant(f"PostgreSQL {value.method} value", value.offset),
            )
        chunks = list(toast_chunks(window.data, window.core_end))
        if depth == 0:  # what spans windows is put together when the whole file has been seen
            self._findings.toast += [
                chunk._replace(offset=chunk.offset + window.base) for chunk in chunks
            ]
        else:
            yield from self._toasted(window, chunks)

    def _unfolded(self, window: Window) -> Iterator[Window]:
        limits = self._limits
        for start in stream_starts(window):
            unfolding = Unfolding(start, window, self._allowance)
            describe = _constant(start.kind, start.offset)
            yield from stream_windows(
                unfolding, window, describe, limits.window_bytes, limits.overlap_bytes
            )
            self._findings.streams += bool(unfolding.produced)
            self._findings.bytes_unfolded += unfolding.produced
            if unfolding.why_cut:
                self._findings.skip(unfolding.why_cut)

    def _toasted(self, window: Window, chunks: list[ToastChunk]) -> Iterator[Window]:
        for value in toast_values(chunks):
            data = b"".join(window.data[one.offset : one.offset + one.size] for one in value)
            describe = _constant("TOAST value", value[0].offset)
            whole = Window(data, parent=window, describe=describe)
            yield whole
            content = decompressed(data, self._limits.stream_bytes_max)
            if content is not None:
                yield Window(
                    content[1], parent=whole, describe=_constant(f"PostgreSQL {content[0]}", 0)
                )


def _constant(kind: str, offset: int) -> Callable[[int], tuple[str, int]]:
    return lambda _: (kind, offset)
