"""The gate at the command line: a nonce for each holder, an answer to it, and nothing kept."""

import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from cards.test_passes import MAKER, holder
from segel.app.card_commands import app
from segel.app.card_gate_command import QUIT
from segel.cards import base64url
from segel.cards.passes import paper_text
from support.cards import NOW

SEGEL = Path(sys.executable).parent / "segel"
GATE = "segel-gate:"


class Gate:
    """A gate that runs; it shows its codes on standard error."""

    def __init__(self, folder: Path, *options: str) -> None:
        certificate = folder / "signer.pem"
        certificate.write_bytes(MAKER.pem)
        self.process = subprocess.Popen(
            [str(SEGEL), "card", "gate", f"--certificate={certificate}",
             f"--at={NOW.isoformat()}", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def nonce(self) -> bytes:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith(GATE):
                return base64url.decode(line.strip().removeprefix(GATE))
        raise AssertionError("no code is shown")

    def scan(self, text: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> int:
        self.process.communicate(f"{QUIT}\n", timeout=60)
        return self.process.returncode


def test_who_answers_is_let_in_once_and_a_copy_is_not(tmp_path: Path) -> None:
    one, gate = holder(), Gate(tmp_path)
    answered = one.answer(0, gate.nonce())
    assert gate.scan(answered) == "IN   valid"
    assert gate.nonce()
    assert gate.scan(answered).startswith("OUT  answer-wrong: ")
    assert gate.nonce()
    assert gate.scan(paper_text(one.passes[1])).startswith("OUT  answer-missing: ")
    assert gate.end() == 1


def test_paper_is_let_in_where_that_is_said_as_json(tmp_path: Path) -> None:
    certificate = tmp_path / "signer.pem"
    certificate.write_bytes(MAKER.pem)
    options = [f"--certificate={certificate}", f"--at={NOW.isoformat()}", "--paper", "--json"]
    done = CliRunner().invoke(app, ["gate", *options], f"{paper_text(holder().passes[0])}\n")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "valid": True, "reason": "valid", "place": "", "remarks": ["pass-copyable"],
    }  # fmt: skip
