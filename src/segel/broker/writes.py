"""Several writes as one statement: one way to the server, and one plan, instead of many."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg


class Write(NamedTuple):
    """An INSERT or UPDATE, and its parameters in order."""

    statement: str
    parameters: Sequence[Any]


async def write_all(cursor: psycopg.AsyncCursor, writes: Sequence[Write]) -> None:
    """Carry out all, at least one, or none. Each writes other rows than the rest: none of them
    sees what another does (PostgreSQL, "Data-Modifying Statements in WITH")."""
    *others, last = writes
    named = ", ".join(f"w{number} AS ({one.statement})" for number, one in enumerate(others))
    await cursor.execute(
        f"WITH {named} {last.statement}" if named else last.statement,
        [parameter for one in writes for parameter in one.parameters],
    )
