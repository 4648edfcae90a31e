"""What can be drilled."""

from enum import StrEnum


class Scenario(StrEnum):
    """What is staged."""

    INSIDER = "insider"
    EXPORT = "export"
    STOLEN_DISK = "stolen-disk"
    OLD_BACKUP = "old-backup"
    NOT_OURS = "not-ours"
    MIXED = "mixed"
