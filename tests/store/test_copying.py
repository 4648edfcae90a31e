"""Rows that are written by COPY come back as they were."""

from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.store.copying import copy_rows, encoded

COLUMNS = {"id": "uuid", "token": "bytea", "day": "date", "version": "int2"}
ROWS = st.lists(
    st.tuples(
        st.uuids(),
        st.binary(max_size=300),
        st.dates(date(1900, 1, 1), date(2200, 1, 1)),
        st.integers(-(2**15), 2**15 - 1),
    ),
    max_size=20,
)


@given(rows=ROWS)
@settings(max_examples=30, deadline=None)
def test_rows_come_back(cluster: Any, rows: list[tuple[UUID, bytes, date, int]]) -> None:
    with psycopg.connect(cluster.owner) as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        connection.execute(f"CREATE TEMPORARY TABLE copied ({columns})")
        copy_rows(connection, "copied", COLUMNS, rows)
        assert sorted(connection.execute("SELECT * FROM copied").fetchall()) == sorted(rows)
        connection.rollback()


def test_a_row_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        encoded(["uuid", "bytea"], [(UUID(int=1),)])
