"""``python -m segel.app.demo FOLDER``: write the demo images, to play with storescu or curl."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from segel.app.demo.images import write_all

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    count = write_all(folder, datetime.now(UTC).date())
    print(f"{count} files below {folder}")  # noqa: T201 - the command's output
