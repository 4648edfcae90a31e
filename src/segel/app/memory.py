"""How much memory processes hold (proc(5), ``/proc/PID/status``)."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

KIB = 1024


def resident_bytes(roots: Iterable[int]) -> int:
    """What these processes and their descendants hold: each one's own pages, and shared memory
    (PostgreSQL's buffers) once. Pages of files are the system's and not counted."""
    held = [found for one in descendants(roots) if (found := _held(one)) is not None]
    return sum(own for own, _ in held) + max((shared for _, shared in held), default=0)


def descendants(roots: Iterable[int]) -> set[int]:
    """These processes, their children, and theirs."""
    wanted, children = set(roots), _children()
    reached = list(wanted)
    for one in reached:
        more = children.get(one, set()) - wanted
        wanted |= more
        reached += more
    return wanted


def _children() -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            _, _, after_name = (folder / "stat").read_bytes().rpartition(b")")
            found.setdefault(int(after_name.split()[1]), set()).add(int(folder.name))
    return found


def _held(process: int) -> tuple[int, int] | None:
    """A process' own and shared bytes; None where it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines)
    own, shared = (
        int(fields.get(name, "0 kB").split()[0]) * KIB for name in ("RssAnon", "RssShmem")
    )
    return own, shared
