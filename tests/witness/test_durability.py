"""A witness that is killed at any moment never cosigns two pasts, whatever it is shown."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from segel.tlog import Checkpoint, require_quorum, take_cosignature
from segel.witness import StateBroken, Witness, WitnessFolder
from support.witnessing import GrownLog, start

KILLS = int(os.environ.get("SEGEL_WITNESS_KILLS", "6"))
COMMON = 40


def test_kill_9_never_makes_it_cosign_a_fork(tmp_path: Path) -> None:
    honest = GrownLog().grow(COMMON + 4_000)
    fork = honest.fork(COMMON).grow(4_000, b"other")
    folder = tmp_path / "w"
    WitnessFolder.create(folder, "w.example/1").add_log(honest.signer.verifier().vkey())
    cosigned: dict[int, set[str]] = {}
    order = random.Random(7)
    for _ in range(KILLS):
        running = start(folder)

        def press(log: GrownLog, url: str = running.url, witness: Any = running.verifier) -> None:
            """Go on from wherever the witness says it is."""
            old, size = 0, 1
            with httpx.Client(base_url=url, timeout=10) as web:
                for _ in range(400):
                    body = log.submission(old, size)
                    try:
                        answer = web.post("/add-checkpoint", content=body)
                    except httpx.HTTPError:
                        return
                    if answer.status_code == 409:
                        old = int(answer.text)
                        size = old + 1
                    elif answer.status_code == 200:
                        note = log.note(size)
                        line, _ = take_cosignature(note, answer.text, witness)
                        require_quorum(note + str(line), log.signer.verifier(), [witness], 1)
                        cosigned.setdefault(size, set()).add(note)
                        old, size = size, size + 1
                    else:
                        assert answer.status_code == 422, answer.text
                        return

        threads = [threading.Thread(target=press, args=(log,)) for log in (honest, fork)]
        order.shuffle(threads)
        for each in threads:
            each.start()
        threads[0].join(timeout=0.1 + order.random() * 0.4)
        running.process.send_signal(signal.SIGKILL)
        running.process.communicate()
        for each in threads:
            each.join()
    newest = max(cosigned)
    assert newest > COMMON, "it was pressed past the fork"
    assert all(len(notes) == 1 for notes in cosigned.values()), "two pasts of one size"
    branches = {
        size: note == fork.note(size)
        for size, notes in cosigned.items()
        if size > COMMON
        for note in notes
    }
    assert len(set(branches.values())) == 1, "one branch to the end"
    (record,) = WitnessFolder.open(folder).records()
    assert record.size >= newest, "it never knows less than it said"
    checkpoint = Checkpoint.parse(record.note.partition("\n\n")[0] + "\n")
    assert checkpoint.size == record.size


def test_a_record_is_on_the_disk_before_the_cosignature_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = GrownLog().grow(9)
    folder = WitnessFolder.create(tmp_path / "w", "w.example/1")
    folder.add_log(log.signer.verifier().vkey())
    happened: list[str] = []
    for name in ("fsync", "rename"):
        real = getattr(os, name)

        def noted(*arguments: Any, name: str = name, real: Any = real) -> Any:
            happened.append(name)
            return real(*arguments)

        monkeypatch.setattr(os, name, noted)
    Witness(folder, lambda: 5.0).add_checkpoint(log.submission(0))
    assert happened == ["fsync", "rename", "fsync"]


@pytest.mark.parametrize("fails", ["fsync", "rename"])
def test_a_disk_that_fails_is_a_cosignature_that_is_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    log = GrownLog().grow(9)
    folder = WitnessFolder.create(tmp_path / "w", "w.example/1")
    folder.add_log(log.signer.verifier().vkey())
    witness = Witness(folder, lambda: 5.0)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, fails, full)
        with pytest.raises(StateBroken):
            witness.add_checkpoint(log.submission(0))
    assert folder.records()[0].size == 0
    witness.add_checkpoint(log.submission(0))
    assert folder.records()[0].size == 9


def test_two_witnesses_do_not_run_on_one_folder(tmp_path: Path) -> None:
    WitnessFolder.create(tmp_path / "w", "w.example/1")
    running = start(tmp_path / "w")
    try:
        with pytest.raises(AssertionError, match="runs already"):
            start(tmp_path / "w")
    finally:
        running.process.terminate()
        running.process.communicate()


def test_it_runs_without_a_database_driver_or_any_of_segels_insides() -> None:
    code = (
        "import sys\n"
        "for name in ('psycopg', 'litestar', 'pydicom', 'sqlalchemy'): sys.modules[name] = None\n"
        "import segel.witness\n"
        "print(sorted(n for n in sys.modules if n.startswith('segel.') and n.count('.') == 1))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['segel.domain', 'segel.tlog', 'segel.witness']"
