"""Checking a patient's record document: every line against the log's signed state.

The same that the page's own script does (``console/static/record.js``); a test holds them together.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from segel.broker.audit import listed_token
from segel.broker.errors import BrokerError
from segel.broker.messages import RECORD_FORMAT, RecordDocument, RecordLine, SignedRecord
from segel.broker.proved_entries import checkpoint_of, proved_event
from segel.broker.stored_event import StoredEvent
from segel.tlog import Checkpoint, NoteVerifier, TlogError, open_note

_MARK: Final = b'<script type="application/json" id="record-proofs">'
"""Before the record in a saved page."""

D = TypeVar("D")


class RecordBroken(BrokerError):
    """A record document that was altered, or is of another log. ``field``: which line."""

    code = "record-broken"


@dataclass(frozen=True, slots=True)
class VerifiedLine:
    """A line that holds: what the log committed to, and the register's name beside it."""

    line: RecordLine
    event: StoredEvent
    listed: bool


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """A document all of whose lines hold, against the log state ``checkpoint``."""

    document: RecordDocument
    checkpoint: Checkpoint
    lines: tuple[VerifiedLine, ...]


def record_text(body: str) -> str:
    """What the log's key signs of a document."""
    return f"{RECORD_FORMAT}\nsha256 {hashlib.sha256(body.encode()).hexdigest()}\n"


def read_record(encoded: bytes) -> SignedRecord:
    """A record from its JSON, or from the page that it was saved in. Raises RecordBroken."""
    start = encoded.find(_MARK)
    if start >= 0:
        encoded = encoded[start + len(_MARK) :].partition(b"</script>")[0]
    return _decoded(encoded, SignedRecord)


def _document(body: str) -> RecordDocument:
    document = _decoded(body.encode(), RecordDocument)
    if document.format != RECORD_FORMAT:
        raise RecordBroken(
            "This record has a format that this version does not know.", field="format"
        )
    return document


def _decoded(encoded: bytes, kind: type[D]) -> D:
    try:
        return msgspec.json.decode(encoded, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise RecordBroken("This is not an audit record of Segel's.") from None


def verify_record(record: SignedRecord, log_vkey: str) -> VerifiedRecord:
    """Every line is in the log whose key is ``log_vkey``, as it stands. Raises RecordBroken.

    The key comes from elsewhere than the record: printed, or from the hospital's own page.
    """
    document = _document(record.body)
    try:
        log = NoteVerifier.parse(log_vkey)
        signed = open_note(record.note, [log]).text
        checkpoint = checkpoint_of(document.checkpoint, log, document.witnesses, document.quorum)
    except TlogError as broken:
        raise RecordBroken(f"The log's signature does not hold. {broken}") from None
    if signed != record_text(record.body):
        raise RecordBroken("The record was altered since it was made.")
    lines = tuple(verify_line(line, document.patient, checkpoint) for line in document.lines)
    leaves = [line.leaf for line in document.lines]
    if leaves != sorted(set(leaves), reverse=True):
        raise RecordBroken("Lines are repeated or out of order.")
    return VerifiedRecord(document, checkpoint, lines)


def verify_line(line: RecordLine, patient: UUID, checkpoint: Checkpoint) -> VerifiedLine:
    """A line that is in the log at its place, and is about this patient. Raises RecordBroken."""
    try:
        event = proved_event(line.leaf, line.salt, line.event, line.proof, checkpoint)
    except (TlogError, msgspec.DecodeError):
        raise RecordBroken(
            "The line is not what the log holds: it, or its proof, was altered.",
            field=f"leaf {line.leaf}",
        ) from None
    listed = bool(line.nonce) and listed_token(line.nonce, patient) in event.listed
    if not listed and event.patient != str(patient):
        raise RecordBroken("The line is about somebody else.", field=f"leaf {line.leaf}")
    return VerifiedLine(line, event, listed)
