"""The reader: ``python -I -m segel.leaks.intake.child PARENT SAMPLE``.

``PARENT`` is the process that started it, ``SAMPLE`` the descriptor of the file to read, which is
memory and not to be changed. The task comes on standard input, parcels go to standard output. The
walls stand before the first byte of the sample is read, and the first parcel says which.
"""

import contextlib
import os
import sys

import msgspec

from segel.leaks.intake.model import Task
from segel.leaks.intake.reading.findings import Findings
from segel.leaks.intake.reading.flow import Budget, Flow, Stopped
from segel.leaks.intake.reading.opening import Opening
from segel.leaks.intake.walls.raising import raise_walls


def main() -> None:
    """Read one file, and end."""
    parent, sample = int(sys.argv[1]), int(sys.argv[2])
    to = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no parcel
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    findings = Findings(to, task)
    raised = raise_walls(task.limits, parent)
    findings.raised(raised)
    if not raised.is_enough:
        return
    length = os.fstat(sample).st_size
    os.lseek(sample, 0, os.SEEK_SET)  # the place in it is the parent's, too
    with os.fdopen(sample, "rb", closefd=False) as file:
        budget = Budget(task.limits, length, findings)
        opening = Opening(findings, budget, task.passwords)
        flow = Flow(file, budget, length=length, inflated=False, seekable_file=file)
        with contextlib.suppress(Stopped):  # what was open said so
            opening.read(flow, (task.name,), 0)
    findings.done()
    os._exit(0)  # whatever a decoder has left behind is not run


if __name__ == "__main__":
    main()
