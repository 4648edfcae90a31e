"""Certificates of destruction runs: how many were destroyed, and for each patient the proof.

The form is that of an erasure's certificate (``certificates``). For each patient the body names the
entry in the log that ended their erasure and the SHA-256 of their own certificate's body, which
that entry commits to: with the patient's certificate beside it, each line is proved by the log.
"""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker.certificates import (
    Opening,
    bound_to,
    broken,
    decoded,
    sign_titled,
    verify_certificate,
    verify_titled,
    when,
)
from segel.tlog import NoteSigner, NoteVerifier

RUN_TITLE: Final = "segel certificate of a destruction run v1"
RUN_CERTIFICATE_BYTES_MAX: Final = 1_000_000
"""With ``RUN_PATIENTS_MAX`` patients it is about 500 kB."""


class Proved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One patient's destruction. ``certified``: SHA-256 (hex) of their certificate's body, to
    which the log's entry ``entry`` commits."""

    erasure_id: UUID
    patient_id: UUID
    studies: int
    instances: int
    entry: int
    certified: str


class CertifiedRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the certificate says. Identifiers are Segel's own random ones; times Unix seconds."""

    run_id: UUID
    hospital_id: UUID
    law: str
    retention_years: int
    counted: str
    planned: int
    last_visits: dict[int, int]
    destroyed: int
    studies: int
    instances: int
    skipped: int
    asked_by: UUID
    approved_by: list[UUID]
    begun_by: UUID
    begun_s: float
    destroyed_s: float
    completed_s: float
    patients: list[Proved]

    def encoded(self) -> bytes:
        """The line that the log commits to."""
        return msgspec.json.encode(self)


class VerifiedRun(msgspec.Struct, frozen=True):
    """A certificate that held, and where in the log it stands."""

    certified: CertifiedRun
    leaf_index: int
    tree_size: int
    origin: str


def run_detail(run_id: UUID, digest: bytes) -> str:
    """What the audit event of a completed run says."""
    return f"destruction run {run_id} complete, certified {digest.hex()}"


def sign_run(body: bytes, opening: Opening, receipt: bytes, signer: NoteSigner) -> str:
    """The certificate of a run whose end is in the log."""
    return sign_titled(RUN_TITLE, body, opening, receipt, signer)


def verify_run(certificate: bytes, log_verifier: NoteVerifier) -> VerifiedRun:
    """What a run's certificate certifies, checked with the log's public key alone.

    Raises CertificateBroken.
    """
    body, place = verify_titled(certificate, RUN_TITLE, RUN_CERTIFICATE_BYTES_MAX, log_verifier)
    certified = decoded(body, CertifiedRun)
    if place.said != run_detail(certified.run_id, place.digest):
        raise broken("The log's entry is about another run.")
    if certified.destroyed != len(certified.patients):
        raise broken("It does not list as many patients as it counts.")
    return VerifiedRun(certified, place.leaf_index, place.tree_size, place.origin)


def verify_within(run: CertifiedRun, certificate: bytes, log_verifier: NoteVerifier) -> Proved:
    """The line of a run that one patient's own certificate proves. Raises CertificateBroken."""
    held = verify_certificate(certificate, log_verifier)
    one = held.certified
    for line in run.patients:
        if line.erasure_id == one.erasure_id:
            digest, entry = bound_to(certificate.decode())
            told = (one.patient_id, one.studies, one.instances, entry, digest.hex())
            if told != (line.patient_id, line.studies, line.instances, line.entry, line.certified):
                raise broken("The run says something else of this erasure.")
            return line
    raise broken("The run did not destroy this.")


def run_as_text(verified: VerifiedRun) -> str:
    """A verified certificate for people, to print and to file."""
    one = verified.certified
    lines = [
        "CERTIFICATE OF A DESTRUCTION RUN",
        "",
        f"Run               {one.run_id}",
        f"Hospital          {one.hospital_id}",
        f"Ground            past {one.retention_years} years from the last visit ({one.law})",
        f"Counted           {one.counted}: {one.planned} patients planned",
        *(f"  last seen {year}  {count}" for year, count in sorted(one.last_visits.items())),
        f"Destroyed         {one.destroyed} patients, {one.studies} studies,"
        f" {one.instances} instances",
        f"Left after all    {one.skipped} (seen or held meanwhile)",
        f"Asked for by      account {one.asked_by}",
        *(f"Approved by       account {account}" for account in one.approved_by),
        f"Begun             {when(one.begun_s)}, by account {one.begun_by}",
        f"Keys destroyed    {when(one.destroyed_s)}",
        f"Complete          {when(one.completed_s)}",
        f"Log               {verified.origin}, entry {verified.leaf_index} of {verified.tree_size}",
        "",
        "The keys of the patients listed in this certificate were destroyed, and with them every",
        "copy of what they sealed. Each has a certificate of its own; this one names the entry in",
        "the log that it stands on. Identifiers are random numbers; they lead to nobody.",
    ]
    return "".join(f"{line}\n" for line in lines)
