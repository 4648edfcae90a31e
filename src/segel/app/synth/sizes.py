"""What the tables take on the disk, and putting them in order after a load."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from segel.broker.bulk import COLUMNS
from segel.store.schema import PARTITIONED

TABLES: Final = (*COLUMNS, "series")
SIDE_BY_SIDE: Final = 2
"""Tables put in order at a time: one reads while the other writes."""

_LEAVES: Final = (
    "leaves AS (SELECT relid FROM pg_partition_tree(%(table)s) WHERE isleaf"
    " UNION SELECT oid FROM pg_class WHERE oid = %(table)s::regclass AND relkind = 'r')"
)
"""The partitions of a table, or itself where it has none."""

_NAMES: Final = f"WITH {_LEAVES} SELECT relid::regclass::text FROM leaves ORDER BY 1"  # noqa: S608
_SIZES: Final = (
    f"WITH {_LEAVES} SELECT sum(greatest(c.reltuples, 0))::bigint,"  # noqa: S608
    " sum(pg_table_size(c.oid))::bigint FROM leaves JOIN pg_class c ON c.oid = leaves.relid"
)
_INDEXES: Final = (
    f"WITH {_LEAVES} SELECT coalesce(p.relname, c.relname),"  # noqa: S608
    " sum(pg_relation_size(c.oid))::bigint"
    " FROM leaves JOIN pg_index i ON i.indrelid = leaves.relid"
    " JOIN pg_class c ON c.oid = i.indexrelid"
    " LEFT JOIN pg_inherits h ON h.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = h.inhparent"
    " GROUP BY 1 ORDER BY 1"
)


@dataclass(frozen=True, slots=True)
class TableSize:
    """``rows`` as the planner counts them; ``indexes``: bytes by name."""

    name: str
    rows: int
    heap_bytes: int
    indexes: dict[str, int]

    @property
    def bytes(self) -> int:
        """All of it."""
        return self.heap_bytes + sum(self.indexes.values())


def settle(dsn: str, told: Callable[[int, int], None]) -> None:
    """Vacuum and analyse what was written: from then on indexes alone can answer, no old row is
    ever looked at again to freeze it, and the planner knows what there is. ``told``: done, of."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        leaves = [
            row[0] for table in TABLES for row in connection.execute(_NAMES, {"table": table})
        ]

    def one(leaf: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("VACUUM (FREEZE, ANALYZE) {}").format(sql.Identifier(leaf)))

    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        for done, _ in enumerate(threads.map(one, leaves), 1):
            told(done, len(leaves))
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in PARTITIONED:
            # Nobody else ever does: autovacuum sees partitions only.
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)))


def sizes(dsn: str) -> list[TableSize]:
    """Every table that is filled."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = []
        for table in TABLES:
            row = connection.execute(_SIZES, {"table": table}).fetchone()
            assert row is not None
            indexes: dict[str, int] = dict(
                connection.execute(_INDEXES, {"table": table}).fetchall()
            )
            found.append(TableSize(table, row[0], row[1], indexes))
    return found
