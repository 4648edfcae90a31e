"""Proofs of any entry and from any size, made from the database's own rows."""

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import Event, Kind, Outcome
from segel.broker.ledger import Intent
from segel.broker.log_tree import Head, LogTree
from segel.domain.purpose import Purpose
from segel.tlog import (
    Frontier,
    IndexOutside,
    TlogError,
    verify_consistency,
    verify_inclusion,
)

ENTRIES = 530
"""Two full tiles of leaves, and a third that is not."""


def entry() -> Intent:
    return Intent(
        Event(
            Kind.QUERY, Outcome.SUCCESS, None, "operator", None, None,
            Purpose.SYSTEM_ADMINISTRATION, "test",
        )
    )  # fmt: skip


def grown(estate_of: Any, database: Any, check: Any) -> None:
    """A log with ``ENTRIES`` entries; ``check`` gets its tree and its leaves."""

    async def run() -> None:
        async with (
            estate_of() as estate,
            AsyncConnectionPool(database.broker, min_size=1, open=False) as pool,
        ):
            ledger = estate.broker.ledger
            size = (await ledger.commit(entry())).size
            await asyncio.gather(*(ledger.commit(entry()) for _ in range(ENTRIES - size)))
            async with await psycopg.AsyncConnection.connect(database.owner) as connection:
                rows = await connection.execute(
                    "SELECT leaf_hash FROM audit_entries ORDER BY leaf_index"
                )
                leaves = [bytes(row[0]) for row in await rows.fetchall()]
            await check(LogTree(pool), leaves, ledger)

    asyncio.run(run())


def root(leaves: list[bytes]) -> bytes:
    return Frontier().extend(leaves).root()


def test_every_entry_is_proved_in_every_later_tree(estate_of, database) -> None:
    async def check(tree: LogTree, leaves: list[bytes], _: Any) -> None:
        assert await tree.head() == Head(ENTRIES, root(leaves))
        for size in (1, 2, 255, 256, 257, 511, 512, 513, ENTRIES):
            wanted = sorted({0, size // 2, size - 1})
            proofs = await tree.inclusion(wanted, size)
            for leaf, proof in zip(wanted, proofs, strict=True):
                verify_inclusion(leaf, size, leaves[leaf], proof, root(leaves[:size]))
        backwards = await tree.inclusion([400, 3], ENTRIES)
        verify_inclusion(400, ENTRIES, leaves[400], backwards[0], root(leaves))
        verify_inclusion(3, ENTRIES, leaves[3], backwards[1], root(leaves))
        assert await tree.inclusion([], ENTRIES) == []

    grown(estate_of, database, check)


def test_every_tree_continues_every_earlier_one(estate_of, database) -> None:
    async def check(tree: LogTree, leaves: list[bytes], ledger: Any) -> None:
        sizes = (1, 2, 100, 255, 256, 257, 512, 529, ENTRIES)
        for old in sizes:
            for new in sizes:
                if old <= new:
                    proof = await tree.consistency(old, new)
                    verify_consistency(old, root(leaves[:old]), new, root(leaves[:new]), proof)
        assert await tree.consistency(0, ENTRIES) == ()
        # The rightmost tile grows, and proofs of the smaller tree stay what they were.
        before = await tree.inclusion([ENTRIES - 1], ENTRIES)
        await ledger.commit(entry())
        assert await tree.inclusion([ENTRIES - 1], ENTRIES) == before
        assert (await tree.head()).size == ENTRIES + 1

    grown(estate_of, database, check)


def test_what_the_log_does_not_have_is_not_proved(estate_of, database) -> None:
    async def check(tree: LogTree, leaves: list[bytes], _: Any) -> None:
        with pytest.raises(IndexOutside):
            await tree.inclusion([ENTRIES], ENTRIES)
        with pytest.raises(IndexOutside):
            await tree.consistency(10, 5)
        with pytest.raises(TlogError):
            await tree.inclusion([0], ENTRIES + 300)  # longer than what is committed

    grown(estate_of, database, check)
