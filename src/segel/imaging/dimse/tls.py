"""DIMSE over TLS: the BCP 195 secure transport connection profile (PS3.15 § B.12), both ways.

Each side shows a certificate. That it is of a trusted issuer lets it speak; who it may be is
decided by its public key, which is enrolled with an AE title. A renewed certificate over the same
key needs no new enrolment.
"""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segel.domain.errors import SegelError

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2, the forward-secret AEAD suites of RFC 9325 § 4.2; those of TLS 1.3 all are."""


class CertificateBroken(SegelError):
    """A certificate, key or list of issuers that cannot be used."""

    code = "certificate-broken"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: our certificate with its chain, its key, and the issuers whose peers may speak."""

    certificate: Path
    key: Path
    issuers: Path
    door: str = "dimse"
    """Whose settings name them: ``dimse_tls_certificate`` and so on."""


@dataclass(frozen=True, slots=True)
class TlsContexts:
    """Ready to use, both ways; made while the key's file can still be read."""

    accepting: ssl.SSLContext
    asking: ssl.SSLContext


def contexts(files: TlsFiles) -> TlsContexts:
    """Read the files. Raises CertificateBroken, naming the file."""
    return TlsContexts(
        _context(ssl.PROTOCOL_TLS_SERVER, files), _context(ssl.PROTOCOL_TLS_CLIENT, files)
    )


def _context(protocol: int, files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.check_hostname = False  # devices have AE titles; the enrolled key is what is checked
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_passphrase)
    except (OSError, ssl.SSLError, CertificateBroken):
        raise CertificateBroken(
            "The door's certificate and key cannot be used together.",
            field=f"{files.door}_tls_certificate",
            remedy="Give PEM files of one certificate and its key without a passphrase.",
        ) from None
    try:
        context.load_verify_locations(files.issuers)
    except (OSError, ssl.SSLError):
        raise CertificateBroken(
            "The list of issuers whose devices may speak cannot be read.",
            field=f"{files.door}_tls_issuers",
            remedy="Give a PEM file of their certificates, one after another.",
        ) from None
    return context


def _no_passphrase() -> str:
    raise CertificateBroken("The key is behind a passphrase, and nobody is there to type it.")


def key_of(connection: object) -> str:
    """What identifies the peer at the other end of a TLS connection; '' without TLS."""
    der = connection.getpeercert(binary_form=True) if hasattr(connection, "getpeercert") else None
    return key_shown(der) if der else ""


def key_shown(certificate: bytes) -> str:
    """What identifies the owner of a certificate in DER, as TLS hands it over."""
    return key_digest(x509.load_der_x509_certificate(certificate))


def key_in(pem: bytes) -> str:
    """What identifies the owner of a certificate in PEM. Raises CertificateBroken."""
    try:
        return key_digest(x509.load_pem_x509_certificate(pem))
    except ValueError:
        raise CertificateBroken(
            "This is not a certificate in PEM.",
            field="certificate",
            remedy="Give the device's own certificate, not its key.",
        ) from None


def key_digest(certificate: x509.Certificate) -> str:
    """SHA-256 of the subject public key info (RFC 5280 § 4.1), in hex."""
    info = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).hexdigest()
