"""Logs and counters that cannot carry personal data.

A log line is JSON with allow-listed keys whose values have an allow-listed shape; everything else
is dropped before it is written, and what a library logs is kept as its name and level only. Times
are Unix seconds, so that a log never looks like somebody's study date.
"""

import logging
import os
import re
import sys
import time
import warnings
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import structlog

KEYS: Final = frozenset(
    {"event", "level", "at_s", "process", "pid", "error", "where", "status", "duration_ms",
     "count", "bytes", "route", "method", "code", "attempt", "logger", "port", "state", "version",
     "kind", "request", "reason", "deaths"}
)  # fmt: skip
"""What a line may say. ``error`` is an exception's class, ``where`` its place in the code."""

SAFE_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,59}\Z")
SAFE_TEXT: Final = re.compile(r"[A-Za-z/][A-Za-z0-9_.:/{}<>*\- ]{0,119}\Z")
TEXT_KEYS: Final = frozenset({"event", "where", "route"})
"""Written in our own source; the others are one word, and no text has a run of digits (a number,
date or UID)."""
DIGIT_RUN: Final = re.compile(r"\d{5,}|\d+\.\d+\.\d+")
STRUCTURED: Final = "segel.structured"
"""The one stdlib logger whose messages were filtered already."""

LOG_BYTES_MAX: Final = 8 * 1024 * 1024
LOG_FILES_KEPT: Final = 3
NUMBER_MAX: Final = 10**12
"""Above any count, time or size of ours, below any national or telephone number."""
FRAMES_MAX: Final = 12


def configure(folder: Path, process: str) -> None:
    """Send this process' log to ``folder/process.jsonl`` and silence every other way out."""
    handler = RotatingFileHandler(
        folder / f"{process}.jsonl", maxBytes=LOG_BYTES_MAX, backupCount=LOG_FILES_KEPT, delay=True
    )
    handler.setFormatter(_NameOnly(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(STRUCTURED).setLevel(logging.INFO)
    logging.raiseExceptions = False  # a full disk must not print the record to stderr
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            _stamp(process),
            allow_listed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: logging.getLogger(STRUCTURED),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    warnings.simplefilter("ignore")  # pydicom's warnings quote values
    sys.excepthook = _log_exception


def logger() -> Any:
    """Segel's log. ``logger().info("study-stored", duration_ms=12)``."""
    return structlog.stdlib.get_logger()


def allow_listed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the allow-listed keys whose values are plain numbers or words of our own source."""
    return {key: value for key, value in event.items() if key in KEYS and _is_safe(key, value)}


def describe(error: BaseException) -> dict[str, str]:
    """An exception as ``error`` and ``where``: its class and code places, never its text."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith("<"):  # the import system's own frames
            places.append(f"{Path(code.co_filename).stem}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"error": type(error).__name__, "where": " ".join(places[-FRAMES_MAX:])[:119]}


def _is_safe(key: str, value: object) -> bool:
    if isinstance(value, int | float):
        return abs(value) < NUMBER_MAX
    shape = SAFE_TEXT if key in TEXT_KEYS else SAFE_WORD
    return (
        isinstance(value, str)
        and shape.match(value) is not None
        and DIGIT_RUN.search(value) is None
    )


def _stamp(process: str) -> Any:
    def add(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.update(at_s=round(time.time(), 3), process=process, pid=os.getpid())
        return event

    return add


class _NameOnly(logging.Formatter):
    """Our own lines as they are; of a library's line only who wrote it and what was raised."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._stamp = _stamp(process)

    def format(self, record: logging.LogRecord) -> str:
        if record.name == STRUCTURED:
            return record.getMessage()
        said = {"event": "library", "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[1] is not None:
            said |= describe(record.exc_info[1])
        line = allow_listed(None, "", self._stamp(None, "", said))
        return str(structlog.processors.JSONRenderer()(None, "", line))


def _log_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        logger().error("ended-by-exception", **describe(error.with_traceback(trace)))
