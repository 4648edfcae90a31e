"""Checkpoints: what a log signs (C2SP tlog-checkpoint).

Three lines of text, rarely more:

    hospital.example/audit                          the origin: which log
    20852163                                        the tree's size, in leaves
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=    its root

The origin of a log of ours is the name of the key that signs it.
"""

import re
from dataclasses import dataclass
from typing import Final

from segel.tlog.errors import CheckpointMalformed
from segel.tlog.hashing import HASH_BYTES, SIZE_MAX
from segel.tlog.notes import decode_base64, encode_base64

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log. Raises CheckpointMalformed for lines that a checkpoint cannot have."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX:
            raise CheckpointMalformed("size")
        if len(self.root) != HASH_BYTES:
            raise CheckpointMalformed("root")
        for line in (self.origin, *self.extensions):
            if not line or any(each < " " for each in line):
                raise CheckpointMalformed("origin" if line is self.origin else "extension")

    def text(self) -> str:
        """What is signed: the text of the checkpoint's note."""
        lines = [self.origin, str(self.size), encode_base64(self.root), *self.extensions]
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint of a note's text. Raises CheckpointMalformed."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() != "":
            raise CheckpointMalformed("text", "It has three lines and ends in a newline.")
        origin, size, root, *extensions = lines
        if not _SIZE.fullmatch(size):
            raise CheckpointMalformed("size")
        return cls(
            origin, int(size), decode_base64(root, CheckpointMalformed("root")), tuple(extensions)
        )
