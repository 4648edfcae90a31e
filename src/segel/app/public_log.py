"""The audit log for everybody, at ``/audit/tlog/`` (C2SP tlog-tiles).

Entries are salted commitments and hashes: they tell how much was logged and, to who keeps asking,
when; nothing of whom or what. No session is needed, neither broker nor database is asked, and no
name of a file is taken from the request: a path is parsed and written anew.
"""

import asyncio
from collections import OrderedDict
from typing import Any, Final

from litestar.handlers import ASGIRouteHandler

from segel.app.public_files import FRESH, TEXT, Answered, mounted, operation, problem
from segel.broker.publisher import AUDIT_PREFIX
from segel.store.objects import ObjectMissing, ObjectStore, StoreError
from segel.tlog import CHECKPOINT_PATH, TilePathMalformed, parse_tile_path

PATH: Final = "/audit/tlog"

READS_MAX: Final = 4
"""Files being read at once: strangers get no more of the threads that seal images."""

WAITING_MAX: Final = 256
"""Requests that wait for a read; beyond it they are told to come back."""

CACHED_MAX: Final = 512
"""Full tiles kept, 9 kB each at most; they never change."""

BYTES: Final = "application/octet-stream"
IMMUTABLE: Final = "public, max-age=31536000, immutable"


class PublicLog:
    """Reads the published files; ``answer`` is all that the web sees of it."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._reads = asyncio.Semaphore(READS_MAX)
        self._waiting = 0
        self._cached: OrderedDict[str, bytes] = OrderedDict()

    async def answer(self, method: str, path: str) -> Answered:
        """Status, headers and body. ``path`` is relative to the log's prefix."""
        if method not in ("GET", "HEAD"):
            return problem(405, "The log is read with GET.", {"Allow": "GET, HEAD"})
        if path == CHECKPOINT_PATH:
            kind, caching, keep = TEXT, FRESH, False
        else:
            try:
                parsed = parse_tile_path(path)
            except TilePathMalformed:
                return problem(404, "The log has no such file.")
            tile = parsed.tile
            path = tile.entries_path() if parsed.holds_entries else tile.path()
            kind, caching, keep = BYTES, IMMUTABLE, tile.is_full
        if self._waiting >= WAITING_MAX:
            return problem(503, "Too many readers at once.", {"Retry-After": "1"})
        try:
            content = await self._read(path, keep=keep)
        except ObjectMissing:
            return problem(404, "The log has no such file.")
        except StoreError:
            return problem(503, "The log cannot be read now.", {"Retry-After": "5"})
        return 200, {"Content-Type": kind, "Cache-Control": caching}, content

    async def _read(self, path: str, *, keep: bool) -> bytes:
        if path in self._cached:
            self._cached.move_to_end(path)
            return self._cached[path]
        self._waiting += 1
        try:
            async with self._reads:
                content = await self._objects.get(f"{AUDIT_PREFIX}/{path}")
        finally:
            self._waiting -= 1
        if keep:
            self._cached[path] = content
            if len(self._cached) > CACHED_MAX:
                self._cached.popitem(last=False)
        return content


def handler(objects: ObjectStore) -> ASGIRouteHandler:
    """What is mounted at ``/audit/tlog``."""
    return mounted(PATH, PublicLog(objects).answer)


# --- its description ---------------------------------------------------------------------------


def paths() -> dict[str, Any]:
    """The OpenAPI paths of the log."""
    index = {
        "name": "index",
        "in": "path",
        "required": True,
        "description": "The tile's number in groups of three digits, all but the last after an"
        " `x` (`x001/234`); `.p/W` follows where only the first W are there yet.",
        "schema": {"type": "string", "pattern": "^[0-9]{3}$"},
        "example": "000",
    }
    level = {
        "name": "level",
        "in": "path",
        "required": True,
        "description": "0 for leaf hashes; each level above has the roots of 256 full tiles.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 63},
        "example": 0,
    }

    def get(summary: str, kind: str, source: str, *parameters: dict[str, Any]) -> dict[str, Any]:
        tells = "it tells how much was logged, not whom or what"
        return {"get": operation(summary, kind, list(parameters), source, "Audit log", tells)}

    tiles = "C2SP tlog-tiles"
    return {
        f"{PATH}/checkpoint": get(
            "The newest signed checkpoint of the audit log.", TEXT, "C2SP tlog-checkpoint"
        ),
        f"{PATH}/tile/{{level}}/{{index}}": get(
            "Hashes of the log's tree.", BYTES, tiles, level, index
        ),
        f"{PATH}/tile/entries/{{index}}": get("Entries of the log.", BYTES, tiles, index),
    }
