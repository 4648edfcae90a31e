"""What a witness decides: cosign this checkpoint, or say why not (C2SP tlog-witness).

Checked in this order: the request's form, the log, its signature, the size that the proof begins
at, the proof. What will be signed is remembered first; a witness that is killed in between knows
more than it has said, never less.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from segel.tlog import (
    EMPTY_ROOT,
    Checkpoint,
    CheckpointMalformed,
    CosignSigner,
    IndexOutside,
    NoteMalformed,
    NoteVerifier,
    SignatureBroken,
    SignatureMissing,
    Submission,
    SubmissionMalformed,
    TlogError,
    add_signatures,
    open_note,
    split_note,
    verify_consistency,
)
from segel.witness.errors import (
    LogUnknown,
    ProofRefused,
    RequestMalformed,
    SignatureRefused,
    SizeConflict,
)
from segel.witness.folder import Record, WitnessFolder, origin_hash

ORIGIN_BYTES_MAX: Final = 1_024


class Witness:
    """Cosigns for the logs of one folder. ``clock``: Unix seconds."""

    def __init__(self, folder: WitnessFolder, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        # Comparing with the record and replacing it must be one step, or two requests in the
        # wrong order would roll the record back.
        self._lock = threading.Lock()

    @classmethod
    def at(cls, path: Path, clock: Callable[[], float]) -> "Witness":
        """The witness of a folder. Raises FolderRefused, StateBroken where it cannot begin."""
        folder = WitnessFolder.open(path)
        folder.records()
        return cls(folder, clock)

    def add_checkpoint(self, body: bytes) -> str:
        """The signature line of our cosignature. Blocks for the disk. Raises WitnessError."""
        try:
            submission = Submission.parse(body)
        except SubmissionMalformed as malformed:
            raise RequestMalformed(str(malformed)) from None
        with self._lock:
            record = self._folder.read(_claimed_origin(submission.note))
            checkpoint, note = _opened(submission.note, record)
            try:
                _require_continues(submission, checkpoint, record)
            except ProofRefused:
                self._folder.keep_evidence(record, body)
                raise
            return self._cosigned(record, checkpoint, note)

    def newest(self, hashed_origin: str) -> str:
        """The newest cosigned checkpoint of a log, by ``origin_hash``. Raises LogUnknown."""
        for record in self._folder.records():
            if origin_hash(record.origin) == hashed_origin and record.note:
                return record.note
        raise LogUnknown("No checkpoint of such a log was cosigned here.")

    def records(self) -> list[Record]:
        """What is known of every log. Raises StateBroken."""
        return self._folder.records()

    def _cosigned(self, record: Record, checkpoint: Checkpoint, note: str) -> str:
        # A clock that was set back must not date a cosignature before an earlier one.
        now_s = max(int(self._clock()), record.cosigned_s)
        signer = CosignSigner(self._folder.name, self._folder.key, now_s)
        newer = Record(
            origin=record.origin,
            vkey=record.vkey,
            size=checkpoint.size,
            root=checkpoint.root,
            cosigned_s=now_s,
            note=add_signatures(note, signer),
        )
        if (newer.size, newer.root, newer.cosigned_s) != (
            record.size,
            record.root,
            record.cosigned_s,
        ):
            self._folder.write(newer)
        _, lines = split_note(newer.note)
        return str(lines[-1])


def _claimed_origin(note: str) -> str:
    """The first line, to find the key by; nothing of the note is believed yet."""
    origin, end, _ = note.partition("\n")
    if not end or not origin or len(origin.encode(errors="replace")) > ORIGIN_BYTES_MAX:
        raise RequestMalformed("The checkpoint has no first line.", field="checkpoint")
    return origin


def _opened(note: str, record: Record) -> tuple[Checkpoint, str]:
    """The checkpoint that the log's key signed, and the note without others' signatures."""
    verifier = NoteVerifier.parse(record.vkey)
    try:
        opened = open_note(note, [verifier])
        checkpoint = Checkpoint.parse(opened.text)
    except (SignatureBroken, SignatureMissing) as unsigned:
        raise SignatureRefused(str(unsigned)) from None
    except (NoteMalformed, CheckpointMalformed) as malformed:
        if malformed.where == "signature line":  # an altered signature, as other witnesses take it
            raise SignatureRefused(str(malformed)) from None
        raise RequestMalformed(str(malformed), field="checkpoint") from None
    if checkpoint.origin != record.origin:
        raise RequestMalformed("The checkpoint is of another log.", field="checkpoint")
    return checkpoint, _own_signature_only(note, verifier)


def _own_signature_only(note: str, verifier: NoteVerifier) -> str:
    """The note with the log's signature alone: what we keep and hand out is what we checked."""
    text, lines = split_note(note)
    own = next(
        line for line in lines if (line.name, line.key_id) == (verifier.name, verifier.key_id)
    )
    return f"{text}\n{own}"


def _require_continues(submission: Submission, checkpoint: Checkpoint, record: Record) -> None:
    """Raises RequestMalformed, SizeConflict, ProofRefused."""
    if submission.old_size > checkpoint.size:
        raise RequestMalformed("The old size is larger than the checkpoint's.", field="old size")
    if submission.old_size != record.size:
        raise SizeConflict(record.size)
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise ProofRefused("The empty tree has another root.")
    if submission.old_size == 0:
        if submission.proof:
            raise ProofRefused("Nothing is to be proved from the empty tree.", field="proof")
        return
    try:
        verify_consistency(
            record.size, record.root, checkpoint.size, checkpoint.root, submission.proof
        )
    except IndexOutside as outside:
        raise RequestMalformed(str(outside)) from None
    except TlogError as broken:
        raise ProofRefused(str(broken)) from None
