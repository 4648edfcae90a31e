"""A log with one patient's entries in it, and the record that a patient is handed of it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.broker import messages as m
from segel.broker.audit import Event, Kind, Outcome, SealedEvent
from segel.broker.fhir_event import made
from segel.broker.record_document import record_text
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.tlog import (
    Checkpoint,
    CosignSigner,
    NoteSigner,
    TileHashes,
    grow_tiles,
    inclusion_proof,
    leaf_hash,
    sign_note,
    tree_root,
)

WITNESSED_S = 1_790_000_100


def witness(name: str) -> CosignSigner:
    """A witness with a new key."""
    return CosignSigner(name, Ed25519PrivateKey.generate(), WITNESSED_S)


@dataclass
class RecordLog:
    """A log whose first entries are ``crowd`` of other people's, then this patient's."""

    patient: UUID = field(default_factory=uuid4)
    signer: NoteSigner = field(
        default_factory=lambda: NoteSigner("segel.test/audit", Ed25519PrivateKey.generate())
    )
    crowd: int = 300
    began_s: float = 1_790_000_000.0

    def __post_init__(self) -> None:
        shown = [self._made(at, *told) for at, told in enumerate(TOLD)]
        self.mine = dict(enumerate(shown, self.crowd))
        entries = [os.urandom(32) for _ in range(self.crowd)]
        entries += [entry.commitment() for entry in shown] + [os.urandom(32) for _ in range(5)]
        self.size = len(entries)
        tiles = dict(grow_tiles(0, [leaf_hash(entry) for entry in entries], _no_tile))
        self._hashes = TileHashes(tiles.__getitem__, self.size)

    def _made(
        self, at: int, kind: Kind, role: Role, purpose: Purpose, outcome: Outcome
    ) -> SealedEvent:
        listed = (uuid4(), self.patient, uuid4()) if kind is Kind.QUERY else ()
        event = Event(
            kind=kind,
            outcome=outcome,
            account_id=uuid4(),
            role=role,
            hospital_id=uuid4(),
            session_id=uuid4(),
            purpose=purpose,
            route="console",
            patient_id=None if listed else self.patient,
            study_id=None if listed else uuid4(),
            listed=listed,
            asked=("00100010",) if listed else (),
        )
        return made(event, self.began_s + 4_000 * at, os.urandom)

    def document(self, witnesses: Sequence[CosignSigner] = (), quorum: int = 0) -> m.RecordDocument:
        """The patient's entries, newest first, against a checkpoint that the witnesses cosigned."""
        root = tree_root(self.size, self._hashes)
        text = Checkpoint(self.signer.name, self.size, root).text()
        return m.RecordDocument(
            patient=self.patient,
            made_s=self.began_s,
            log=self.signer.verifier().vkey(),
            witnesses=tuple(one.verifier().vkey() for one in witnesses),
            quorum=quorum,
            checkpoint=sign_note(text, self.signer, *witnesses),
            lines=tuple(
                m.RecordLine(
                    leaf=leaf,
                    salt=entry.salt,
                    event=entry.event.decode(),
                    proof=inclusion_proof(leaf, self.size, self._hashes),
                    nonce=entry.nonce(self.patient) if entry.listing_key else b"",
                    name="dr. Ratna Kusumawati",
                    hospital="RSUD Tanjung Harapan",
                )
                for leaf, entry in sorted(self.mine.items(), reverse=True)
            ),
        )

    def signed(self, document: m.RecordDocument) -> m.SignedRecord:
        """A document as the broker hands it out."""
        body = msgspec.json.encode(document).decode()
        return m.SignedRecord(body, sign_note(record_text(body), self.signer))


TOLD = (
    (Kind.STORE, Role.RADIOGRAPHER, Purpose.TREATMENT, Outcome.SUCCESS),
    (Kind.READ, Role.RADIOLOGIST, Purpose.TREATMENT, Outcome.SUCCESS),
    (Kind.QUERY, Role.CLINICIAN, Purpose.TREATMENT, Outcome.SUCCESS),
    (Kind.READ, Role.CLINICIAN, Purpose.EMERGENCY_TREATMENT, Outcome.SUCCESS),
    (Kind.READ, Role.CLINICIAN, Purpose.TREATMENT, Outcome.REFUSED),
)
"""What is in the record, oldest first."""


def _no_tile(tile: object) -> bytes:
    raise AssertionError("a new log reads no older tile")
