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
from dataclasses import dataclass
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
    return sign_titled(TITLE, body, opening, receipt, signer)


def sign_titled(
    title: str, body: bytes, opening: Opening, receipt: bytes, signer: NoteSigner
) -> str:
    """A certificate of some title: its body is what the entry in the log commits to."""
    lines = (title, body.decode(), msgspec.json.encode(opening).decode(), receipt.decode())
    return sign_note("".join(f"{line}\n" for line in lines), signer)


def verify_certificate(certificate: bytes, log_verifier: NoteVerifier) -> Verified:
    """What a certificate certifies, checked with the log's public key alone.

    Raises CertificateBroken.
    """
    body, place = verify_titled(certificate, TITLE, CERTIFICATE_BYTES_MAX, log_verifier)
    certified = decoded(body, Certified)
    if place.said != complete_detail(certified.erasure_id, place.digest):
        raise broken("The log's entry is about another erasure.")
    return Verified(certified, place.leaf_index, place.tree_size, place.origin)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the log a certificate stands, what the entry says, and the body's SHA-256."""

    said: str
    digest: bytes
    leaf_index: int
    tree_size: int
    origin: str


def verify_titled(
    certificate: bytes, title: str, bytes_max: int, log_verifier: NoteVerifier
) -> tuple[str, Place]:
    """The body of a certificate of this title, whose signature and place in the log hold.

    What the entry says of the body is for the caller to compare. Raises CertificateBroken.
    """
    if len(certificate) > bytes_max:
        raise broken("It is too long.")
    try:
        text = open_note(certificate.decode(), [log_verifier]).text
        found, body, opening_line, receipt_line, rest = text.split("\n")
        receipt = Receipt.from_json(receipt_line.encode())
    except (TlogError, ValueError) as why:
        what = str(why) if isinstance(why, TlogError) else "It is not a certificate."
        raise broken(what) from None
    if found != title or rest:
        raise broken(f"It is not a {title.removeprefix('segel ').rpartition(' ')[0]}.")
    opening = decoded(opening_line, Opening)
    event = opening.event.encode()
    try:
        checkpoint = verify_receipt(
            receipt, SealedEvent(opening.salt, event).commitment(), log_verifier
        )
    except TlogError as why:
        raise broken(f"Its place in the log does not hold. {why}") from None
    try:
        said = read_event(event).detail
    except msgspec.DecodeError:
        raise broken("What the log holds is no audit event.") from None
    digest = hashlib.sha256(body.encode()).digest()
    return body, Place(said, digest, receipt.leaf_index, checkpoint.size, checkpoint.origin)


def bound_to(certificate: str) -> tuple[bytes, int]:
    """SHA-256 of the body of a certificate of our own, and the entry that commits to it."""
    _, body, _, receipt, *_ = certificate.split("\n")
    return hashlib.sha256(body.encode()).digest(), Receipt.from_json(receipt.encode()).leaf_index


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
        f"Key destroyed     {when(one.destroyed_s)}",
        f"Keys released before that lapse by {when(one.released_keys_lapsed_s)}",
        f"Complete          {when(one.completed_s)}",
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


def when(at_s: float) -> str:
    """A moment, as certificates print it."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def decoded(line: str, kind: type[T]) -> T:
    """A line of a certificate. Raises CertificateBroken."""
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.MsgspecError:
        raise broken("It is not a certificate.") from None


def broken(why: str) -> CertificateBroken:
    """Why a certificate does not hold."""
    return CertificateBroken(
        f"The certificate does not hold. {why}",
        remedy="Ask for it again: segel erase certificate ID. Is this the key of its log?",
    )
