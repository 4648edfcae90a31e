"""Every adapter of the KMS port. A new one adds itself to ADAPTERS and runs the same contract."""

from collections.abc import Callable
from pathlib import Path

import pytest

from segel.keys import FileKms, Kms, MemoryKms

ADAPTERS: dict[str, Callable[[Path], Kms]] = {
    "memory": lambda _: MemoryKms(),
    "file": lambda folder: FileKms.create(folder / "kms"),
}


@pytest.fixture(params=ADAPTERS)
def kms(request: pytest.FixtureRequest, tmp_path: Path) -> Kms:
    """An empty KMS of each adapter."""
    return ADAPTERS[request.param](tmp_path)
