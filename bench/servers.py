"""What the tests have, borrowed: OpenBao, SoftHSM, PostgreSQL."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from support import database, kms

__all__ = ["database", "kms"]
