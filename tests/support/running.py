"""Segel started as a user would start it."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from support.kms import CHOSEN, kms_settings

REPOSITORY = Path(__file__).resolve().parents[2]


WITHOUT_PATIENTS = ("TANJUNG", "TANGGAP")


@dataclass(frozen=True)
class Running:
    """A Segel that was started as a user would, and what its demo file says."""

    home: Path
    demo: dict[str, Any]

    @property
    def http(self) -> str:
        """The base URL of its web door."""
        return str(self.demo["http"])

    @property
    def dimse(self) -> tuple[str, int]:
        """Host and port of its DIMSE door."""
        host, port = str(self.demo["dimse"]).rsplit(":", 1)
        return host, int(port)

    @property
    def hospitals(self) -> list[str]:
        """The codes of the demo hospitals; the third is a port's health office, the fourth answers
        for alleged leaks."""
        known = {str(account["hospital"]) for account in self.demo["accounts"]}
        last = [code for code in WITHOUT_PATIENTS if code in known]
        return [*sorted(known.difference(last)), *last]

    def token(self, role: str, hospital: int = 0) -> str:
        """The token of the demo person of a role in the first or second hospital."""
        return next(
            str(account["token"])
            for account in self.demo["accounts"]
            if account["role"] == role and account["hospital"] == self.hospitals[hospital]
        )

    def stored_image(self) -> Dataset:
        """A CT image, a study and a patient of its own, stored in the first hospital: the demo's
        patients are what other tests expect them to be."""
        image = dcmread(str(get_testdata_file("CT_small.dcm")))
        image.PatientID = f"RM-{uuid.uuid4().hex[:8]}"
        image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        web = DICOMwebClient(f"{self.http}/dicomweb", headers=self.headers("radiographer"))
        web.store_instances([image])
        return image

    def tokens(self) -> dict[str, str]:
        """A token of each role that a demo person has, in the first hospital where there is one."""
        accounts = sorted(
            self.demo["accounts"], key=lambda one: -self.hospitals.index(one["hospital"])
        )
        return {str(one["role"]): str(one["token"]) for one in accounts}

    def peer(self, hospital: int = 0) -> dict[str, str]:
        """A DIMSE peer of the first or second hospital."""
        return next(
            peer for peer in self.demo["peers"] if peer["hospital"] == self.hospitals[hospital]
        )

    def headers(self, role: str, hospital: int = 0) -> dict[str, str]:
        """The Authorization header of a demo person."""
        return {"Authorization": f"Bearer {self.token(role, hospital)}"}


def segel(*arguments: str, timeout_s: int = 300) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    program = Path(sys.executable).parent / "segel"
    return subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        cwd=REPOSITORY,
    )


FREE_DOORS = [f"--{door}=127.0.0.1:0" for door in ("http", "dimse", "mllp", "viewer")]


@contextlib.contextmanager
def place_for_a_home() -> Iterator[Path]:
    """A folder that Segel's other users can pass, which pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="segel-up-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def started(
    home: Path, *arguments: str, settings: str = "", kms: str = CHOSEN
) -> Iterator[Running]:
    """Segel up with demo data in ``home``, on a KMS of the kind ``kms``; down at the end.

    ``settings``: further lines of the settings file.
    """
    # A child's start, and the demo's images, are seconds of a core that few tests need.
    lines = kms_settings(home, kms) + settings
    if "fingerprints" not in lines:
        lines = f"fingerprints = false\n{lines}"
    if lines:
        file = home.with_name(f"{home.name}.settings.toml")
        file.write_text(lines)
        arguments += (f"--settings={file}",)
    try:
        up = segel("up", f"--home={home}", *FREE_DOORS, "--demo", "--detach", *arguments)
    except subprocess.TimeoutExpired:
        segel("down", f"--home={home}")  # or it would start what it lacks for ever
        raise
    assert up.returncode == 0, up.stdout + up.stderr
    try:
        demo = json.loads(home.with_name(home.name + ".demo.json").read_text())
        yield Running(home, demo)
    finally:
        down = segel("down", f"--home={home}")
        assert down.returncode == 0, down.stdout + down.stderr
