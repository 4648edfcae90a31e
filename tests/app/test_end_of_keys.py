"""A running Segel: a patient erased by the command line; then its KMS lost, and recovered."""

import asyncio
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pydicom
from pynetdicom import AE

from segel.app import home as homes
from segel.broker import BrokerClient
from segel.domain.roles import Role
from support.running import Running, place_for_a_home, segel, started

BOUNDARY = "b"
NOT_AUTHORISED = 0x0124


def asked(token: str, *arguments: str, said: str = "") -> str:
    """What the command line prints for somebody."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "segel"), *arguments],
        input=said,
        env={**os.environ, "SEGEL_TOKEN": token, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def store(running: Running, file: bytes) -> httpx.Response:
    body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n--b--\r\n"
    kind = 'multipart/related; type="application/dicom"; boundary=b'
    headers = running.headers("radiographer") | {"Content-Type": kind}
    url = f"{running.http}/dicomweb/studies"
    return httpx.post(url, content=body, headers=headers, timeout=60)


def fetch(running: Running, study_uid: str) -> httpx.Response:
    url = f"{running.http}/dicomweb/studies/{study_uid}"
    return httpx.get(url, headers=running.headers("radiologist"), timeout=60)


def another_officer(home: Path, hospital: str) -> str:
    """The token of a second administrator: what ends a record early takes three people."""

    async def run() -> str:
        client = await BrokerClient.connect(homes.at(home).operator_socket)
        try:
            account = await client.enrol_account("Agus", Role.ADMINISTRATOR, hospital, demo=True)
            return (await client.issue_token(account, 3_600)).token
        finally:
            await client.close()

    return asyncio.run(run())


def files_in(answer: httpx.Response) -> list[bytes]:
    edge = answer.headers["content-type"].split("boundary=")[1].strip('"').encode()
    parts = answer.content.split(b"--" + edge)[1:-1]
    return [part.split(b"\r\n\r\n", 1)[1][:-2] for part in parts]


def test_a_patient_is_erased_for_good_and_the_others_outlive_the_kms(tmp_path: Path) -> None:
    with place_for_a_home() as folder:
        home, shares = folder / "home", tmp_path / "shares"
        here = f"--home={home}"
        with started(home) as running:
            mine = [
                patient
                for patient in running.demo["patients"]
                if fetch(running, patient["study_uids"][0]).status_code == 200
            ]
            gone, stays = mine[0], mine[1]
            kept = files_in(fetch(running, stays["study_uids"][0]))
            lost = files_in(fetch(running, gone["study_uids"][0]))
            out = segel("keys", "escrow", "split", f"--into={shares}", here)
            assert out.returncode == 0, out.stderr
            files = sorted(shares.iterdir())
            assert [path.stat().st_mode & 0o777 for path in files] == [0o600] * 5
            assert "never rehearsed" in segel("keys", "status", here).stdout
            few = segel("keys", "escrow", "rehearse", *map(str, files[:2]), here)
            assert few.returncode == 1
            assert "2 of 3" in few.stderr
            done = segel("keys", "escrow", "rehearse", *map(str, files[1:4]), here)
            assert done.returncode == 0, done.stderr
            assert "recovery rehearsed on" in segel("keys", "status", here).stdout

            officer = running.token("data-protection-officer")
            why = ("--ground=unlawful", "--reference=DPO/2026/1", "--reason=Never consented.")
            out_text = asked(
                officer, "erase", "patient", *why, "--yes", here, said=f"{gone['nik']}\n"
            )
            assert gone["name"] not in out_text
            erasure = re.findall(r"erasure ([0-9a-f-]{36})", out_text)[0]
            approval = re.findall(r"approve ([0-9a-f-]{36})", out_text)[0]
            others = (
                running.token("administrator"),
                another_officer(home, running.hospitals[0]),
            )
            for one in others:
                asked(one, "approvals", "approve", approval, "--reason=Seen.", here)
            killed_meanwhile(home, officer, erasure)
            assert "Complete" in asked(officer, "erase", "carry-out", erasure, here)
            certificate = tmp_path / "certificate"
            certificate.write_text(asked(officer, "erase", "certificate", erasure, here))
            verified = segel("erase", "verify-certificate", str(certificate), here)
            assert verified.returncode == 0, verified.stderr
            assert erasure in verified.stdout
            assert gone["nik"] not in verified.stdout
            assert_gone(running, gone["study_uids"][0], lost)
            assert segel("audit", "verify", here).returncode == 0
            vkey = (folder / "home.keys" / "audit.vkey").read_text()
        # Of the keys only the wrapped ones' folder is left, and of the shares three.
        for path in (folder / "home.keys").iterdir():
            if path.name != "wrapped":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        wrong = segel("keys", "escrow", "recover", str(files[0]), str(files[0]), here)
        assert wrong.returncode == 1
        assert "before" in wrong.stderr
        picked = [str(files[at]) for at in (0, 2, 4)]
        recovered = segel("keys", "escrow", "recover", *picked, here)
        assert recovered.returncode == 0, recovered.stdout + recovered.stderr
        with started(home) as running:
            assert files_in(fetch(running, stays["study_uids"][0])) == kept
            assert_gone(running, gone["study_uids"][0], lost)
            assert store(running, kept[0]).status_code == 200
            assert segel("audit", "verify", here).returncode == 0
            assert (folder / "home.keys" / "audit.vkey").read_text() == vkey


def killed_meanwhile(home: Path, token: str, erasure: str) -> None:
    """The broker dies, and is started again, while an erasure is carried out."""
    command = [str(Path(sys.executable).parent / "segel"), "erase", "carry-out", erasure]
    with subprocess.Popen(
        [*command, f"--home={home}"],
        env={**os.environ, "SEGEL_TOKEN": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as under_way:
        time.sleep(1.5)
        status = json.loads((home / "run" / "status.json").read_text())
        (broker,) = [one["pid"] for one in status["processes"] if one["name"] == "broker"]
        os.kill(broker, signal.SIGKILL)
        under_way.communicate(timeout=120)


def assert_gone(running: Running, study_uid: str, files: list[bytes]) -> None:
    """It is neither read nor stored, by either door."""
    assert fetch(running, study_uid).status_code == 404
    answer = store(running, files[0])
    assert answer.status_code == 409, answer.text
    (failed,) = answer.json()["00081198"]["Value"]
    assert failed["00081197"]["Value"] == [NOT_AUTHORISED]
    dataset = pydicom.dcmread(io.BytesIO(files[0]))
    peer = running.peer()
    entity = AE(ae_title=peer["ae_title"])
    entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate(*running.dimse, ae_title=peer["called_ae_title"])
    assert association.is_established
    try:
        status = association.send_c_store(dataset)
        assert status.Status == NOT_AUTHORISED
        assert "erased" in status.ErrorComment
    finally:
        association.release()
