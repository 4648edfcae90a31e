"""Files that a criminal could hand in, made when they are asked for: the quarantine's test set."""

from support.hostile import archives, documents, pictures, tables
from support.hostile.model import Hostile

HOSTILE: tuple[Hostile, ...] = (
    *archives.FILES, *tables.FILES, *documents.FILES, *pictures.FILES,
)  # fmt: skip

__all__ = ["HOSTILE", "Hostile"]
