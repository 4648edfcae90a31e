"""A throwaway Segel with invented patients, for whoever wants to attack one."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ComputedRadiographyImageStorage, ExplicitVRLittleEndian

from segel.app import home as homes
from segel.app.demo.people import patients, uid
from segel.app.enrolment import import_token, person_token
from segel.app.home import Home
from segel.app.importing import post
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.app.supervisor import ProcessStatus
from segel.broker import BrokerClient
from segel.domain.errors import SegelError
from segel.domain.roles import Role

HOSPITAL: Final = "DRILL"
SEED: Final = 31
SIDE_PX: Final = 16
STORE_BATCH: Final = 50
UP_S: Final = 180
STARTED_S: Final = 60.0
"""For a broker to answer."""

DAY_S: Final = 86_400

R = TypeVar("R")


class DrillFailed(SegelError):
    """The drill itself could not be run; nothing was shown either way."""

    code = "drill-failed"


@dataclass(frozen=True, slots=True)
class Stage:
    """A running Segel to attack. ``studies``: UIDs, one of each patient."""

    home: Home
    http: str
    studies: tuple[str, ...]

    def ask(self, question: Callable[[BrokerClient], Awaitable[R]]) -> R:
        """What the operator is answered."""
        return ask(self.home.root, question)

    def account(self, name: str, role: Role) -> str:
        """The token of a new session of somebody of the hospital, who is enrolled where new."""

        async def enrol(operator: BrokerClient) -> str:
            account = await operator.enrol_account(name, role, HOSPITAL, demo=True)
            return await person_token(operator, account, days=1)

        return self.ask(enrol)

    @contextlib.contextmanager
    def second_broker(self, behind_s: int) -> Iterator[Path]:
        """The socket of another broker over the same database, whose clock is so far behind; it
        may still be starting."""
        folder = self.home.sockets
        sockets = folder / "second.sock", folder / "second-operator.sock"
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "segel.app.drills.second_broker",
                *map(str, (self.home.root, *sockets, behind_s)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield sockets[0]
        finally:
            process.kill()
            process.wait()
            for path in sockets:
                path.unlink(missing_ok=True)

    def process(self, name: str) -> ProcessStatus:
        """One of its processes, as the supervisor sees it now."""
        return next(one for one in read_status(self.home).processes if one.name == name)


@contextlib.contextmanager
def staged(count: int, *, budgets: bool, say: Callable[[str], None]) -> Iterator[Stage]:
    """A Segel with ``count`` patients in one hospital; it and its folder are gone afterwards.

    ``budgets``: as they are, or turned off. Raises DrillFailed.
    """
    folder = Path(tempfile.mkdtemp(prefix="segel-drill-"))
    folder.chmod(0o755)  # started by root, the processes' own users pass through
    home = homes.at(folder / "home")
    settings = folder / "drill.toml"
    settings.write_text(
        'http = "127.0.0.1:0"\nviewer = "127.0.0.1:0"\ndimse = "127.0.0.1:0"\n'
        f"drill = true\ndrill_without_budgets = {json.dumps(not budgets)}\n"
    )
    try:
        say("starting a Segel to attack")
        _segel("up", "--detach", "--home", str(home.root), "--settings", str(settings))
        try:
            say("storing invented patients")
            http = read_status(home).http
            yield Stage(home, http, tuple(_fill(home, http, count)))
        finally:
            say("taking it down")
            _segel("down", "--home", str(home.root))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _segel(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "segel", *arguments],
        capture_output=True,
        text=True,
        timeout=UP_S,
        check=False,
    )
    if done.returncode != 0:
        raise DrillFailed(
            f"`segel {arguments[0]}` failed: {done.stderr.strip()[-300:]}",
            remedy="Run the drill where `make up` works.",
        )


def _fill(home: Home, http: str, count: int) -> list[str]:
    async def enrol(operator: BrokerClient) -> str:
        await operator.enrol_hospital(HOSPITAL, "RS Latihan")
        return await import_token(operator, HOSPITAL)

    token = ask(home.root, enrol)
    studies = [uid(SEED, "study", number) for number in range(count)]
    for start in range(0, count, STORE_BATCH):
        files = [
            radiograph(number, studies[number])
            for number in range(start, min(start + STORE_BATCH, count))
        ]
        outcome = post(http, token, files)
        if not outcome.is_complete:
            raise DrillFailed("The drill's patients could not be stored.", remedy="Try again.")
    return studies


def radiograph(number: int, study_uid: str) -> bytes:
    """A small radiograph of nobody, as a DICOM file. Names and numbers are made up."""
    someone = patients(SEED + number, [(20, 60)])[0]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(uid(SEED, "instance", number))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = ComputedRadiographyImageStorage
    dataset.SOPInstanceUID = uid(SEED, "instance", number)
    dataset.StudyInstanceUID = study_uid
    dataset.SeriesInstanceUID = uid(SEED, "series", number)
    dataset.StudyDate = time.strftime("%Y%m%d")
    dataset.StudyTime = "080000"
    dataset.Modality = "CR"
    dataset.AccessionNumber = f"LATIHAN{number:05d}"
    dataset.PatientName = f"{someone.name} {number}"
    dataset.PatientID = f"LATIHAN{number:05d}"
    dataset.PatientBirthDate = f"{someone.born:%Y%m%d}"
    dataset.PatientSex = someone.sex
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    dataset.Rows = dataset.Columns = SIDE_PX
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.PixelData = bytes((number + at) % 256 for at in range(SIDE_PX * SIDE_PX))
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
