"""The parent of the readers: gives each a file, believes nothing of what it says, outlives it.

The sample is never on a disk: it is copied into anonymous memory (memfd_create), sealed against
change, and read by a child from there. Where a child dies, hangs or lies, the file that it was at
is said to be skipped, and another child goes on behind it.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from segel.leaks.intake import framing
from segel.leaks.intake.framing import ReaderLied
from segel.leaks.intake.keeping import FoundTooMuch, Keeping
from segel.leaks.intake.model import (
    NAME_LENGTH_MAX,
    PARCEL_BYTES_MAX,
    Done,
    FileFound,
    Finding,
    Limits,
    Parcel,
    Raised,
    Task,
    Wanted,
)
from segel.leaks.intake.reasons import Reason
from segel.leaks.model import ColumnKind, Handling, SampleFile

_CHILD: Final = ("-I", "-X", "faulthandler=0", "-m", "segel.leaks.intake.child")
_READ_BYTES: Final = 4 * 1024 * 1024
"""That asyncio keeps of a child's output before it stops taking more."""
_SEALS: Final = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
_ENDED_S: Final = 5.0
"""A child that was killed is gone by then."""


async def inspect(
    name: str,
    chunks: AsyncIterator[bytes],
    limits: Limits | None = None,
    *,
    passwords: Sequence[str] = (),
    kinds: Mapping[str, ColumnKind] | None = None,
    wanted: Wanted = Wanted.NOTHING,
) -> AsyncGenerator[Finding, None]:
    """What is in a file of a sample, while it is found; the last ``FileFound`` is of the file
    itself (place 0), and comes whatever happens.

    ``name``: shown as the first step of each path. ``passwords``: tried on what is encrypted.
    ``kinds``: what columns hold, by TABLE.COLUMN, where somebody corrected it. ``wanted``: what is
    made of pictures.
    Raises nothing for what is in the file; what ``chunks`` raises comes out. Use it within
    ``contextlib.aclosing``, so that a child ends with who stops listening.
    """
    limits = limits or Limits()
    step = name.encode(errors="replace").decode()[-NAME_LENGTH_MAX:] or "_"
    task = Task(step, limits, tuple(passwords), tuple((kinds or {}).items()), wanted=wanted)
    with _memory() as sample:
        length, digest, is_held = 0, hashlib.sha256(), True
        async for chunk in chunks:
            digest.update(chunk)
            length += len(chunk)
            is_held = is_held and length <= limits.file_bytes and _write(sample, chunk)
        if not is_held:
            why = Reason.HELD.value
            file = SampleFile((step,), length, digest.digest(), "unknown", Handling.SKIPPED, why)
            yield FileFound(0, file)
            return
        fcntl.fcntl(sample, fcntl.F_ADD_SEALS, _SEALS)
        keeping = Keeping(limits, step, length, digest.digest())
        until = time.monotonic() + limits.seconds
        async with contextlib.aclosing(_read(sample, task, keeping, until)) as findings:
            async for finding in findings:
                yield finding


async def _read(
    sample: int, task: Task, keeping: Keeping, until: float
) -> AsyncGenerator[Finding, None]:
    """One child after the other, until one comes to the end."""
    crashes = 0
    while True:
        reason = Reason.CRASHED
        try:
            async with _child(sample, task) as child:
                while True:
                    parcel = await _next(child, keeping.limits.stall_s, until)
                    if parcel is None:
                        reason = await _death(child)
                        break
                    said, length = parcel
                    keeping.weigh(length)
                    for finding in keeping.take(said):
                        if not (isinstance(finding, Raised) and crashes):
                            yield finding
                    if isinstance(said, Raised) and not said.is_enough:
                        reason = Reason.UNSTARTED
                        break
                    if isinstance(said, Done):
                        await _death(child)
                        return
        except TimeoutError:
            reason = Reason.TIME
        except ReaderLied:
            reason = Reason.LIED
        except FoundTooMuch:
            reason = Reason.FINDINGS
        except OSError:  # there is no room for another process
            reason = Reason.UNSTARTED
        crashes += 1
        is_over = (
            crashes > keeping.limits.crashes
            or time.monotonic() >= until
            or reason in (Reason.FINDINGS, Reason.UNSTARTED)
        )
        for found in keeping.died(reason, is_over=is_over):
            yield found
        if keeping.is_over:
            return
        task = msgspec.structs.replace(
            task,
            begin=keeping.files,
            skip=tuple(keeping.skipped.items()),
            tables=keeping.tables,
            texts=keeping.text_chars,
        )


async def _next(
    child: asyncio.subprocess.Process, stall_s: float, until: float
) -> tuple[Parcel, int] | None:
    """The next parcel and its bytes; None at the end. Raises TimeoutError, ReaderLied."""
    assert child.stdout is not None
    left = min(stall_s, until - time.monotonic())
    async with asyncio.timeout(max(left, 0)):
        try:
            length = framing.LENGTH.unpack(await child.stdout.readexactly(framing.LENGTH.size))[0]
            if length > PARCEL_BYTES_MAX:
                raise ReaderLied("a parcel over the cap")
            return framing.parcel_of(await child.stdout.readexactly(length)), length
        except asyncio.IncompleteReadError:
            return None


async def _death(child: asyncio.subprocess.Process) -> Reason:
    """What a child died of, as far as the kernel tells."""
    try:
        async with asyncio.timeout(_ENDED_S):
            code = await child.wait()
    except TimeoutError:
        return Reason.TIME
    return Reason.TIME if code == -signal.SIGXCPU else Reason.CRASHED


@contextlib.asynccontextmanager
async def _child(sample: int, task: Task) -> AsyncIterator[asyncio.subprocess.Process]:
    """A reader that has its task. It is gone at the end, whatever it does."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, *_CHILD, str(os.getpid()), str(sample),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # what a decoder says may quote the sample
        pass_fds=(sample,),
        env={"PATH": "/nowhere", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"},
        limit=_READ_BYTES,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert child.stdin is not None
        child.stdin.write(msgspec.msgpack.encode(task))
        with contextlib.suppress(OSError):  # it died already: that is seen where it is read
            child.stdin.close()
        yield child
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
        if child.stdout is not None:
            child.stdout._transport.close()  # type: ignore[attr-defined]
        await asyncio.shield(child.wait())


@contextlib.contextmanager
def _memory() -> Iterator[int]:
    """A file that is on no disk, and gone when nobody has it open."""
    sample = os.memfd_create("sample", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        yield sample
    finally:
        os.close(sample)


def _write(sample: int, chunk: bytes) -> bool:
    """False where the machine has no memory for it."""
    left = memoryview(chunk)
    try:
        while left:
            left = left[os.write(sample, left) :]
    except OSError:
        return False
    return True
