"""However many partitions there are, a key is looked for in one."""

import os
import re
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from segel.broker import lookups, patients, search
from segel.broker.index import INDEX_VERSION
from segel.store import schema

TOKEN, ID = "bytea", "uuid"
STATEMENTS: dict[str, tuple[str, tuple[str, ...], tuple[Any, ...]]] = {
    "holders": (lookups._HOLDERS, ("bytea[]",), ([os.urandom(32)],)),
    "indexed": (lookups._INDEXED, ("bytea[]", "int"), ([os.urandom(32)], 10)),
    "patients": (patients._OPENED, ("uuid[]", "uuid"), ([uuid4()], uuid4())),
    "studies": (
        search._STUDIES,
        ("uuid[]", "uuid[]", "uuid", "int"),
        ([uuid4()], [uuid4()], uuid4(), 10),
    ),
    "studies of patients": (
        search._STUDIES_OF,
        ("uuid[]", "uuid", "int"),
        ([uuid4()], uuid4(), 10),
    ),
    "series": (search._SERIES, ("uuid[]", "uuid[]"), ([uuid4()], [uuid4()])),
    "instances": (search._INSTANCES, ("uuid[]", "uuid[]"), ([uuid4()], [uuid4()])),
}


def numbered(statement: str) -> str:
    """psycopg's placeholders as the server numbers them."""
    known: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1] or str(len(known))
        return f"${known.setdefault(name, len(known) + 1)}"

    return re.sub(r"%(?:\((\w+)\))?[sb]", number, statement)


@pytest.mark.parametrize("name", STATEMENTS)
def test_one_key_is_looked_for_in_one_partition(cluster: Any, name: str) -> None:
    statement, types, values = STATEMENTS[name]
    with psycopg.connect(cluster.owner, autocommit=True) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute(f"PREPARE look ({', '.join(types)}) AS {numbered(statement)}")
        given = ", ".join(f"%s::{kind}" for kind in types)
        plan = psycopg.ClientCursor(connection).execute(
            f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE look ({given})", values
        )
        scans = [row[0] for row in plan.fetchall() if re.search(r"Scan.* on \w+_\d\d ", row[0])]
    looked = [line for line in scans if "never executed" not in line]
    tables = {found[1] for line in scans if (found := re.search(r" on (\w+)_\d\d ", line))}
    assert len(scans) >= schema.PARTITIONS * len(tables) > 0
    assert len(looked) <= len(tables)


def test_who_has_older_tokens_is_known_by_an_index() -> None:
    (index,) = [one for one in schema.patients.indexes if one.name == "patients_of_older_index"]
    where = str(index.dialect_options["postgresql"]["where"])
    assert where == f"index_version < {INDEX_VERSION}"
