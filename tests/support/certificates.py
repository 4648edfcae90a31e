"""Certificates for tests: an issuer, and whom it vouches for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Holder:
    """Somebody with a certificate; ``certificate`` and ``key`` are PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Issuer:
    """Issues certificates into a folder."""

    folder: Path
    name: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def certificate(self) -> Path:
        """Its own, in PEM."""
        path = self.folder / f"{self.name}.pem"
        if not path.exists():
            path.write_bytes(_pem(self._build(self.name, self.key, is_issuer=True)))
        return path

    def issue(self, name: str, key: ec.EllipticCurvePrivateKey | None = None) -> Holder:
        """A certificate for somebody, over a new key or the one that is given."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        certificate, key_file = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(_pem(self._build(name, key, is_issuer=False)))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Holder(certificate, key_file)

    def _build(
        self, name: str, key: ec.EllipticCurvePrivateKey, *, is_issuer: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=is_issuer, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
