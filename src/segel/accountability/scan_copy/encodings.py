"""Base64, hex and percent encoding, undone wherever they may stand.

Base64 may begin at any byte: a run of its letters is decoded in each of its four alignments,
which covers the three phases of what was encoded. Both alphabets count, line breaks are passed
over. Hex is decoded in both alignments. Runs too short for the shortest pattern are left alone,
so that random bytes cost next to nothing: a run of eight base64 letters is met once in 90 KB.
"""

import binascii
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from segel.accountability.scan_copy.windows import Window

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Offsets = np.ndarray[Any, np.dtype[np.int64]]

HEX_DIGITS: Final = b"0123456789abcdefABCDEF"
BASE64_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
BREAKS: Final = b"\r\n"
SAME_ALPHABET: Final = bytes.maketrans(b"-_", b"+/")
IS_BASE64: Final = 1
IS_HEX: Final = 2
CLASSES: Final = bytes(
    (IS_BASE64 if byte in BASE64_LETTERS + BREAKS else 0)
    | (IS_HEX if byte in HEX_DIGITS + BREAKS else 0)
    for byte in range(256)
)
HEX_VALUE: Final = np.full(256, 255, np.uint8)
for _digit in HEX_DIGITS:
    HEX_VALUE[_digit] = int(chr(_digit), 16)
RUN_LENGTH_MIN: Final = 6
PERCENT_REACH: Final = 4
"""A percent-encoded stretch reaches this many times the longest pattern to either side."""


def decoded_windows(window: Window, shortest: int, longest: int) -> Iterator[Window]:
    """What ``window`` holds when base64, hex and percent encoding are undone."""
    classes = np.frombuffer(window.data.translate(CLASSES), np.uint8)
    base64_min = max(RUN_LENGTH_MIN, -(-shortest * 4 // 3))
    hex_min = max(RUN_LENGTH_MIN, shortest * 2)
    long_enough = _runs_of(classes, min(base64_min, hex_min))
    for flag, length, decode in (
        (IS_BASE64, base64_min, _base64_windows),
        (IS_HEX, hex_min, _hex_windows),
    ):
        firsts, lasts = _runs(classes, long_enough, flag)
        kept = lasts - firsts >= length
        if kept.any():
            yield from decode(window, firsts[kept], lasts[kept])
    yield from _percent_windows(window, longest * PERCENT_REACH)


def _runs_of(classes: Bytes, length: int) -> Bytes:
    """For each offset the classes that all of its next ``length`` bytes have in common."""
    held, common = 1, classes
    while held < length and len(common):
        step = min(held, length - held)
        common = common[:-step] & common[step:]
        held += step
    return common


def _runs(classes: Bytes, common: Bytes, flag: int) -> tuple[Offsets, Offsets]:
    """Where the runs of ``flag`` that ``common`` has found begin and end."""
    starts = np.flatnonzero(common & flag)
    if not len(starts):
        return starts, starts
    breaks = np.flatnonzero(np.diff(starts) > 1)
    firsts = starts[np.concatenate(([0], breaks + 1))]
    lasts = starts[np.concatenate((breaks, [len(starts) - 1]))]
    return firsts, lasts + (len(classes) - len(common) + 1)


def _joined(
    window: Window, firsts: Offsets, lasts: Offsets, filler: bytes
) -> tuple[bytes, Offsets]:
    """The runs without their line breaks, a filler after each; where each letter is from."""
    data = np.frombuffer(window.data, np.uint8).copy()
    steps = np.zeros(len(data) + 1, np.int8)
    steps[firsts] = 1
    steps[lasts] = -1
    inside = np.cumsum(steps[:-1], dtype=np.int8).astype(bool)
    inside &= (data != BREAKS[0]) & (data != BREAKS[1])
    fillers = lasts[lasts < len(data)]
    data[fillers] = filler[0]
    inside[fillers] = True
    places = np.flatnonzero(inside)
    return data[places].tobytes(), places


def _base64_windows(window: Window, firsts: Offsets, lasts: Offsets) -> Iterator[Window]:
    text, places = _joined(window, firsts, lasts, b"A")
    text = text.translate(SAME_ALPHABET)
    own = int(np.searchsorted(places, window.core_end))
    touches_end = lasts[-1] == len(window.data)
    for phase in range(min(4, len(text))):
        whole = (len(text) - phase) // 4 * 4
        carry = text[phase + whole :]
        last = _base64_end(carry)
        data = binascii.a2b_base64(text[phase : phase + whole]) + last

        def describe(offset: int, phase: int = phase) -> tuple[str, int]:
            return "base64", int(places[min(phase + offset * 4 // 3, len(places) - 1)])

        def rest(carry: bytes = carry) -> Iterator[bytes]:
            return _base64_rest(carry, window.rest())

        core = max(0, -(-(own - phase) * 3 // 4))
        if touches_end:
            yield Window(data, 0, core, window, describe, rest, unfed=len(last))
        else:
            yield Window(data, 0, core, window, describe)


def _base64_end(carry: bytes) -> bytes:
    """What the last, incomplete group of letters holds."""
    return binascii.a2b_base64(carry + b"A" * (-len(carry) % 4))[: len(carry) * 6 // 8]


def _base64_rest(carry: bytes, parts: Iterator[bytes]) -> Iterator[bytes]:
    """Decode on behind the window, up to the first byte that isn't of the alphabet."""
    for part in parts:
        run = len(part) - len(part.lstrip(BASE64_LETTERS + BREAKS))
        carry += part[:run].translate(SAME_ALPHABET, delete=BREAKS)
        whole = len(carry) // 4 * 4
        yield binascii.a2b_base64(carry[:whole])
        carry = carry[whole:]
        if run < len(part):
            break
    yield _base64_end(carry)


def _hex_windows(window: Window, firsts: Offsets, lasts: Offsets) -> Iterator[Window]:
    text, places = _joined(window, firsts, lasts, b"0")
    own = int(np.searchsorted(places, window.core_end))
    touches_end = lasts[-1] == len(window.data)
    for phase in range(min(2, len(text))):
        whole = (len(text) - phase) // 2 * 2
        data = binascii.unhexlify(text[phase : phase + whole])
        carry = text[phase + whole :]

        def describe(offset: int, phase: int = phase) -> tuple[str, int]:
            return "hex", int(places[min(phase + offset * 2, len(places) - 1)])

        def rest(carry: bytes = carry) -> Iterator[bytes]:
            return _hex_rest(carry, window.rest())

        core = max(0, -(-(own - phase) // 2))
        if touches_end:
            yield Window(data, 0, core, window, describe, rest)
        else:
            yield Window(data, 0, core, window, describe)


def _hex_rest(carry: bytes, parts: Iterator[bytes]) -> Iterator[bytes]:
    for part in parts:
        run = len(part) - len(part.lstrip(HEX_DIGITS + BREAKS))
        carry += part[:run].translate(None, delete=BREAKS)
        whole = len(carry) // 2 * 2
        yield binascii.unhexlify(carry[:whole])
        carry = carry[whole:]
        if run < len(part):
            return


def _percent_windows(window: Window, reach: int) -> Iterator[Window]:
    data = np.frombuffer(window.data, np.uint8)
    signs = np.flatnonzero(data[:-2] == ord("%")) if len(data) > 2 else np.empty(0, np.int64)
    high, low = HEX_VALUE[data[signs + 1]], HEX_VALUE[data[signs + 2]]
    valid = (high < 16) & (low < 16)
    if not valid.any():
        return
    signs, values = signs[valid], (high[valid] << 4) | low[valid]
    near = _stretches(signs, reach, len(data))
    kept = np.ones(len(data), bool)
    kept[signs + 1] = kept[signs + 2] = False
    changed = data.copy()
    changed[signs] = values
    places = np.concatenate([np.flatnonzero(kept[a:b]) + a for a, b in near])
    shown = changed[places].tobytes()
    core = int(np.searchsorted(places, window.core_end))
    yield Window(shown, 0, core, window, _percent_place(places))


def _percent_place(places: Offsets) -> Callable[[int], tuple[str, int]]:
    return lambda offset: ("percent", int(places[min(offset, len(places) - 1)]))


def _stretches(signs: Offsets, reach: int, size: int) -> Iterator[tuple[int, int]]:
    """The surroundings of ``signs``, merged where they meet."""
    breaks = np.flatnonzero(np.diff(signs) > 2 * reach)
    firsts = signs[np.concatenate(([0], breaks + 1))]
    lasts = signs[np.concatenate((breaks, [len(signs) - 1]))]
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        yield max(0, first - reach), min(size, last + 3 + reach)
