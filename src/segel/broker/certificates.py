"""Certificates of destruction: what was destroyed, when, by whom agreed, and that the log says so.

A certificate is a signed note (C2SP signed-note) by the audit log's key, whose text is

    segel certificate of destruction v1
    <one line of JSON: ``Certified``>
    <one line of JSON: ``Opening`` of the log's entry>
    <one line of JSON: the entry's ``Receipt``>

The entry in the log is a commitment; its opening shows the audit event, and the event names the
SHA-256 of the first JSON line. So a certificate is worth what the log is: it cannot have been
written later, nor can another one be put in its place. Pure; it names nobody.
"""

import hashlib
from datetime import UTC, datetime
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from segel.broker.audit import SealedEvent
from segel.broker.erasure import Ground, RetiredKek
from segel.broker.stored_event import read_event
from segel.domain.errors import SegelError
from segel.tlog import (
    NoteSigner,
    NoteVerifier,
    Receipt,
    TlogError,
    open_note,
    sign_note,
    verify_receipt,
)

TITLE: Final = "segel certificate of destruction v1"
CERTIFICATE_BYTES_MAX: Final = 128 * 1024
"""One is about 5 kB, with a hundred cosignatures 30 kB."""

T = TypeVar("T")


class CertificateBroken(SegelError):
    """Not a certificate of this log, or not as it was signed."""

    code = "certificate-broken"


class Certified(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the certificate says. Identifiers are Segel's own random ones; times Unix seconds."""

    erasure_id: UUID
    scope: str
    patient_id: UUID
    study_id: UUID | None
    hospital_id: UUID
    studies: int
    instances: int
    since: str
    ground: Ground
    law: str
    reference: str
    ordered_by: UUID
    approved_by: list[UUID]
    destroyed_s: float
    completed_s: float
    released_keys_lapsed_s: float
    retired: list[RetiredKek]

    def encoded(self) -> bytes:
        """The line that the log commits to."""
        return msgspec.json.encode(self)


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens the commitment in the log: its salt and the FHIR AuditEvent."""

    salt: bytes
    event: str


class Verified(msgspec.Struct, frozen=True):
    """A certificate that held, and where in the log it stands."""

    certified: Certified
    leaf_index: int
    tree_size: int
    origin: str


def complete_detail(erasure_id: UUID, digest: bytes) -> str:
    """What the audit event of a completed erasure says."""
    return f"erasure {erasure_id} complete, certified {digest.hex()}"


def sign_certificate(body: bytes, opening: Opening, receipt: bytes, signer: NoteSigner) -> str:
    """The certificate of an erasure whose end is in the log."""
    lines = (TITLE, body.decode(), msgspec.json.encode(opening).decode(), receipt.decode())
    return sign_note("".join(f"{line}\n" for line in lines), signer)


def verify_certificate(certificate: bytes, log_verifier: NoteVerifier) -> Verified:
    """What a certificate certifies, checked with the log's public key alone.

    Raises CertificateBroken.
    """
    if len(certificate) > CERTIFICATE_BYTES_MAX:
        raise _broken("It is too long.")
    try:
        text = open_note(certificate.decode(), [log_verifier]).text
        title, body, opening_line, receipt_line, rest = text.split("\n")
        receipt = Receipt.from_json(receipt_line.encode())
    except (TlogError, ValueError) as why:
        what = str(why) if isinstance(why, TlogError) else "It is not a certificate."
        raise _broken(what) from None
    if title != TITLE or rest:
        raise _broken("It is not a certificate of destruction.")
    certified, opening = _decoded(body, Certified), _decoded(opening_line, Opening)
    event = opening.event.encode()
    try:
        checkpoint = verify_receipt(
            receipt, SealedEvent(opening.salt, event).commitment(), log_verifier
        )
    except TlogError as why:
        raise _broken(f"Its place in the log does not hold. {why}") from None
    digest = hashlib.sha256(body.encode()).digest()
    try:
        said = read_event(event).detail
    except msgspec.DecodeError:
        raise _broken("What the log holds is no audit event.") from None
    if said != complete_detail(certified.erasure_id, digest):
        raise _broken("The log's entry is about another erasure.")
    return Verified(certified, receipt.leaf_index, checkpoint.size, checkpoint.origin)


def as_text(verified: Verified) -> str:
    """A verified certificate for people, to print and to file."""
    one = verified.certified
    what = f"study {one.study_id} of patient {one.patient_id}" if one.study_id else (
        f"patient {one.patient_id}")  # fmt: skip
    lines = [
        "CERTIFICATE OF DESTRUCTION",
        "",
        f"Erasure           {one.erasure_id}",
        f"Destroyed         {what}",
        f"Hospital          {one.hospital_id}",
        f"It held           {one.studies} studies, {one.instances} instances, since {one.since}",
        f"Ground            {one.ground} ({one.law})",
        f"Reference         {one.reference}",
        f"Ordered by        account {one.ordered_by}",
        *(f"Approved by       account {account}" for account in one.approved_by),
        f"Key destroyed     {_when(one.destroyed_s)}",
        f"Keys released before that lapse by {_when(one.released_keys_lapsed_s)}",
        f"Complete          {_when(one.completed_s)}",
        *(f"KEK forgotten     {_retired(kek)}" for kek in one.retired),
        f"Log               {verified.origin}, entry {verified.leaf_index} of {verified.tree_size}",
        "",
        "The key of what is named above was destroyed, and with it every copy of what it sealed:",
        "the archive's, those in backups of its database and of its objects. Identifiers are",
        "random numbers of the archive; they lead to nobody. It does not speak of copies that",
        "were made in the clear, nor of a copy of the key service itself from before.",
    ]
    return "".join(f"{line}\n" for line in lines)


def _retired(kek: RetiredKek) -> str:
    which = f"up to version {kek.last_version}" if kek.last_version else "altogether"
    return f"{kek.adapter} (generation {kek.generation}), {which}"


def _when(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _decoded(line: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.MsgspecError:
        raise _broken("It is not a certificate.") from None


def _broken(why: str) -> CertificateBroken:
    return CertificateBroken(
        f"The certificate does not hold. {why}",
        remedy="Ask for it again: segel erase certificate ID. Is this the key of its log?",
    )
