"""`segel leak inspect` shows what is in a file, and does nothing that the file says."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segel.app.cli import app
from support.hostile.archives import ROWS, zipped

HOSTILE_ROWS = (
    b"NIK,=cmd|' /C calc'!A0,\x1b[2Jnama\n"
    b"9701010107900004,@SUM(1),\x1b]0;x\x07\xe2\x80\xaeBUDI\n" * 3
)


def ran(*words: str) -> Result:
    return CliRunner().invoke(app, ["leak", "inspect", *words])


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.zip"
    members = {"../rows.csv": ROWS, "=x.csv": HOSTILE_ROWS, "what.bin": b"\x7fELF" * 99}
    path.write_bytes(zipped(members))
    return path


def test_it_says_what_was_found_and_what_was_not_read_and_why(sample: Path) -> None:
    shown = ran(str(sample), "--no-ocr").output
    assert "read behind" in shown
    assert "NIK: nik (100%)" in shown
    assert "table rows.csv: 20 rows" in shown
    assert "Its format is known, but cannot be read here." in shown
    assert "points out of its container" in shown
    assert "4 files (3 read, 1 skipped)" in shown.replace("1 skipped, 3 read", "3 read, 1 skipped")


def test_a_terminal_obeys_nothing_of_it(sample: Path) -> None:
    shown = ran(str(sample), "--rows", "50").output
    assert "BUDI" in shown
    assert not set(shown) & {"\x1b", "\x07", "\u202e"}


def test_a_spreadsheet_computes_nothing_of_it(sample: Path) -> None:
    rows = list(csv.reader(io.StringIO(ran(str(sample), "--csv").stdout), delimiter=";"))
    assert len({len(row) for row in rows}) == 1
    cells = [cell.lstrip() for row in rows for cell in row]
    assert any("cmd|" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_as_json_a_column_is_corrected(sample: Path) -> None:
    said = json.loads(ran(str(sample), "--json", "--column", "rows.csv.NAMA=address").stdout)
    (one,) = said
    (table,) = [table for table in one["tables"].values() if table["name"] == "rows.csv"]
    assert [column["kind"] for column in table["columns"]] == ["nik", "address"]
    assert len(one["files"]["0"]["sha256"]) == 64
    assert one["examples"] == []


@pytest.mark.parametrize("wrong", ["x=nik", "a.b=owner", "a.b"])
def test_a_correction_that_is_none_is_refused(sample: Path, wrong: str) -> None:
    told = ran(str(sample), "--column", wrong)
    assert told.exit_code == 2
    assert "--column" in told.output
