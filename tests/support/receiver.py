"""A real syslog receiver: Debian's rsyslog with TLS, and the certificates that both sides need."""

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

RSYSLOGD = "/usr/sbin/rsyslogd"
GNUTLS = "lmnsd_gtls.so"


@dataclass
class Authority:
    """Certificates of a test's own authority, as PEM files in ``folder``."""

    folder: Path

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Segel test authority")])
        self._write("ca", self._name, self._key, is_authority=True)

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1 and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._write(name, subject, key, is_authority=False)
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    def _write(
        self, name: str, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
    ) -> None:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]),
                critical=False,
            )
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        (self.folder / f"{name}.pem").write_bytes(pem)
        (self.folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )


@dataclass
class Receiver:
    """rsyslog on a port of its own, writing each message to a file, a line each."""

    folder: Path
    authority: Authority

    def __post_init__(self) -> None:
        if shutil.which(RSYSLOGD) is None:
            pytest.skip("rsyslog is not installed")
        if not [*Path("/usr/lib").rglob(GNUTLS)]:
            pytest.skip("rsyslog-gnutls is not installed")
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            self.port = int(door.getsockname()[1])
        certificate, key = self.authority.issue("receiver")
        self.received = self.folder / "received.log"
        self._configuration = self.folder / "rsyslog.conf"
        self._configuration.write_text(
            f"""
            global(
              workDirectory="{self.folder}" maxMessageSize="64k" defaultNetstreamDriver="gtls"
              defaultNetstreamDriverCAFile="{self.authority.certificate}"
              defaultNetstreamDriverCertFile="{certificate}"
              defaultNetstreamDriverKeyFile="{key}"
            )
            module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1"
                   streamDriver.authMode="x509/certvalid")
            template(name="whole" type="string" string="%rawmsg%\\n")
            input(type="imtcp" port="{self.port}" address="127.0.0.1")
            action(type="omfile" file="{self.received}" template="whole")
            """
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Listen; returns when it does."""
        pid = self.folder / "rsyslog.pid"
        pid.unlink(missing_ok=True)
        command = [RSYSLOGD, "-n", "-f", str(self._configuration), "-i", str(pid)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        pytest.fail("rsyslog did not listen")

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def messages(self) -> list[str]:
        """What was received, in order."""
        return self.received.read_text().splitlines() if self.received.exists() else []
