"""What the broker's process is started with."""

from pathlib import Path
from typing import Final

import msgspec

from segel.broker.forwarding import ForwardSettings
from segel.broker.limits import BudgetLimits
from segel.keys import FilePlace, KmsPlace

GRANT_S: Final = 300
"""How long a released study key may be kept: a reading session's pauses, not a night."""


class BrokerSettings(msgspec.Struct, frozen=True):
    """Paths of the two sockets and of the object store that gets the log.

    ``kms``: which one; a bare path is the file KMS's folder.

    ``key_backup``: the folder of the wrapped keys' own backup, outside of the home.

    ``without_budgets``: for drills, which have to see their attack succeed.

    ``run_as``: numeric user id to become after the sockets are bound, or None to stay.
    """

    socket: Path
    operator_socket: Path
    database: str
    kms: Path | KmsPlace
    objects: Path
    key_backup: Path
    log_origin: str
    demo: bool = False
    without_budgets: bool = False
    production: bool = False
    limits: BudgetLimits = BudgetLimits()
    run_as: int | None = None
    patients_see_names: bool = True
    forward: ForwardSettings | None = None

    @property
    def kms_place(self) -> KmsPlace:
        """Which KMS."""
        return FilePlace(self.kms) if isinstance(self.kms, Path) else self.kms
