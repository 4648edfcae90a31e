"""What the tests have, borrowed: OpenBao, SoftHSM, PostgreSQL, and people who do not exist."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from support import database, kms, population

__all__ = ["database", "kms", "population"]
