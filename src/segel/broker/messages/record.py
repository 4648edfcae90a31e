"""A patient's own record of who opened theirs: what is asked, and the document that proves it."""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester

RECORD_FORMAT: Final = "segel-audit-record/1"

PAGE_LINES: Final = 50
FILE_LINES_MAX: Final = 2_000
"""Lines of one document: about 5 MB, which a phone still verifies within seconds."""


class RecordLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry, and everything that proves it against the document's checkpoint.

    ``event``: the AuditEvent's very bytes, as text. ``nonce``: shows that a blinded token in the
    event means this patient; empty where the event names them. ``name`` and ``hospital`` are from
    the register as it is now: the proof covers the account's number, not its name.
    """

    leaf: int
    salt: bytes
    event: str
    proof: tuple[bytes, ...]
    nonce: bytes = b""
    name: str = ""
    hospital: str = ""


class RecordDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entries about one patient, newest first. ``log`` and ``witnesses`` are verifier keys;
    ``quorum``: how many witnesses must have signed the checkpoint."""

    format: str = RECORD_FORMAT
    patient: UUID
    made_s: float
    log: str
    witnesses: tuple[str, ...] = ()
    quorum: int = 0
    checkpoint: str
    lines: tuple[RecordLine, ...]


class SignedRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document's very text, and a note of the log's key over its SHA-256: what is given away.

    The proofs in the document stand without it; it covers what they don't: names, and that no
    line was left out since it was made.
    """

    body: str
    note: str


class OpenRecord(Message, frozen=True):
    """Ask for one's own record, entries below leaf ``before`` (0: the newest)."""

    requester: Requester
    before: int = 0
    limit: int = PAGE_LINES


class RecordTrail(Message, frozen=True):
    """``older``: ask again with it for what was before, 0 where nothing was.

    ``patient_name``: as the first image said it. ``erased``: the patient's key is destroyed; what
    was under it is told nowhere any more.
    """

    record: SignedRecord
    older: int
    patient_name: str
    erased: bool = False

    @property
    def document(self) -> RecordDocument:
        """What the record's text says."""
        return msgspec.json.decode(self.record.body, type=RecordDocument)


class EnrolPatient(Message, frozen=True):
    """Operator's socket only: the account of the patient of a hospital's number. It is made where
    there is none, unless only one that is ``known`` is asked for."""

    hospital_code: str
    number: str
    demo: bool = False
    known: bool = False


Request = OpenRecord | EnrolPatient
Reply = RecordTrail
