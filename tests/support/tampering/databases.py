"""Rows changed by somebody with the owner's password; then a broker goes on from them."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.tlog import EntryMismatch, ProofBroken, Receipt, TileMalformed, verify_receipt
from support.forging import Files
from support.tampering.case import BrokerClosed, Case, flipped
from support.tampering.estate import (
    SEEN,
    SIZE,
    Estate,
    broker_of,
    published,
    restore,
)

PROVED = 4
"""The entry that somebody asks a receipt of, afterwards."""


def databases(estate: Estate) -> Iterator[Case]:
    """Rows changed by somebody with the owner's password; then a broker goes on from them."""
    head = estate.rows["log_head"]
    seen_head = estate.seen_rows["log_head"]
    entries = estate.rows["audit_entries"]

    def with_entry(at: int, column: int) -> list[Any]:
        rows = [list(row) for row in entries]
        rows[at][column] = flipped(rows[at][column], 3)
        return rows

    frontier = bytearray(head[0][2])
    frontier[20] ^= 1
    tiles = [
        [level, index, flipped(hashes, 1)] for level, index, hashes in estate.rows["log_tiles"]
    ]
    forged_head = [[head[0][0], head[0][1], bytes(frontier), head[0][3]]]
    whole = estate.seen_rows
    cases: dict[str, tuple[dict[str, list[Any]], Files | None]] = {
        "rolled back": (whole, None),
        "rolled back with the published files": (whole, estate.seen_files),
        "rolled back with everything published removed": (whole, {}),
        "emptied": ({"audit_entries": [], "log_tiles": [], "log_head": [
            [1, 0, bytes(8), head[0][3]]]}, {}),
        "the newest entries deleted, the head with them": (
            estate.rows | {"audit_entries": entries[:SEEN], "log_head": seen_head}, None),
        "the frontier altered": (estate.rows | {"log_head": forged_head}, None),
        "an upper tile altered": (estate.rows | {"log_tiles": tiles}, None),
        "a new entry's hash altered": (
            estate.rows | {"audit_entries": with_entry(SIZE - 1, 1)}, None),
        "a new entry altered": (estate.rows | {"audit_entries": with_entry(SIZE - 1, 2)}, None),
        "an old entry's hash altered": (
            estate.rows | {"audit_entries": with_entry(PROVED + 1, 1)}, None),
        "an old entry deleted": (
            estate.rows | {"audit_entries": entries[:9] + entries[10:]}, None),
    }  # fmt: skip
    told: dict[str, tuple[type[Exception], str]] = {
        "a new entry altered": (EntryMismatch, "reader"),
        "an old entry's hash altered": (ProofBroken, "receipt"),
        "an old entry deleted": (TileMalformed, "receipt"),
    }
    for name, (rows, files) in cases.items():
        error, finder = told.get(name, (BrokerClosed, "broker, by witness"))
        yield Case("database", name, partial(_meet, estate, rows, files), error, finder)


def _meet(estate: Estate, rows: dict[str, list[Any]], files: Files | None) -> None:
    asyncio.run(_go_on(estate, rows, files))


async def _go_on(estate: Estate, rows: dict[str, list[Any]], files: Files | None) -> None:
    """A broker goes on from these rows and files; what it publishes then is read."""
    root = estate.settings.objects / "audit"
    kept = root.with_name("kept")
    shutil.copytree(root, kept)
    records = [path for each in estate.witnesses for path in (each.folder / "logs").glob("*.json")]
    known = [path.read_bytes() for path in records]
    restore(estate.owner, rows)
    try:
        if files is not None:
            shutil.rmtree(root)
            _write(root, files)
        async with broker_of(estate.settings) as broker:
            asked = m.DemoSignIn(await _somebody(broker))
            for _ in range(3):
                with contextlib.suppress(Exception):  # an assertion of the ledger is a refusal too
                    await broker.answer(asked, Caller.DOOR)
            states = await _release_states(broker)
            if states:
                raise BrokerClosed(states)
            size = await broker.publisher.log_size()
            await published(broker, size)
            proved = await broker.answer(m.ProveEntry(PROVED), Caller.DOOR)
            verify_receipt(
                Receipt.from_json(proved.receipt),
                estate.entries[PROVED],
                estate.key,
                witnesses=estate.cosigners,
                threshold=2,
            )
            estate.read({path.relative_to(root).as_posix(): path.read_bytes()
                         for path in root.rglob("*") if path.is_file()})  # fmt: skip
    finally:
        shutil.rmtree(root)
        kept.rename(root)
        restore(estate.owner, estate.rows)
        for path, content in zip(records, known, strict=True):  # the whole world, for the next
            path.write_bytes(content)


async def _somebody(broker: Any) -> Any:
    return (await broker.answer(m.ListDemoAccounts(), Caller.DOOR)).accounts[0].account_id


async def _release_states(broker: Any) -> set[str]:
    """What the witnesses say, where they do not let anything be released."""
    for _ in range(40):
        report = await broker.answer(m.ReportWitnesses(), Caller.OPERATOR)
        states = {each.state for each in report.witnesses}
        if states & {"forked", "rolled-back"}:
            return states
        if report.cosigned_size == report.log_size and states == {"cosigns"}:
            return set()
        await asyncio.sleep(0.05)
    return states


def _write(root: Path, files: Files) -> None:
    root.mkdir()
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
