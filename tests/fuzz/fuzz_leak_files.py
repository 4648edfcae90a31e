"""Fuzz the readers of alleged leaks: what they say must be what the quarantine believes.

python tests/fuzz/fuzz_leak_files.py -max_total_time=600 [CORPUS]

Readers whose decoders are C may end the process: that is a finding of theirs, and a child's death.
"""

import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["segel.leaks.intake"]):
    from support.quarantine import NARROW
    from support.reading_here import read_here


def exercise(data: bytes) -> None:
    """The bytes as a file, under a name that says nothing."""
    read_here("sample", data, NARROW)


if __name__ == "__main__":
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()
