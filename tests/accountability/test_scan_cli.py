"""``segel scan-copy`` as somebody types it: what it says, and its exit status."""

import json
from pathlib import Path

import pytest

from support.running import segel

NAME = "RATNA KUSUMANINGRUM"


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    file = tmp_path / "terms.txt"
    file.write_text(f"patient\t{NAME}\n# a comment\n9732014507880001\n" + "x" * 1000 + "\n")
    return file


def test_nothing_found(home: Path, terms: Path) -> None:
    (home / "file").write_bytes(b"nothing of the kind")
    done = segel("scan-copy", f"--home={home}", f"--terms={terms}")
    assert done.returncode == 0, done.stderr
    assert "None of the terms can be read." in done.stdout


def test_what_is_found_is_told_by_number_and_label_alone(home: Path, terms: Path) -> None:
    (home / "file").write_bytes(b"... " + NAME.encode() + b" ...")
    done = segel("scan-copy", f"--home={home}", f"--terms={terms}")
    assert done.returncode == 1
    assert "1 patient" in done.stdout
    assert "1 terms can be read" in done.stdout
    assert NAME not in done.stdout + done.stderr
    shown = segel("scan-copy", f"--home={home}", f"--terms={terms}", "--show-terms")
    assert NAME in shown.stdout


def test_the_report_as_json(home: Path, terms: Path) -> None:
    (home / "file").write_bytes(b"... " + NAME.encode())
    done = segel("scan-copy", f"--home={home}", f"--terms={terms}", "--json")
    report = json.loads(done.stdout)
    (hit,) = report["hits"]
    assert (hit["path"], hit["offset"], hit["term"], hit["label"]) == ("file", 4, 1, "patient")
    assert report["exit_status"] == done.returncode == 1
    assert NAME not in done.stdout


def test_what_cannot_be_read_is_not_called_clean(home: Path, terms: Path) -> None:
    """A stream that is cut may have held anything."""
    (home / "secret.zip").write_bytes(
        b"PK\3\4\x14\0\1\0\x08\0" + bytes(16) + b"\1\0\0\0x" + bytes(50)
    )
    done = segel("scan-copy", f"--home={home}", f"--terms={terms}")
    assert done.returncode == 2
    assert "not read: secret.zip: a zip member is encrypted" in done.stdout
    assert "not everything could be read" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--home=/nowhere/at/all"], "There is no such folder to scan. Give --home a folder."),
        (["--terms=/nowhere/at/all"], "The terms cannot be read: No such file or directory."),
        (["--terms=/dev/null"], "There are no terms to look for. Give one a line."),
    ],
)
def test_wrong_usage_is_one_line_and_not_a_finding(
    home: Path, terms: Path, arguments: list[str], said: str
) -> None:
    done = segel("scan-copy", f"--home={home}", f"--terms={terms}", *arguments)
    assert done.returncode == 2
    assert done.stderr.strip() == f"segel: {said}"


def test_an_option_that_is_missing_is_named(home: Path) -> None:
    done = segel("scan-copy", f"--home={home}")
    assert done.returncode == 2
    assert "--terms" in done.stderr
