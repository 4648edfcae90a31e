"""DIMSE over TLS with dcmtk's programs: a device is who its certificate says, and nobody else."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pynetdicom
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelMove,
)

from support.certificates import Holder, Issuer
from support.running import FREE_DOORS, Running, place_for_a_home, segel, started

CALLED = "SEGEL_MELATI"
IMAGE = str(get_testdata_file("CT_small.dcm"))
STUDY = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"

pytestmark = pytest.mark.skipif(shutil.which("storescu") is None, reason="dcmtk is not installed")


@dataclass(frozen=True)
class Estate:
    """A Segel with both doors, and everybody's certificates."""

    running: Running
    tls_port: int
    issuer: Issuer
    device: Holder
    other: Holder


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    with place_for_a_home() as folder:
        issuer = Issuer(folder, "issuer")
        ours = issuer.issue("segel")
        settings = (
            'dimse_tls = "127.0.0.1:0"\n'
            f'dimse_tls_certificate = "{ours.certificate}"\ndimse_tls_key = "{ours.key}"\n'
            f'dimse_tls_issuers = "{issuer.certificate}"\n'
        )
        ours.key.chmod(0o600)
        with started(folder / "home", settings=settings) as running:
            status = segel("status", "--json", f"--home={running.home}").stdout
            port = int(status.split('"dimse_tls":"127.0.0.1:')[1].split('"')[0])
            device, other = issuer.issue("device"), issuer.issue("other")
            made = Estate(running, port, issuer, device, other)
            enrol(made, "TLS_CT", device.certificate)
            yield made


def enrol(estate: Estate, ae_title: str, *certificates: Path, listens: int = 0) -> None:
    told = [f"--certificate={path}" for path in certificates]
    told += [f"--listens=127.0.0.1:{listens}"] if listens else []
    done = segel(
        "peer", "add", ae_title, "--hospital=MELATI", f"--called={CALLED}", *told,
        f"--home={estate.running.home}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def dcmtk(
    estate: Estate, program: str, *arguments: str, ae_title: str = "TLS_CT",
    holder: Holder | None = None, port: int = 0,
) -> "subprocess.CompletedProcess[str]":  # fmt: skip
    holder = holder or estate.device
    command = [program, "-v", "-aet", ae_title, "-aec", CALLED, *tls(holder, estate)]
    command += [*arguments[:-1], "127.0.0.1", str(port or estate.tls_port), *arguments[-1:]]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def tls(holder: Holder, estate: Estate) -> list[str]:
    return [
        "+tls", str(holder.key), str(holder.certificate), "+cf", str(estate.issuer.certificate)
    ]  # fmt: skip


def test_a_device_sends_and_finds_by_its_certificate(estate: Estate) -> None:
    sent = dcmtk(estate, "storescu", IMAGE)
    assert sent.returncode == 0, sent.stderr
    found = subprocess.run(
        ["findscu", "-S", "-aet", "TLS_CT", "-aec", CALLED, *tls(estate.device, estate),
         "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}", "-k", "PatientID",
         "127.0.0.1", str(estate.tls_port)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "1CT1" in found.stdout + found.stderr


def test_a_certificate_of_the_same_issuer_is_not_enough(estate: Estate) -> None:
    refused = dcmtk(estate, "storescu", IMAGE, holder=estate.other)
    assert refused.returncode != 0
    assert "Calling AE Title Not Recognized" in refused.stdout + refused.stderr


def test_a_device_with_a_certificate_is_not_let_in_without_tls(estate: Estate) -> None:
    host, port = estate.running.dimse
    plain = subprocess.run(
        ["storescu", "-v", "-aet", "TLS_CT", "-aec", CALLED, host, str(port), IMAGE],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert plain.returncode != 0
    assert "Calling AE Title Not Recognized" in plain.stdout + plain.stderr


def test_a_device_enrolled_without_a_certificate_is_not_let_in_by_tls(estate: Estate) -> None:
    refused = dcmtk(estate, "storescu", IMAGE, ae_title="MELATI_CT")
    assert refused.returncode != 0
    assert "Calling AE Title Not Recognized" in refused.stdout + refused.stderr


def test_nobody_speaks_without_a_certificate_or_with_another_issuers(
    estate: Estate, tmp_path: Path
) -> None:
    stranger = Issuer(tmp_path, "stranger").issue("TLS_CT")
    foreign = dcmtk(estate, "storescu", IMAGE, holder=stranger)
    assert foreign.returncode != 0
    context = ssl.create_default_context(cafile=str(estate.issuer.certificate))
    context.check_hostname = False
    with pytest.raises(OSError, match=r"alert|reset|closed"):
        say_something(context, estate.tls_port)
    again = dcmtk(estate, "storescu", IMAGE)  # and the door is still open to the others
    assert again.returncode == 0, again.stderr


def test_old_versions_of_tls_are_refused(estate: Estate) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(estate.issuer.certificate)
    context.load_cert_chain(estate.device.certificate, estate.device.key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        say_something(context, estate.tls_port)


def test_a_renewed_certificate_over_the_same_key_is_the_same_device(estate: Estate) -> None:
    key = load_pem_private_key(estate.device.key.read_bytes(), None)
    renewed = estate.issuer.issue("renewed", key)  # type: ignore[arg-type]
    assert dcmtk(estate, "echoscu", holder=renewed).returncode == 0
    enrol(estate, "TLS_CT", estate.device.certificate, estate.other.certificate)
    assert dcmtk(estate, "echoscu", holder=estate.other).returncode == 0, "its next key"
    enrol(estate, "TLS_CT", estate.device.certificate)
    assert dcmtk(estate, "echoscu", holder=estate.other).returncode != 0, "and no more"


@pytest.mark.parametrize("honest", [True, False])
def test_c_move_sends_by_tls_to_the_enrolled_certificate_only(
    estate: Estate, tmp_path: Path, honest: bool
) -> None:
    assert dcmtk(estate, "storescu", IMAGE).returncode == 0
    port = free_port()
    enrol(estate, "TLS_PACS", estate.device.certificate, listens=port)
    shown = estate.device if honest else estate.other
    listener = subprocess.Popen(
        ["storescp", "-aet", "TLS_PACS", *tls(shown, estate), "-od", str(tmp_path), str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(port)
        statuses = move(estate)
    finally:
        listener.terminate()
        listener.wait(10)
    assert bool(list(tmp_path.iterdir())) == honest, statuses
    assert (statuses[-1] == 0x0000) == honest


def say_something(context: ssl.SSLContext, port: int) -> None:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain) as wire,
    ):
        wire.sendall(b"\x01\x00")
        if not wire.recv(1):  # TLS 1.3 tells the client only when it reads
            raise ConnectionResetError("reset")


def move(estate: Estate) -> list[int]:
    """The statuses of a C-MOVE of the study; dcmtk's movescu speaks no TLS, pynetdicom does."""
    context = ssl.create_default_context(cafile=str(estate.issuer.certificate))
    context.check_hostname = False
    context.load_cert_chain(estate.device.certificate, estate.device.key)
    entity = pynetdicom.AE(ae_title="TLS_CT")
    entity.add_requested_context(StudyRootQueryRetrieveInformationModelMove)
    association = entity.associate(
        "127.0.0.1", estate.tls_port, ae_title=CALLED, tls_args=(context, "segel")
    )
    assert association.is_established
    wanted = Dataset()
    wanted.QueryRetrieveLevel = "STUDY"
    wanted.StudyInstanceUID = STUDY
    answers = association.send_c_move(
        wanted, "TLS_PACS", StudyRootQueryRetrieveInformationModelMove
    )
    statuses = [int(status.Status) for status, _ in answers]
    association.release()
    return statuses


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("storescp did not come up")


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("dimse_tls_certificate", "certificate and key cannot be used together"),
        ("dimse_tls_issuers", "list of issuers"),
    ],
)
def test_files_that_cannot_be_used_are_named_at_the_start(broken: str, told: str) -> None:
    with place_for_a_home() as folder:
        issuer = Issuer(folder, "issuer")
        ours = issuer.issue("segel")
        files = {
            "dimse_tls_certificate": ours.certificate,
            "dimse_tls_key": ours.key,
            "dimse_tls_issuers": issuer.certificate,
        }
        files[broken].write_text("not a certificate")
        settings = folder / "segel.toml"
        settings.write_text(
            'dimse_tls = "127.0.0.1:0"\n'
            + "".join(f'{name} = "{path}"\n' for name, path in files.items())
        )
        up = segel(
            "up", f"--home={folder / 'home'}", *FREE_DOORS, f"--settings={settings}", "--detach"
        )
        assert up.returncode == 1
        assert told in " ".join((up.stdout + up.stderr).split())
