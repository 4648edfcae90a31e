"""The real log: a broker on PostgreSQL writes it, two witnesses' processes cosign it."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.secrets import load_secrets
from segel.broker.server import opened
from segel.broker.settings import BrokerSettings
from segel.domain.roles import Role
from segel.keys import FileKms, open_kms
from segel.tlog import (
    CHECKPOINT_PATH,
    Checkpoint,
    CosignVerifier,
    NoteSigner,
    NoteVerifier,
    split_note,
    tiles_to_publish,
    verify_log,
)
from segel.witness import WitnessFolder
from support.forging import Files, Forge
from support.keeping import only
from support.tampering.case import WitnessRefused
from support.witnessing import RunningWitness, running_witness

ORIGIN = "rsud.example.id/audit"
SEEN, SIZE = 290, 640
"""Entries at the reader's earlier visit, and at this one."""

SKEW_S = 60

TABLES = ("audit_entries", "log_head", "log_tiles")


@dataclass
class Estate:
    """The real log at two sizes, whoever watches it, and the keys of the cheating operator."""

    settings: BrokerSettings
    kms: Path
    owner: str
    signer: NoteSigner
    witnesses: list[RunningWitness]
    seen_note: str
    note: str
    files: Files
    entries: list[bytes]
    rows: dict[str, list[Any]]
    seen_rows: dict[str, list[Any]]
    seen_files: Files

    @property
    def key(self) -> NoteVerifier:
        return self.signer.verifier()

    @property
    def cosigners(self) -> list[CosignVerifier]:
        return [each.verifier for each in self.witnesses]

    @property
    def seen(self) -> Checkpoint:
        return Checkpoint.parse(split_note(self.seen_note)[0])

    @property
    def now(self) -> Checkpoint:
        return Checkpoint.parse(split_note(self.note)[0])

    def forged(self, entries: list[bytes]) -> Forge:
        return Forge(self.signer, entries)

    def read(self, files: Files, *, memory: bool = True, quorum: int = 2, **more: Any) -> object:
        """A reader's visit."""
        return verify_log(
            files.__getitem__,
            self.key,
            previous=self.seen if memory else None,
            witnesses=self.cosigners,
            threshold=quorum,
            until_s=more.pop("until_s", int(time.time()) + SKEW_S),
            **more,
        )

    def ask_witness(self, body: bytes, which: int = 0) -> str:
        """A visit at a witness, who cosigns or raises WitnessRefused."""
        answer = httpx.post(f"{self.witnesses[which].url}add-checkpoint", content=body, timeout=10)
        if answer.status_code != 200:
            raise WitnessRefused(answer.status_code)
        return answer.text


@contextlib.contextmanager
def real_log(owner: str, dsn: str) -> Iterator[Estate]:
    """A broker's log of 640 entries, cosigned all along by two witnesses."""
    with contextlib.ExitStack() as stack:
        pair = [stack.enter_context(running_witness(name)) for name in ("bssn", "ui")]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="segel-tamper-")))
        FileKms.create(folder / "kms")
        settings = BrokerSettings(
            socket=folder / "b.sock",
            operator_socket=folder / "o.sock",
            database=dsn,
            kms=folder / "kms",
            objects=folder / "objects",
            key_backup=folder / "wrapped",
            log_origin=ORIGIN,
            demo=True,
        )
        with psycopg.connect(owner, autocommit=True) as connection:
            names = connection.execute(
                "SELECT string_agg(relname, ', ') FROM pg_class c JOIN pg_namespace n"
                " ON n.oid = relnamespace WHERE nspname = 'public' AND relkind IN ('r', 'p')"
                " AND NOT relispartition AND relname <> 'alembic_version'"
            ).fetchone()
            assert names is not None
            connection.execute(f"TRUNCATE {names[0]}")
        yield asyncio.run(_grown(settings, pair, owner))


async def _grown(settings: BrokerSettings, pair: list[RunningWitness], owner: str) -> Estate:
    async with broker_of(settings) as broker:
        vkey = broker.publisher.vkey
    for each in pair:
        WitnessFolder.open(each.folder).add_log(vkey)
    settings = msgspec.structs.replace(settings, witnesses=tuple(each.setting for each in pair))
    kms_folder = settings.kms
    assert isinstance(kms_folder, Path)
    notes, rows, files = [], [], []
    root = settings.objects / "audit"
    async with broker_of(settings) as broker:
        for size in (SEEN, SIZE):
            await grow(broker, size)
            await published(broker, size)
            notes.append((root / CHECKPOINT_PATH).read_text())
            rows.append(rows_of(owner))
            files.append(needed(root, size))
    async with await psycopg.AsyncConnection.connect(settings.database) as connection:
        kms = open_kms(settings.kms_place, production=False)
        _, secrets = await load_secrets(connection, only(kms, settings.key_backup))
    return Estate(
        settings=settings,
        kms=kms_folder,
        owner=owner,
        signer=NoteSigner(ORIGIN, secrets.log_signing),
        witnesses=pair,
        seen_note=notes[0],
        note=notes[1],
        files=files[1],
        entries=[row[2] for row in rows[1]["audit_entries"]],
        rows=rows[1],
        seen_rows=rows[0],
        seen_files=files[0],
    )


@contextlib.asynccontextmanager
async def broker_of(settings: BrokerSettings) -> Any:
    kms = open_kms(settings.kms_place, production=False)
    async with opened(settings, kms, time.time) as broker:
        yield broker


async def grow(broker: Any, size: int) -> None:
    """Sign-ins until the log has exactly so many entries."""
    await broker.answer(m.EnrolHospital("H1", "RSUD H1"), Caller.OPERATOR)
    done = await broker.answer(
        m.EnrolAccount("Sari", Role.RADIOGRAPHER, "H1", demo=True), Caller.OPERATOR
    )
    missing = size - await broker.publisher.log_size()
    asked = m.IssueToken(done.identifier, 3_600)
    await asyncio.gather(*(broker.answer(asked, Caller.OPERATOR) for _ in range(missing)))
    assert await broker.publisher.log_size() == size


async def published(broker: Any, size: int) -> None:
    for _ in range(200):
        await broker.answer(m.ReportWitnesses(), Caller.OPERATOR)
        if await broker.publisher.publish() == size:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("never published")


def rows_of(owner: str) -> dict[str, list[Any]]:
    with psycopg.connect(owner) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in TABLES
        }


def restore(owner: str, rows: dict[str, list[Any]]) -> None:
    """Put the log's tables into a state, as somebody with the owner's password can."""
    with psycopg.connect(owner) as connection:
        for table, content in rows.items():
            connection.execute(f"DELETE FROM {table}")
            if content:
                places = ", ".join(["%s"] * len(content[0]))
                with connection.cursor() as cursor:
                    cursor.executemany(f"INSERT INTO {table} VALUES ({places})", content)


def needed(root: Path, size: int) -> Files:
    """The files that a log of this size has to publish."""
    paths = [CHECKPOINT_PATH]
    for tile in tiles_to_publish(0, size):
        paths += [tile.path()] + ([tile.entries_path()] if tile.level == 0 else [])
    return {path: (root / path).read_bytes() for path in paths}
