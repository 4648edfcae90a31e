"""The crawler's drill: a valid token that opens one patient after another."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import psutil
import pydicom
import pytest
from pydicom.uid import generate_uid

from support.running import place_for_a_home, started

CLINICIAN_HOUR = 30
PATIENTS = 60
IN_FLIGHT = 64


@pytest.fixture
def victims() -> Any:
    with place_for_a_home() as folder, started(folder / "home") as segel_up:
        yield segel_up, store_patients(segel_up)


def store_patients(segel_up: Any) -> list[str]:
    """Sixty synthetic people with one small image each; their study UIDs."""
    import io

    from pydicom.data import get_testdata_file

    base = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    uids = []
    with httpx.Client(base_url=segel_up.http, timeout=60) as web:
        for number in range(PATIENTS):
            base.PatientID = f"CRAWL{number:04d}"
            base.PatientName = f"ORANG NOMOR {number}"
            base.StudyInstanceUID = generate_uid(prefix=None)
            base.SeriesInstanceUID = generate_uid(prefix=None)
            base.SOPInstanceUID = generate_uid(prefix=None)
            base.file_meta.MediaStorageSOPInstanceUID = base.SOPInstanceUID
            buffer = io.BytesIO()
            base.save_as(buffer)
            answer = web.post(
                "/dicomweb/studies",
                content=b"--b\r\nContent-Type: application/dicom\r\n\r\n"
                + buffer.getvalue()
                + b"\r\n--b--\r\n",
                headers=segel_up.headers("radiographer")
                | {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'},
            )
            assert answer.status_code == 200, answer.text
            uids.append(base.StudyInstanceUID)
    return uids


def broker_of(home: Path) -> psutil.Process:
    """The broker's process among those of a home."""
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if "broker" in line and "segel" in line and _serves(process, home):
            return process
    raise AssertionError("no broker runs")


def _serves(process: psutil.Process, home: Path) -> bool:
    try:
        return process.environ().get("SEGEL_HOME") == str(home)
    except psutil.Error:
        return False


def test_a_crawler_takes_exactly_its_budget(victims: Any) -> None:
    segel_up, uids = victims

    async def crawl() -> set[str]:
        got: set[str] = set()
        stopped = 0

        async def one(web: httpx.AsyncClient, number: int) -> None:
            nonlocal stopped
            uid = uids[number % PATIENTS]
            answer = await web.get(
                f"/dicomweb/studies/{uid}/metadata", headers=segel_up.headers("clinician")
            )
            if answer.status_code == 200:
                got.add(uid)
            elif answer.status_code == 429:
                stopped += 1
                assert int(answer.headers["Retry-After"]) > 0
            else:
                assert answer.status_code == 503, answer.text  # while the broker was away

        limits = httpx.Limits(max_connections=IN_FLIGHT)
        async with httpx.AsyncClient(base_url=segel_up.http, timeout=60, limits=limits) as web:
            for number in range(10):
                await one(web, number)
            rest = [asyncio.create_task(one(web, number)) for number in range(4 * PATIENTS)]
            await asyncio.sleep(0.05)
            os.kill(broker_of(segel_up.home).pid, signal.SIGKILL)
            await asyncio.gather(*rest)
            for number in range(2 * PATIENTS):
                await one(web, number)
        assert stopped > PATIENTS
        return got

    assert len(asyncio.run(crawl())) == CLINICIAN_HOUR
