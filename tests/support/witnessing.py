"""Witnesses as their operators run them, and a log that can be grown and forked at will."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import (
    Checkpoint,
    CosignVerifier,
    Frontier,
    NoteSigner,
    NoteVerifier,
    Submission,
    consistency_proof,
    leaf_hash,
    node_hash,
    sign_note,
)
from segel.witness import WitnessFolder

ORIGIN = "hospital.example/audit"


@dataclass
class GrownLog:
    """A log in memory; ``fork`` makes one that shares its first entries and its key."""

    signer: NoteSigner = field(
        default_factory=lambda: NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    )
    leaves: list[bytes] = field(default_factory=list)

    def grow(self, count: int, kind: bytes = b"entry") -> "GrownLog":
        """Append so many entries."""
        start = len(self.leaves)
        self.leaves += [leaf_hash(kind + b" %d" % (start + each)) for each in range(count)]
        return self

    def fork(self, at: int) -> "GrownLog":
        """Another log of the same key that has only the first ``at`` entries."""
        return GrownLog(self.signer, self.leaves[:at])

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """The state at a size."""
        leaves = self.leaves if size is None else self.leaves[:size]
        frontier = Frontier().extend(leaves)
        return Checkpoint(self.signer.name, frontier.size, frontier.root())

    def note(self, size: int | None = None) -> str:
        """The signed checkpoint of a size."""
        return sign_note(self.checkpoint(size).text(), self.signer)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        """The consistency proof between two sizes."""
        return consistency_proof(old, new, self._hash) if old else ()

    def submission(self, old: int, size: int | None = None) -> bytes:
        """What an honest log sends."""
        new = len(self.leaves) if size is None else size
        return Submission(old, self.proof(old, new), self.note(new)).encode()

    def _hash(self, level: int, index: int) -> bytes:
        if level == 0:
            return self.leaves[index]
        return node_hash(self._hash(level - 1, 2 * index), self._hash(level - 1, 2 * index + 1))


@dataclass(frozen=True)
class RunningWitness:
    """A witness' own process."""

    folder: Path
    url: str
    verifier: CosignVerifier
    process: "subprocess.Popen[str]"

    @property
    def setting(self) -> str:
        """As the setting ``witnesses`` of a Segel names it."""
        return f"{self.folder.name} {self.url} {self.verifier.vkey()}"


def start(folder: Path, *, port: int = 0) -> RunningWitness:
    """``segel witness run`` in a folder that was made; it listens when this returns."""
    program = Path(sys.executable).parent / "segel"
    process = subprocess.Popen(
        [str(program), "witness", "run", f"--folder={folder}", f"--listen=127.0.0.1:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    if "Witnessing at" not in said:
        assert process.stderr is not None
        raise AssertionError(said + process.stderr.read())
    url = said.split()[-1]
    return RunningWitness(folder, url, WitnessFolder.open(folder).verifier, process)


@contextlib.contextmanager
def running_witness(name: str, *logs: NoteVerifier) -> Iterator[RunningWitness]:
    """A new witness of these logs; its process ends with the test."""
    with tempfile.TemporaryDirectory(prefix="segel-witness-") as above:
        folder = Path(above) / name
        made = WitnessFolder.create(folder, f"{name}.example/witness")
        for each in logs:
            made.add_log(each.vkey())
        running = start(folder)
        try:
            yield running
        finally:
            running.process.kill()
            running.process.communicate()
