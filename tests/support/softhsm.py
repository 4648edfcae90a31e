"""A real SoftHSM2 token in a folder of its own."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from segel.keys import Pkcs11Kms

MODULES = [
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/libsofthsm2.so"),
]
CONFIGURATION = "SOFTHSM2_CONF"
PIN = "482915"


@dataclass(frozen=True)
class SoftHsm:
    """A folder of tokens. The module finds it by an environment variable, which is set while it
    lasts."""

    folder: Path
    module: Path

    @property
    def configuration(self) -> Path:
        """The module's own configuration file."""
        return self.folder / "softhsm2.conf"

    def add_token(self, label: str) -> Path:
        """A new token; the file with its PIN."""
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN,
             "--so-pin", "security-officer"],
            check=True, capture_output=True,
            env={**os.environ, CONFIGURATION: str(self.configuration)},
        )  # fmt: skip
        pin = self.folder / f"{label}.pin"
        pin.touch(mode=0o600)
        pin.write_text(PIN + "\n")
        return pin

    def kms(self, label: str) -> Pkcs11Kms:
        """The adapter, on a token of its own."""
        return Pkcs11Kms.open(self.module, label, self.add_token(label))

    def give_to(self, uid: int) -> None:
        """Let another user have everything in it, as root's Segel needs."""
        if os.geteuid() == 0:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, uid, uid)


def require() -> Path:
    """The module. Skips where there is none."""
    module = next((path for path in MODULES if path.exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 (Debian's softhsm2) is not installed")
    return module


@contextlib.contextmanager
def running_softhsm() -> Iterator[SoftHsm]:
    """A folder of tokens for as long as this lasts."""
    module = require()
    folder = Path(tempfile.mkdtemp(prefix="segel-hsm-"))
    before = os.environ.get(CONFIGURATION)
    try:
        (folder / "tokens").mkdir()
        hsm = SoftHsm(folder, module)
        hsm.configuration.write_text(
            f"directories.tokendir = {folder / 'tokens'}\n"
            "objectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
        )
        os.environ[CONFIGURATION] = str(hsm.configuration)
        yield hsm
    finally:
        if before is None:
            os.environ.pop(CONFIGURATION, None)
        else:
            os.environ[CONFIGURATION] = before
        shutil.rmtree(folder, ignore_errors=True)
