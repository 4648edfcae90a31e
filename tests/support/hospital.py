"""A hospital at work: devices that make small images of synthetic people and store them.

Everything goes through a real broker's sockets and a real archive on a real database.
"""

import asyncio
import contextlib
import io
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from segel.app.decoys.planting import Planter
from segel.broker import BrokerClient, Requester
from segel.broker.server import serve
from segel.broker.settings import BrokerSettings
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.imaging import Archive, opened_archive
from segel.keys import FileKms

CODE: Final = "RS1"
NIK_SYSTEM: Final = "https://fhir.kemkes.go.id/id/nik"
ROUTE: Final = "dimse"


@dataclass(frozen=True, slots=True)
class Device:
    """A device: its AE title, what it makes (series × instances), and how large."""

    ae_title: str
    modality: str
    sop_class: str
    series: tuple[int, ...]
    instances: tuple[int, ...]
    rows: tuple[int, ...]
    description: str


DEVICES: Final = (
    Device("CR_1", "CR", "1.2.840.10008.5.1.4.1.1.1", (1,), (1, 2), (48, 64), "FOTO THORAX PA"),
    Device("CT_1", "CT", "1.2.840.10008.5.1.4.1.1.2", (1, 2), (2, 3), (32,), "CT KEPALA"),
    Device("US_1", "US", "1.2.840.10008.5.1.4.1.1.6.1", (1,), (1, 2, 3), (24, 40), "USG ABDOMEN"),
)
WEIGHTS: Final = (6, 2, 3)


def study_of(person: PatientIdentity, chance: random.Random) -> tuple[Device, list[bytes]]:
    """A person's study, as their device sends it."""
    device = chance.choices(DEVICES, WEIGHTS)[0]
    today = time.strftime("%Y%m%d")
    clock = f"{chance.choices(range(7, 18), (6, 9, 9, 8, 7, 4, 3, 3, 2, 1, 1))[0]:02}"
    at = f"{clock}{chance.randrange(60):02}{chance.randrange(60):02}"
    accession = f"RS{today[2:]}{chance.randrange(10**6):06}"
    root = f"1.2.826.0.1.{chance.randrange(10**11, 10**12)}"
    side = chance.choice(device.rows)
    with_nik, noted = chance.random() < 0.8, chance.random() < 0.3
    files = []
    for series in range(1, chance.choice(device.series) + 1):
        for instance in range(1, chance.choice(device.instances) + 1):
            dataset = Dataset()
            dataset.SOPClassUID = device.sop_class
            dataset.SOPInstanceUID = f"{root}.{series}.{instance}"
            dataset.StudyInstanceUID, dataset.SeriesInstanceUID = root, f"{root}.{series}"
            dataset.StudyDate = dataset.SeriesDate = today
            dataset.StudyTime = dataset.SeriesTime = at
            dataset.AccessionNumber, dataset.Modality = accession, device.modality
            dataset.StudyDescription = device.description
            dataset.ReferringPhysicianName = chance.choice(("dr. WULANDARI", "dr. HENDRA"))
            dataset.PatientName, dataset.PatientID = person.name, person.patient_id
            dataset.PatientBirthDate, dataset.PatientSex = person.birth_date, person.sex
            if with_nik:
                nik = Dataset()
                nik.PatientID, nik.IssuerOfPatientID = person.nik, NIK_SYSTEM
                dataset.OtherPatientIDsSequence = [nik]
            if noted:
                dataset.AdditionalPatientHistory = "Batuk dua minggu"
            dataset.SeriesNumber, dataset.InstanceNumber = series, instance
            _put_pixels(dataset, side, chance)
            files.append(_written(dataset))
    return device, files


def _put_pixels(dataset: Dataset, side: int, chance: random.Random) -> None:
    noise = np.random.default_rng(chance.randrange(2**32))
    dataset.Rows = dataset.Columns = side
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    body = (x**2 + (y * noise.uniform(0.7, 1.1)) ** 2 < 0.8) * noise.uniform(600, 1200)
    dataset.PixelData = (body + noise.normal(80, 20, body.shape)).clip(0).astype("<u2").tobytes()


def _written(dataset: Dataset) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@dataclass
class Working:
    """The hospital, its archive, and whoever plants there."""

    operator: BrokerClient
    archive: Archive
    planter: Planter

    async def arrive(self, device: Device, files: list[bytes]) -> None:
        """A device associates, stores a study, and hangs up."""
        token = await self.operator.open_peer(device.ae_title, "SEGEL", "10.0.0.1")
        await self.send(token.token, files)

    async def send(self, token: str, files: list[bytes]) -> None:
        """Store a study's files together."""
        asked = Requester(token, Purpose.TREATMENT, ROUTE)
        await asyncio.gather(*(self.archive.store(asked, data) for data in files))

    async def read(self, token: str, uid: str) -> list[bytes]:
        """A study's files."""
        asked = Requester(token, Purpose.TREATMENT, "dicomweb")
        study = await self.archive.open_study(asked, uid)
        return [await study.read(entry) for entry in await study.instances()]


@contextlib.asynccontextmanager
async def working(database: Any, folder: Path, **settings: Any) -> AsyncIterator[Working]:
    """A broker and an archive on the emptied database, with one hospital and its devices."""
    FileKms.create(folder / "kms")
    objects = folder / "objects"
    told = BrokerSettings(
        socket=folder / "b.sock",
        operator_socket=folder / "o.sock",
        database=database.broker,
        kms=folder / "kms",
        objects=objects,
        key_backup=folder / "wrapped",
        log_origin="segel.test/audit",
        demo=True,
        **settings,
    )
    serving = asyncio.create_task(serve(told, clock=time.time))
    operator = await BrokerClient.connect(told.operator_socket)
    await operator.enrol_hospital(CODE, "RS Satu")
    for device in DEVICES:
        await operator.enrol_peer(device.ae_title, "SEGEL", CODE)
    try:
        async with opened_archive(told.socket, database.gateway, objects) as archive:
            here = Working(operator, archive, Planter(operator, _nothing, _nothing_sent))
            here.planter = Planter(operator, here.read, here.send)
            yield here
    finally:
        await operator.close()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _nothing(_: str, __: str) -> list[bytes]:
    return []


async def _nothing_sent(_: str, __: list[bytes]) -> None:
    return None
