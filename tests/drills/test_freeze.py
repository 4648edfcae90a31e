"""The freeze at a running Segel: two gateway workers and the receiver let nothing more through.

All of it takes place in hospitals and accounts of its own, so that the shared Segel stays usable.
"""

import asyncio
import io
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelGet as StudyRootGet,
)

from segel.broker import BrokerClient
from segel.domain.roles import Role
from support.running import Running, segel

EFFECT_S = 1.0
"""What Segel promises."""

IMAGES = 24
SIDE = 1_024
"""24 images of 2 MiB: more than the sockets on the way can hold."""


@dataclass(frozen=True)
class Scene:
    """A hospital with one study, a reader of it, and a peer that retrieves."""

    running: Running
    code: str
    reader: str
    reader_token: str
    peer: str
    study: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.reader_token}"}

    def metadata(self) -> int:
        """The status of one read, on a connection of its own: either worker may get it."""
        path = f"{self.running.http}/dicomweb/studies/{self.study}/metadata"
        return httpx.get(path, headers=self.headers, timeout=60).status_code

    def freeze(self, *target: str) -> None:
        done = segel("freeze", *target, "--reason=drill", f"--home={self.running.home}")
        assert done.returncode == 0, done.stderr

    def require_refused(self) -> None:
        """From one second after the freeze no worker answers a read."""
        time.sleep(EFFECT_S)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.metadata(), range(24)))
        assert answers == [403] * 24


@pytest.fixture
def scene(running: Running, request: Any) -> Scene:
    code = f"F{abs(hash(request.node.name)) % 10**9}"
    reader, peer = f"dr. Beku {code}", f"P{code}"[:16]

    async def enrol() -> tuple[str, str]:
        operator = await BrokerClient.connect(running.home / "run" / "operator.sock")
        try:
            await operator.enrol_hospital(code, f"RS Uji {code}")
            await operator.enrol_peer(peer, "SEGEL", code)
            tokens = []
            for name, role in ((reader, Role.CLINICIAN), (f"rad {code}", Role.RADIOGRAPHER)):
                account: UUID = await operator.enrol_account(name, role, code)
                tokens.append((await operator.issue_token(account, 3_600)).token)
            return tokens[0], tokens[1]
        finally:
            await operator.close()

    reader_token, maker_token = asyncio.run(enrol())
    study = _store(running, maker_token)
    return Scene(running, code, reader, reader_token, peer, study)


def _store(running: Running, token: str) -> str:
    image = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    image.StudyInstanceUID = generate_uid(prefix=None)
    image.SeriesInstanceUID = generate_uid(prefix=None)
    image.Rows = image.Columns = SIDE
    image.PixelData = bytes(2 * SIDE * SIDE)
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for number in range(IMAGES):
            image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid(None)
            image.InstanceNumber = number + 1
            file = io.BytesIO()
            image.save_as(file)
            body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + file.getvalue()
            kind = 'multipart/related; type="application/dicom"; boundary=b'
            answer = web.post(
                "/dicomweb/studies",
                content=body + b"\r\n--b--\r\n",
                headers={"Authorization": f"Bearer {token}", "Content-Type": kind},
            )
            assert answer.status_code == 200, answer.text
    return str(image.StudyInstanceUID)


@pytest.mark.parametrize("kind", ["account", "session", "hospital"])
def test_whoever_is_frozen_reads_nothing_at_any_worker_one_second_later(
    scene: Scene, kind: str
) -> None:
    with ThreadPoolExecutor(8) as pool:  # both workers hold the key
        assert set(pool.map(lambda _: scene.metadata(), range(16))) == {200}
    name = {"account": scene.reader, "session": scene.reader_token, "hospital": scene.code}[kind]
    scene.freeze(kind, name)
    scene.require_refused()


def test_a_study_that_is_being_sent_breaks_off(scene: Scene) -> None:
    path = f"{scene.running.http}/dicomweb/studies/{scene.study}"
    got = 0
    with httpx.stream("GET", path, headers=scene.headers, timeout=60) as answer:
        length = int(answer.headers["content-length"])
        try:
            for piece in answer.iter_raw(65_536):
                if not got:
                    scene.freeze("account", scene.reader)
                    time.sleep(EFFECT_S)
                got += len(piece)
        except httpx.RemoteProtocolError:
            pass
    assert 0 < got < length


def test_a_retrieval_under_way_stops_and_the_peer_is_refused(scene: Scene) -> None:
    received: list[str] = []

    def take(event: Any) -> int:
        if not received:
            scene.freeze("account", f"{scene.peer} ({scene.code})")
            time.sleep(EFFECT_S)
        received.append(event.request.AffectedSOPInstanceUID)
        return 0x0000

    with _associated(scene, take) as get:
        completed, failed = get()
        assert completed == len(received) < 3, "what was on its way may still arrive"
        assert failed == IMAGES - completed
        assert get() == (0, 0), "and nothing more is begun"
    assert len(received) < 3


class _associated:  # noqa: N801 - reads as a verb
    """An association that retrieves; calling gives the counts of the final response."""

    def __init__(self, scene: Scene, take: Callable[[Any], int]) -> None:
        ae = AE(scene.peer)
        ae.add_requested_context(StudyRootGet)
        ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
        role = build_role(CTImageStorage, scp_role=True)
        host, port = scene.running.dimse
        self._study = scene.study
        self._association = ae.associate(
            host, port, ae_title="SEGEL", ext_neg=[role],
            evt_handlers=[(evt.EVT_C_STORE, take)],
        )  # fmt: skip
        assert self._association.is_established

    def __enter__(self) -> Callable[[], tuple[int, int]]:
        return self._get

    def __exit__(self, *_: object) -> None:
        self._association.release()

    def _get(self) -> tuple[int, int]:
        asked = pydicom.Dataset()
        asked.QueryRetrieveLevel = "STUDY"
        asked.StudyInstanceUID = self._study
        *_, (status, _) = self._association.send_c_get(asked, StudyRootGet)
        assert status.Status != 0x0000
        return (
            status.get("NumberOfCompletedSuboperations", 0) or 0,
            status.get("NumberOfFailedSuboperations", 0) or 0,
        )
