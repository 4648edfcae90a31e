"""An archive with its doors in the test's own loop, on a real broker and the real database."""

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pydicom
import pytest
from litestar import Litestar
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from segel.app.fingerprinting import Fingerprinter
from segel.app.picture_marking import marker
from segel.broker import BrokerClient, Requester
from segel.broker.matching_port import Matching
from segel.broker.server import serve
from segel.broker.settings import BrokerSettings
from segel.domain.roles import Role
from segel.imaging import Archive, opened_archive
from segel.imaging.dicomweb import router
from segel.records import BASE, Records
from segel.store.database import opened_pool
from segel.store.local import LocalDirectory
from support.kms import CHOSEN, new_place


@dataclass
class Place:
    """An archive and two hospitals' people."""

    archive: Archive
    records: Records
    operator: BrokerClient
    objects: Path
    database: Any
    broker_socket: Path
    fingerprinter: Fingerprinter

    async def token(self, role: Role, hospital: str = "H1") -> str:
        await self.operator.enrol_hospital(hospital, f"RS {hospital}")
        account = await self.operator.enrol_account(f"{role} {hospital}", role, hospital, demo=True)
        return (await self.operator.issue_token(account, 3_600)).token

    async def requester(self, role: Role, hospital: str = "H1") -> Requester:
        return Requester(await self.token(role, hospital))

    @contextlib.asynccontextmanager
    async def web(self, role: Role, hospital: str = "H1") -> AsyncIterator[httpx.AsyncClient]:
        """A client of the web door, signed in."""
        transport = httpx.ASGITransport(app=cast("Any", Litestar([router(self.archive)])))
        headers = {"Authorization": f"Bearer {await self.token(role, hospital)}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://segel.test", headers=headers
        ) as client:
            yield client


Opener = Callable[..., contextlib.AbstractAsyncContextManager[Place]]


@pytest.fixture
def place_of(database: Any, tmp_path: Path) -> Opener:
    """Opens an archive on the emptied database."""
    settings = BrokerSettings(
        socket=tmp_path / "b.sock",
        operator_socket=tmp_path / "o.sock",
        database=database.broker,
        kms=new_place(CHOSEN, tmp_path),
        objects=tmp_path / "objects",
        key_backup=tmp_path / "wrapped",
        log_origin="segel.test/audit",
        demo=True,
        fingerprinter_socket=tmp_path / "f.sock",
    )

    @contextlib.asynccontextmanager
    async def open_place(matching: Matching | None = None) -> AsyncIterator[Place]:
        serving = asyncio.create_task(serve(settings, clock=time.time, matching=matching))
        try:
            operator = await BrokerClient.connect(settings.operator_socket)
            async with (
                opened_archive(settings.socket, database.gateway, settings.objects) as archive,
                opened_pool(database.gateway) as pool,
            ):
                archive.mark_by(marker)
                records = Records(archive, pool, f"https://segel.test{BASE}")
                assert settings.fingerprinter_socket is not None
                fingerprints = BrokerClient(settings.fingerprinter_socket)
                yield Place(
                    archive,
                    records,
                    operator,
                    settings.objects,
                    database,
                    settings.socket,
                    Fingerprinter(fingerprints, LocalDirectory(settings.objects)),
                )
                await fingerprints.close()
            await operator.close()
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving

    return open_place


@pytest.fixture
def dicom_file() -> Callable[..., bytes]:
    """Makes a small CT instance of a synthetic person; keywords set attributes."""

    def make(**attributes: Any) -> bytes:
        dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        dataset.StudyInstanceUID = generate_uid(prefix=None)
        dataset.SeriesInstanceUID = generate_uid(prefix=None)
        dataset.SOPInstanceUID = generate_uid(prefix=None)
        dataset.PatientName = "SITI AMINAH"
        for name, value in attributes.items():
            setattr(dataset, name, value)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        return buffer.getvalue()

    return make


@pytest.fixture
def stow() -> Callable[..., tuple[dict[str, str], bytes]]:
    """Headers and body of a STOW-RS request."""

    def make(*files: bytes) -> tuple[dict[str, str], bytes]:
        body = b"".join(
            b"--edge\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n" for file in files
        )
        headers = {
            "Content-Type": 'multipart/related; type="application/dicom"; boundary=edge',
            "Accept": "application/dicom+json",
        }
        return headers, body + b"--edge--\r\n"

    return make
