"""The DICOM files that pydicom and pydicom-data carry, and a maker of small ones."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

_NO_DICOM = (".py", ".pyc", ".txt", ".json", ".dump", ".gz", ".icc", "README")


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """Every test file by its path, folder and name."""
    data_store = pytest.importorskip("data_store")
    own = Path(pydicom.__file__).parent / "data"
    roots = (own / "test_files", own / "charset_files", Path(data_store.__file__).parent / "data")
    return {
        f"{path.parent.name}/{path.name}": path.read_bytes()
        for root in roots
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.endswith(_NO_DICOM)
    }


@pytest.fixture(scope="session")
def ct(files: dict[str, bytes]) -> bytes:
    return files["test_files/CT_small.dcm"]


@pytest.fixture(scope="session")
def make() -> Callable[..., bytes]:
    """Make a small instance; keywords become attributes, ``syntax`` the transfer syntax."""

    def make_file(syntax: str = "1.2.840.10008.1.2.1", **attributes: object) -> bytes:
        dataset = Dataset()
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
        dataset.SOPInstanceUID = "1.2.3.4"
        dataset.StudyInstanceUID = "1.2.3"
        dataset.SeriesInstanceUID = "1.2.3.1"
        for keyword, value in attributes.items():
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)
        if "PixelData" in dataset:
            dataset["PixelData"].VR = "OB" if not UID(syntax).is_implicit_VR else "OW"
            dataset["PixelData"].is_undefined_length = UID(syntax).is_compressed
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        out = BytesIO()
        dataset.save_as(out, enforce_file_format="SOPClassUID" in dataset)
        return out.getvalue()

    return make_file
