"""Every import contract holds, and each has been seen to fail: a violator is planted in a copy."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"

VIOLATORS = {
    "layers": ("domain/planted.py", "import segel.store"),
    "broker-insides": ("console/planted.py", "import segel.broker.directory"),
    "imaging-insides": ("console/planted.py", "import segel.imaging.dicom.header"),
    "accountability-insides": ("console/planted.py", "import segel.accountability.scan_copy"),
    "access-insides": ("console/planted.py", "import segel.access.http"),
    "records-insides": ("console/planted.py", "import segel.records.hl7.messages"),
    "cards-insides": ("console/planted.py", "import segel.cards.judging"),
    "cards-offline": ("cards/planted.py", "import httpx"),
    "leaks-insides": ("console/planted.py", "import segel.leaks.model"),
    "leaks-quarantine": ("leaks/intake/planted.py", "import segel.sealing"),
    "drill-blind": ("leaks/origin/planted.py", "import segel.leaks.drill.scenarios"),
    "witness-alone": ("witness/planted.py", "import segel.store.objects"),
    "kms": ("console/planted.py", "import segel.keys"),
    "sql": ("console/planted.py", "import psycopg"),
    "web": ("broker/planted.py", "import litestar"),
    "dimse": ("console/planted.py", "import pynetdicom"),
}


def contracts() -> list[str]:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    return [contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "static", "templates")
    shutil.copytree(REPOSITORY / "src" / "segel", folder / "segel", ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    return folder


def lint(folder: Path, *contract: str) -> tuple[int, str]:
    command = [str(LINT_IMPORTS), "--no-cache", "--no-logo", *contract]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_contract_holds(copy: Path) -> None:
    code, said = lint(copy)
    assert code == 0, said


def test_each_contract_has_its_violator() -> None:
    assert set(VIOLATORS) == set(contracts())


@pytest.mark.parametrize("contract", list(VIOLATORS))
def test_a_violation_is_caught(copy: Path, contract: str) -> None:
    place, line = VIOLATORS[contract]
    planted = copy / "segel" / place
    planted.write_text(f'"""Planted."""\n\n{line}\n')
    try:
        code, said = lint(copy, "--contract", contract)
    finally:
        planted.unlink()
    assert code == 1, said
    assert "BROKEN" in said
    assert "planted" in said


def test_a_package_without_a_place_is_caught(copy: Path) -> None:
    (copy / "segel" / "unplaced").mkdir()
    (copy / "segel" / "unplaced" / "__init__.py").write_text('"""Planted."""\n')
    try:
        code, said = lint(copy, "--contract", "layers")
    finally:
        shutil.rmtree(copy / "segel" / "unplaced")
    assert code == 1
    assert "unplaced" in said
