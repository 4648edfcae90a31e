"""Reads a sample without walls, in this process, and checks each parcel as the parent would."""

import hashlib
import io

import msgspec

from segel.leaks.intake import framing
from segel.leaks.intake.keeping import Keeping
from segel.leaks.intake.model import PARCEL_BYTES_MAX, Finding, Limits, Parcel, Task
from segel.leaks.intake.reading.findings import Findings
from segel.leaks.intake.reading.flow import Budget, Flow, Stopped
from segel.leaks.intake.reading.opening import Opening

_encoder = msgspec.msgpack.Encoder()


class _Heard(Findings):
    """Findings whose parcels go to the parent's checks at once."""

    def __init__(self, task: Task, keeping: Keeping) -> None:
        super().__init__(-1, task)
        self.heard: list[Finding] = []
        self._keeping = keeping

    def _send(self, parcel: Parcel) -> None:
        packed = _encoder.encode(parcel)
        assert len(packed) <= PARCEL_BYTES_MAX
        self.heard += self._keeping.take(framing.parcel_of(packed))


def read_here(name: str, data: bytes, limits: Limits) -> list[Finding]:
    """What is found. Raises what the quarantine would take for a crash, or for a lie."""
    task = Task(name, limits)
    keeping = Keeping(limits, name, len(data), hashlib.sha256(data).digest())
    heard = _Heard(task, keeping)
    file = io.BytesIO(data)
    budget = Budget(limits, len(data), heard)
    flow = Flow(file, budget, length=len(data), inflated=False, seekable_file=file)
    try:
        Opening(heard, budget, ()).read(flow, (name,), 0)
    except Stopped as stopped:
        if not stopped.for_all:
            raise AssertionError("a file's own end stays within it") from stopped
    heard.done()
    assert keeping.is_over
    return heard.heard
