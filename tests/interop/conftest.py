"""Real peers and real files: pydicom's and pydicom-data's own, by SOP instance UID."""

import hashlib
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import data_store
import pydicom
import pydicom.data
import pytest


@dataclass(frozen=True)
class RealFile:
    """A file on disk that pydicom reads, with the UIDs that make it an instance."""

    path: Path
    study_uid: str
    series_uid: str
    instance_uid: str
    transfer_syntax: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def _read(path: Path) -> RealFile | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            return RealFile(
                path,
                str(dataset.StudyInstanceUID),
                str(dataset.SeriesInstanceUID),
                str(dataset.SOPInstanceUID),
                str(dataset.file_meta.TransferSyntaxUID),
                path.read_bytes(),
            )
    except Exception:  # whatever a broken test file makes pydicom raise
        return None


@pytest.fixture(scope="session")
def real_files() -> list[RealFile]:
    """Every instance that the two packages carry; of several under one UID the first."""
    package = Path(pydicom.data.__file__).parent
    folders = [
        package / "test_files",
        package / "charset_files",
        Path(data_store.__file__).parent / "data",
    ]
    first: dict[str, RealFile] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (file := _read(path)) and file.instance_uid:
                first.setdefault(file.instance_uid, file)
    assert len(first) > 100, "the packages carry more than that"
    return list(first.values())


@pytest.fixture(scope="session")
def dcmtk() -> Callable[[str], str]:
    """Finds one of dcmtk's programs."""

    def find(name: str) -> str:
        program = shutil.which(name)
        if program is None:
            pytest.skip(f"dcmtk's {name} is not installed")
        return program

    return find


def dataset_bytes(part10: bytes) -> bytes:
    """What follows the file meta information (PS3.10 § 7.1): the bytes that DIMSE carries."""
    assert part10[128:132] == b"DICM"
    # (0002,0000) UL 4: the length of the rest of the group.
    group_length = int.from_bytes(part10[140:144], "little")
    return part10[144 + group_length :]
