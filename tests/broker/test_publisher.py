"""The published log: complete, and never overwritten by a database that knows less."""

import asyncio
from typing import Any

import psycopg
import pytest

from segel.domain.roles import Role
from segel.tlog import NoteVerifier, RolledBack, verify_log


def test_a_restored_older_database_does_not_overwrite_what_was_published(
    estate_of: Any, database: Any, tmp_path: Any
) -> None:
    root = tmp_path / "objects" / "audit"

    async def run() -> None:
        async with estate_of() as estate:
            publisher = estate.broker.publisher
            await estate.token(Role.CLINICIAN)
            earlier = await publisher.publish()
            with psycopg.connect(database.owner) as connection:
                head = connection.execute("SELECT size, frontier FROM log_head").fetchall()[0]
            await estate.token(Role.RADIOLOGIST)
            size = await publisher.publish()
            assert size > earlier > 0
            checkpoint = (root / "checkpoint").read_bytes()
            with psycopg.connect(database.owner) as connection:
                connection.execute("UPDATE log_head SET size = %s, frontier = %s", head)
                connection.execute("DELETE FROM audit_entries WHERE leaf_index >= %s", (head[0],))
            with pytest.raises(RolledBack):
                await publisher.publish()
            assert (root / "checkpoint").read_bytes() == checkpoint
            verified = verify_log(
                lambda path: (root / path).read_bytes(), NoteVerifier.parse(publisher.vkey)
            )
            assert verified.checkpoint.size == size

    asyncio.run(run())
