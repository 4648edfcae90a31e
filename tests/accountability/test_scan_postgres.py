"""What a real PostgreSQL leaves on its disk: rows, long values, old versions, the log.

The embedded one is built without lz4; its value is made by hand.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from segel.accountability.scan_copy import ScanReport, parse_terms, scan_copy
from support.database import RunningPostgres, running_postgres

SHORT = "WAHYUNI PRATAMASARI"
DELETED = "DARMAWANGSA PUTRANTO"
PGLZ = "KARTIKASARI DEWANTI"
IN_LINE = "HAPSARI MUSTIKANINGSIH"
ABSENT = "NAWANGSIH PRAMESWARI"
TEMPLATE = "kunjungan rawat jalan ke poliklinik paru nomor {}; "


@pytest.fixture(scope="module")
def server() -> Iterator[RunningPostgres]:
    """Rows that were written, updated and deleted; the server is stopped, as a copied home's is."""
    with running_postgres() as running:
        with psycopg.connect(running.dsn("segel_owner"), autocommit=True) as connection:
            connection.execute("CREATE TABLE notes (id int, words text COMPRESSION pglz)")
            long = "".join(TEMPLATE.format(number) for number in range(6000))
            insert = "INSERT INTO notes VALUES (%s, %s)"
            connection.execute(insert, (1, SHORT))
            connection.execute(insert, (2, DELETED))
            connection.execute(insert, (3, long + PGLZ + long))
            connection.execute(insert, (4, "z" * 2000 + IN_LINE + "z" * 2000))
            connection.execute("DELETE FROM notes WHERE id = 2")
        running.stop()
        yield running


def scan(folder: Path, *terms: str) -> ScanReport:
    return scan_copy(folder, parse_terms(terms), workers=1)


@pytest.fixture(scope="module")
def found(server: RunningPostgres) -> dict[str, set[str]]:
    """By term: the ways in which it was found."""
    terms = (SHORT, DELETED, PGLZ, IN_LINE, ABSENT)
    ways: dict[str, set[str]] = {term: set() for term in terms}
    for folder in ("base", "pg_wal"):
        for hit in scan(server.server.data / folder, *terms).hits:
            ways[terms[hit.term - 1]].add(f"{folder}: {hit.way}")
    return ways


def test_rows_are_read_in_the_table_and_in_the_log(found: dict[str, set[str]]) -> None:
    assert {"base: plain", "pg_wal: plain"} <= found[SHORT]


def test_deleted_rows_are_read_as_well(found: dict[str, set[str]]) -> None:
    assert "base: plain" in found[DELETED]


def test_long_values_are_put_together_and_unpacked(found: dict[str, set[str]]) -> None:
    for folder in ("base", "pg_wal"):
        ways = {way for way in found[PGLZ] if way.startswith(folder)}
        assert any("TOAST" in way and "pglz" in way for way in ways), (folder, ways)
        assert f"{folder}: plain" not in ways  # it was compressed: so this test can fail


def test_values_compressed_within_their_row_are_unpacked(found: dict[str, set[str]]) -> None:
    assert "base: PostgreSQL pglz value > plain" in found[IN_LINE]


def test_what_was_never_written_is_not_found(found: dict[str, set[str]]) -> None:
    assert found[ABSENT] == set()


def test_values_of_lz4_are_unpacked(tmp_path: Path) -> None:
    """A block of the LZ4 format: a name, its last letter 300 times more, and an end."""
    name = SHORT.encode()
    first = bytes([0xFF, len(name) - 15]) + name + b"\1\0" + bytes([255, 300 - 4 - 15 - 255])
    content = name + name[-1:] * 300 + b"ended"
    packed = (len(content) | 1 << 30).to_bytes(4, "little") + first + b"\x50ended"
    value = ((len(packed) + 4) << 2 | 2).to_bytes(4, "little") + packed
    (tmp_path / "file").write_bytes(b"\7" * 61 + value + b"\7" * 50)
    ways = {hit.way for hit in scan(tmp_path, SHORT + SHORT[-1] * 20).hits}
    assert ways == {"PostgreSQL lz4 value > plain"}
