"""What a log sends to a witness (C2SP tlog-witness, ``add-checkpoint``).

old 20852014                       the size that the witness is thought to know
PlRNCrwHpqhGrupue0L7gxbj...        the consistency proof from there, a hash a line
<empty line>
the checkpoint, a signed note
"""

import re
from dataclasses import dataclass
from typing import Final

from segel.tlog.errors import SubmissionMalformed
from segel.tlog.hashing import HASH_BYTES, SIZE_MAX
from segel.tlog.notes import decode_base64, encode_base64

PROOF_LINES_MAX: Final = 63
"""The height of the largest tree; the protocol allows no more."""

SUBMISSION_BYTES_MAX: Final = 64 * 1024
"""63 hashes and a checkpoint with a hundred signatures take half of it."""

CONFLICT_MEDIA_TYPE: Final = "text/x.tlog.size"
"""Of the answer 409, whose body is the size that the witness knows."""

_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint for cosigning; ``note`` is as signed, nothing of it believed yet."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    def encode(self) -> bytes:
        """The request's body."""
        assert len(self.proof) <= PROOF_LINES_MAX
        lines = [f"old {self.old_size}", *map(encode_base64, self.proof)]
        return "".join(f"{line}\n" for line in [*lines, ""]).encode() + self.note.encode()

    @classmethod
    def parse(cls, body: bytes) -> "Submission":
        """What ``encode`` made. Raises SubmissionMalformed."""
        if len(body) > SUBMISSION_BYTES_MAX:
            raise SubmissionMalformed("body", f"It is longer than {SUBMISSION_BYTES_MAX} bytes.")
        try:
            head, gap, note = body.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise SubmissionMalformed("body", "It is not UTF-8.") from None
        if not gap:
            raise SubmissionMalformed("body", "No empty line ends the proof.")
        first, *hashes = head.split("\n")
        old = _OLD.fullmatch(first)
        if old is None or int(old[1]) > SIZE_MAX:
            raise SubmissionMalformed("old size")
        if len(hashes) > PROOF_LINES_MAX:
            raise SubmissionMalformed("proof", f"It has more than {PROOF_LINES_MAX} lines.")
        proof = tuple(decode_base64(line, SubmissionMalformed("proof")) for line in hashes)
        if any(len(each) != HASH_BYTES for each in proof):
            raise SubmissionMalformed("proof")
        return cls(int(old[1]), proof, note)
