"""Every adapter of the KMS port. A new one adds itself to ADAPTERS and runs the same contract."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from segel.keys import FileKms, Kms, MemoryKms
from support import kms as servers
from support.openbao import OpenBao
from support.softhsm import SoftHsm

Adapter = Callable[[Path, pytest.FixtureRequest], Kms]

ADAPTERS: dict[str, Adapter] = {
    "memory": lambda *_: MemoryKms(),
    "file": lambda folder, _: FileKms.create(folder / "kms"),
    "pkcs11": lambda _, request: request.getfixturevalue("softhsm").kms(uuid4().hex),
    "openbao": lambda _, request: request.getfixturevalue("openbao").kms(f"m{uuid4().hex}"),
}


@pytest.fixture(params=ADAPTERS)
def kms(request: pytest.FixtureRequest, tmp_path: Path) -> Kms:
    """An empty KMS of each adapter."""
    return ADAPTERS[request.param](tmp_path, request)


@pytest.fixture(scope="session")
def openbao() -> OpenBao:
    """One OpenBao for the whole run; each test has a mount of its own."""
    return servers.openbao()


@pytest.fixture(scope="session")
def softhsm() -> SoftHsm:
    """One folder of tokens for the whole run; each test has a token of its own."""
    return servers.softhsm()
