"""The raw limit: what the same server stack does with the same bytes, and nothing more.

uvicorn takes a request's body as it comes; a thread seals the whole of it as one object (the same
cipher and segments as an archived instance), writes it to a new file past the page cache, syncs
file and folder, and only then is it answered. No DICOM, no multipart reader, no database, no
broker, no audit. As many processes behind one socket as Segel has gateways.

For reading, ``GET /<count>/<bytes>`` answers that many pieces from memory.
"""

import asyncio
import contextlib
import fcntl
import mmap
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import uvicorn

from bench.archives import BenchFailed
from segel.sealing import ObjectContext, new_patient_key, seal_into, sealed_length

PROCESSES: Final = 2
BLOCK_BYTES: Final = 4096
START_S: Final = 20
STOP_S: Final = 10
BACKLOG: Final = 64

Message = MutableMapping[str, Any]


class Sink:
    """The ASGI app."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = new_patient_key()
        self._patient = uuid4()
        self._spare: list[mmap.mmap] = []
        self._piece = b""

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["method"] == "POST":
            body = bytearray()
            more = True
            while more:
                message = await receive()
                body += message["body"]
                more = message.get("more_body", False)
            await asyncio.to_thread(self._keep, body)
            count, size = 1, 2
        else:
            count, size = (int(number) for number in scope["path"].strip("/").split("/"))
        if len(self._piece) != size:
            self._piece = os.urandom(size)
        headers = [(b"content-length", str(count * size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for _ in range(count):
            await send({"type": "http.response.body", "body": self._piece, "more_body": True})
        await send({"type": "http.response.body"})

    def _keep(self, body: bytearray) -> None:
        object_id = uuid4()
        length = sealed_length(len(body))
        padded = length + -length % BLOCK_BYTES
        memory = self._memory(padded)
        with memoryview(memory) as view:
            seal_into(self._key, ObjectContext(self._patient, object_id, 1), body, view[:length])
            self._write(object_id, view[:padded])
        self._spare.append(memory)

    def _memory(self, size: int) -> mmap.mmap:
        """Aligned memory, used again: fresh pages cost more than the cipher."""
        memory = self._spare.pop() if self._spare else mmap.mmap(-1, BLOCK_BYTES)
        return memory if len(memory) >= size else mmap.mmap(-1, size)

    def _write(self, object_id: UUID, content: memoryview) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(self._folder / object_id.hex, flags, 0o600)
        try:
            with contextlib.suppress(OSError):  # a file system without direct writes
                fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_DIRECT)
            while len(content):
                content = content[os.write(descriptor, content) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        above = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(above)
        finally:
            os.close(above)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[tuple[str, int]]:
    """The sink in ``folder``: host and port. Ended at the end."""
    folder.mkdir()
    listening = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    number = listening.fileno()
    command = [sys.executable, "-m", "bench.raw", str(number), str(folder)]
    processes = [subprocess.Popen(command, pass_fds=[number]) for _ in range(PROCESSES)]
    host, port = listening.getsockname()[:2]
    listening.close()
    try:
        _wait(processes, folder)
        yield host, port
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(STOP_S)


def _wait(processes: "list[subprocess.Popen[bytes]]", folder: Path) -> None:
    deadline_s = time.monotonic() + START_S
    while any(not (folder / f"ready-{process.pid}").exists() for process in processes):
        if time.monotonic() > deadline_s or any(one.poll() is not None for one in processes):
            raise BenchFailed("the raw sink does not start")
        time.sleep(0.05)


def main(descriptor: int, folder: Path) -> None:
    """Be one process of the sink."""
    config = uvicorn.Config(
        Sink(folder), lifespan="off", log_config=None, access_log=False, timeout_keep_alive=75
    )
    (folder / f"ready-{os.getpid()}").touch()
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
