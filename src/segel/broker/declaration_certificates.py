"""Certificates of the end of a day's health declarations: how many there were, and that their key
is nowhere any more. The form is that of an erasure's certificate (``certificates``)."""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker.certificates import (
    CERTIFICATE_BYTES_MAX,
    Opening,
    broken,
    decoded,
    sign_titled,
    verify_titled,
    when,
)
from segel.broker.erasure import RetiredKek
from segel.tlog import NoteSigner, NoteVerifier

DECLARATIONS_TITLE: Final = "segel certificate of the end of declarations v1"
LAW: Final = "UU 27/2022 Pasal 44"


class CertifiedDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the certificate says. ``arrival``: ISO; identifiers are Segel's own random ones; times
    Unix seconds."""

    day_id: UUID
    hospital_id: UUID
    arrival: str
    declared: int
    law: str
    due_s: float
    destroyed_s: float
    completed_s: float
    retired: list[RetiredKek]

    def encoded(self) -> bytes:
        """The line that the log commits to."""
        return msgspec.json.encode(self)


class VerifiedDay(msgspec.Struct, frozen=True):
    """A certificate that held, and where in the log it stands."""

    certified: CertifiedDay
    leaf_index: int
    tree_size: int
    origin: str


def day_detail(day_id: UUID, digest: bytes) -> str:
    """What the audit event of a day's end says."""
    return f"declarations of day {day_id} destroyed, certified {digest.hex()}"


def sign_day(body: bytes, opening: Opening, receipt: bytes, signer: NoteSigner) -> str:
    """The certificate of a day whose end is in the log."""
    return sign_titled(DECLARATIONS_TITLE, body, opening, receipt, signer)


def verify_day(certificate: bytes, log_verifier: NoteVerifier) -> VerifiedDay:
    """What a certificate certifies, checked with the log's public key alone.

    Raises CertificateBroken.
    """
    body, place = verify_titled(
        certificate, DECLARATIONS_TITLE, CERTIFICATE_BYTES_MAX, log_verifier
    )
    certified = decoded(body, CertifiedDay)
    if place.said != day_detail(certified.day_id, place.digest):
        raise broken("The log's entry is about other declarations.")
    return VerifiedDay(certified, place.leaf_index, place.tree_size, place.origin)


def day_as_text(verified: VerifiedDay) -> str:
    """A verified certificate for people, to print and to file."""
    one = verified.certified
    lines = [
        "CERTIFICATE OF DESTRUCTION OF HEALTH DECLARATIONS",
        "",
        f"Port's office     {one.hospital_id}",
        f"Day of arrival    {one.arrival} ({one.day_id})",
        f"Destroyed         {one.declared} declarations",
        f"Ground            their purpose had ended ({one.law})",
        f"Due               {when(one.due_s)}",
        f"Keys destroyed    {when(one.destroyed_s)}",
        f"Complete          {when(one.completed_s)}",
        *(f"KEK forgotten     {kek.adapter} (generation {kek.generation})" for kek in one.retired),
        f"Log               {verified.origin}, entry {verified.leaf_index} of {verified.tree_size}",
        "",
        "The key under which everything was sealed that travellers declared for this day was",
        "destroyed, and the key that it was wrapped under: no backup of the database opens any of",
        "it. It does not speak of what an officer wrote down elsewhere, nor of a copy of the key",
        "service itself from before.",
    ]
    return "".join(f"{line}\n" for line in lines)
