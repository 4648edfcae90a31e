"""Evidence from this machine's files: sealed piece by piece into the object store.

Started by root, the doors' user writes: what root wrote they could not read.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final
from uuid import UUID

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from segel.app.operator import ask_over_objects
from segel.broker import BrokerClient, Requester
from segel.broker.messages import ObjectLine
from segel.domain.cases import ObjectKind
from segel.leaks.cases import CaseStore
from segel.store.objects import ObjectStore

READ_BYTES: Final = 1 << 20


def add(
    folder: Path, requester: Requester, case_id: UUID, paths: list[Path], source: str
) -> list[ObjectLine]:
    """Seal files as evidence; as the case has them then. Raises NotRunning, BrokerError,
    StoreError."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in paths]

        async def sealed(client: BrokerClient, objects: ObjectStore) -> list[ObjectLine]:
            store = CaseStore(client.cases, objects)
            made = await _all(store, requester, case_id, files, source)
            view = await client.cases.show(requester, case_id)
            return [one for one in view.objects if one.object_id in made]

        return ask_over_objects(folder, sealed, writes=True)


async def _all(
    store: CaseStore, requester: Requester, case_id: UUID, files: Sequence[IO[bytes]], source: str
) -> list[UUID]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    made = []
    with Progress(*columns, console=Console(stderr=True)) as progress:
        total = sum(os.fstat(file.fileno()).st_size for file in files)
        task = progress.add_task("Sealing", total=total)
        for file in files:

            async def parts(file: IO[bytes] = file) -> AsyncIterator[bytes]:
                while part := await asyncio.to_thread(file.read, READ_BYTES):
                    progress.advance(task, len(part))
                    yield part

            name = Path(file.name).name
            made.append(
                await store.put(
                    requester, case_id, ObjectKind.EVIDENCE, name, parts(), source=source
                )
            )
    return made
