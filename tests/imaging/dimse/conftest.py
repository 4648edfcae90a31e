"""A receiver on a free port, in a thread of its own, with an archive in memory behind it."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pynetdicom.dimse import DIMSEServiceProvider

from segel.broker.errors import AeTitleUnknown, StudyUnknown, TokenInvalid
from segel.broker.messages import Address, Requester, Token
from segel.domain.dicom import JsonDataset
from segel.domain.errors import SegelError
from segel.domain.matching import matches
from segel.imaging.dicom.attributes import (
    instance_attributes,
    series_attributes,
    study_attributes,
)
from segel.imaging.dicom.header import read_header
from segel.imaging.dimse import Limits, Receiver

T = TypeVar("T")
CALLED = "SEGEL"
CALLING = "CT1"


@dataclass(frozen=True)
class Entry:
    sop_class_uid: str
    sop_instance_uid: str
    series_uid: str
    transfer_syntax_uid: str
    study_uid: str
    attributes: JsonDataset = field(repr=False)
    file: bytes = field(repr=False)


class MemoryArchive:
    """The archive's service over a dictionary; ``refusal`` is raised by the next calls."""

    def __init__(self) -> None:
        self.files: dict[str, Entry] = {}
        self.requesters: list[Requester] = []
        self.refusal: BaseException | None = None
        self.ended_tokens: set[str] = set()
        self.complete = True
        self.pause_s = 0.0
        self.met = asyncio.Event()

    async def store(self, requester: Requester, file: Any) -> Any:
        await self._meet(requester)
        content = bytes(file)
        header = read_header(content)
        attributes = (
            study_attributes(header) | series_attributes(header) | instance_attributes(header)
        )
        self.files[header.sop_instance_uid] = Entry(
            header.sop_class_uid,
            header.sop_instance_uid,
            header.series_uid,
            header.transfer_syntax_uid,
            header.study_uid,
            attributes,
            content,
        )
        return SimpleNamespace(sop_instance_uid=header.sop_instance_uid)

    async def search(self, requester: Requester, query: Any) -> Any:
        await self._meet(requester)
        key = {"study": "0020000D", "series": "0020000E", "instance": "00080018"}[query.level]
        found: dict[str, JsonDataset] = {}
        for entry in self.files.values():
            if matches(entry.attributes, query.filters, fuzzy=query.fuzzy):
                found.setdefault(entry.attributes[key]["Value"][0], dict(entry.attributes))
        for uid, dataset in found.items():
            of_it = [e for e in self.files.values() if e.attributes[key]["Value"][0] == uid]
            count = {"vr": "IS", "Value": [len(of_it)]}
            series = {"vr": "IS", "Value": [len({e.series_uid for e in of_it})]}
            modalities = sorted({e.attributes["00080060"]["Value"][0] for e in of_it})
            dataset |= {"00201208": count, "00201209": count, "00201206": series}
            dataset |= {"00080061": {"vr": "CS", "Value": modalities}}
        page = list(found.values())[query.offset : query.offset + query.limit]
        return SimpleNamespace(datasets=page, complete=self.complete, note="Add a date.")

    async def open_study(self, requester: Requester, study_uid: str) -> Any:
        await self._meet(requester)
        entries = [entry for entry in self.files.values() if entry.study_uid == study_uid]
        if not entries:
            raise StudyUnknown("There is no such study.")

        async def instances(series_uid: str | None = None) -> list[Entry]:
            return [entry for entry in entries if series_uid in (None, entry.series_uid)]

        async def read(entry: Entry) -> bytes:
            await asyncio.sleep(self.pause_s)
            return entry.file

        async def require_open() -> None:
            if self.refusal is not None:
                raise self.refusal

        return SimpleNamespace(instances=instances, read=read, require_open=require_open)

    async def _meet(self, requester: Requester) -> None:
        self.requesters.append(requester)
        self.met.set()
        await asyncio.sleep(self.pause_s)
        if requester.token in self.ended_tokens:
            raise TokenInvalid("The session has ended.")
        if self.refusal is not None:
            raise self.refusal


class MemoryWorklist:
    """A worklist of ready items; ``refusal`` is raised by the next calls."""

    def __init__(self) -> None:
        self.items: list[JsonDataset] = []
        self.queries: list[Any] = []
        self.refusal: SegelError | None = None

    async def scheduled(self, requester: Requester, query: Any) -> Any:
        self.queries.append(query)
        if self.refusal is not None:
            raise self.refusal
        return SimpleNamespace(datasets=self.items, complete=True, note="")


class FakePeers:
    """Knows the calling titles CT1 and WS1 for the called title SEGEL, and destinations."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, str, str]] = []
        self.destinations: dict[str, Address] = {}
        self.lifetime_s = 3600
        self.refusal: SegelError | None = None

    async def open_peer(
        self, calling_ae: str, called_ae: str, address: str, key: str = ""
    ) -> Token:
        self.opened.append((calling_ae, called_ae, address))
        if self.refusal is not None:
            raise self.refusal
        if calling_ae not in (CALLING, "WS1"):
            raise AeTitleUnknown("The AE title is not enrolled.")
        if called_ae != CALLED:
            raise AeTitleUnknown("Not for this title.", field="called")
        return Token(f"token-{len(self.opened)}", int(time.time()) + self.lifetime_s)

    async def peer_address(self, requester: Requester, ae_title: str) -> Address:
        try:
            return self.destinations[ae_title]
        except KeyError:
            raise AeTitleUnknown("The AE title is not enrolled.") from None


class House:
    """A running receiver with everything around it."""

    def __init__(self, limits: Limits) -> None:
        self.archive = MemoryArchive()
        self.worklist = MemoryWorklist()
        self.peers = FakePeers()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.receiver = Receiver(
            "127.0.0.1",
            0,
            archive=self.archive,
            worklist=self.worklist,
            peers=self.peers,
            limits=limits,
        )
        self.run(self.receiver.start())
        self.port = self.receiver.port

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=60)

    def stop(self) -> None:
        self.run(self.receiver.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)


def _leave_answers_alone(
    provider: DIMSEServiceProvider,
    block: bool = False,
    *,
    original: Any = DIMSEServiceProvider.get_msg,
) -> Any:
    """pynetdicom's requestor sometimes takes an answer away from the call that waits for it: its
    reactor thread looks for messages once more after it was told to pause. The faster the answer,
    the likelier; under load it cost one call in 150 its answer, until its timeout."""
    association = provider.assoc
    if not block and association.is_requestor and not association._reactor_checkpoint.is_set():
        return None, None
    return original(provider, block)


@pytest.fixture(autouse=True)
def _patient_pynetdicom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DIMSEServiceProvider, "get_msg", _leave_answers_alone)


@pytest.fixture
def build_house() -> Iterator[Callable[[Limits], House]]:
    houses: list[House] = []

    def build(limits: Limits) -> House:
        houses.append(House(limits))
        return houses[-1]

    yield build
    for house in houses:
        house.stop()


@pytest.fixture
def house(build_house: Callable[[Limits], House]) -> House:
    return build_house(Limits(stop_s=2))


@pytest.fixture
def dcmtk() -> None:
    if shutil.which("dcmsend") is None:
        pytest.skip("dcmtk is not installed")


def make_ct(number: int, *, study: str = "1.2.3", series: str = "1.2.3.1", **more: Any) -> Dataset:
    """A small CT instance, ready to be saved."""
    ct = Dataset()
    ct.SOPClassUID, ct.SOPInstanceUID = CTImageStorage, f"{series}.{number}"
    ct.StudyInstanceUID, ct.SeriesInstanceUID = study, series
    ct.PatientName, ct.PatientID = "Tjandra^Siti", "MRN-7"
    ct.StudyDate, ct.StudyTime, ct.Modality = "20240131", "101500", "CT"
    ct.AccessionNumber, ct.StudyID, ct.SeriesNumber, ct.InstanceNumber = "A-1", "1", 1, number
    ct.Rows = ct.Columns = 16
    ct.BitsAllocated, ct.BitsStored, ct.HighBit, ct.PixelRepresentation = 16, 12, 11, 0
    ct.SamplesPerPixel, ct.PhotometricInterpretation = 1, "MONOCHROME2"
    ct.PixelData = bytes(range(256)) * 2
    ct.file_meta = FileMetaDataset()
    ct.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ct.file_meta.MediaStorageSOPClassUID = ct.SOPClassUID
    ct.file_meta.MediaStorageSOPInstanceUID = ct.SOPInstanceUID
    for keyword, value in more.items():
        setattr(ct, keyword, value)
    return ct


@pytest.fixture
def ct_folder(tmp_path: Path) -> Path:
    """Two series of three CT instances each."""
    folder = tmp_path / "ct"
    folder.mkdir()
    for series in ("1.2.3.1", "1.2.3.2"):
        for number in (1, 2, 3):
            name = f"{series}.{number}.dcm"
            make_ct(number, series=series).save_as(folder / name, enforce_file_format=True)
    return folder


@pytest.fixture
def new_ct() -> Callable[..., Dataset]:
    return make_ct


@pytest.fixture
def testdata() -> Callable[[str], Path]:
    def find(name: str) -> Path:
        path = get_testdata_file(name)
        if path is None:
            pytest.skip(f"pydicom carries no {name}")
        return Path(str(path))

    return find
