"""C-STORE with pynetdicom's requestor, which sends a file's own data set bytes untouched."""

import hashlib
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pynetdicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.dimse import DIMSEServiceProvider

SUCCESS, DUPLICATE, OTHER_UID = 0x0000, 0x0111, 0xB007
CONTEXTS_MAX = 100


def dataset_bytes(part10: bytes) -> bytes:
    """What follows the file meta information (PS3.10 § 7.1)."""
    group_length = int.from_bytes(part10[140:144], "little")
    return part10[144 + group_length :]


def digest(part10: bytes) -> str:
    return hashlib.sha256(dataset_bytes(part10)).hexdigest()


def sop_class(file: Any) -> str:
    return str(pydicom.dcmread(file.path, specific_tags=["SOPClassUID"]).SOPClassUID)


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw bytes from the file; and answers that its other thread does not take away."""
    original = DIMSEServiceProvider.get_msg

    def patient(provider: Any, block: bool = False) -> Any:
        association = provider.assoc
        waiting = association.is_requestor and not association._reactor_checkpoint.is_set()
        return (None, None) if waiting and not block else original(provider, block)

    monkeypatch.setattr(DIMSEServiceProvider, "get_msg", patient)
    monkeypatch.setattr(pynetdicom._config, "STORE_SEND_CHUNKED_DATASET", True)


def test_every_file_comes_back_with_the_data_set_that_was_sent(
    running: Any, real_files: Any
) -> None:
    host, port = running.dimse
    peer = running.peer(0)
    statuses: dict[str, int] = {}
    keyed = sorted(real_files, key=lambda file: (sop_class(file), file.transfer_syntax))
    groups = [
        (key, list(members))
        for key, members in groupby(keyed, key=lambda file: (sop_class(file), file.transfer_syntax))
    ]
    for start in range(0, len(groups), CONTEXTS_MAX):
        entity = AE(ae_title=peer["ae_title"])
        for (class_uid, syntax), _ in groups[start : start + CONTEXTS_MAX]:
            entity.add_requested_context(class_uid, syntax)
        association = entity.associate(host, port, ae_title=peer["called_ae_title"])
        assert association.is_established
        for _, members in groups[start : start + CONTEXTS_MAX]:
            for file in members:
                statuses[file.instance_uid] = association.send_c_store(file.path).Status
        association.release()
    # Another test of this run may have sent the same instance in another encoding.
    assert set(statuses.values()) <= {SUCCESS, DUPLICATE, OTHER_UID}
    stored = [file for file in real_files if statuses[file.instance_uid] in (SUCCESS, OTHER_UID)]
    assert len(stored) > 50
    headers = running.headers("radiographer", 0) | {
        "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'
    }
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as web:
        for file in stored:
            answer = web.get(
                f"/dicomweb/studies/{file.study_uid}/series/{file.series_uid}"
                f"/instances/{file.instance_uid}"
            )
            assert answer.status_code == 200, file.path.name
            edge = answer.headers["content-type"].split("boundary=")[1].strip('"')
            part = answer.content.split(b"--" + edge.encode())[1].split(b"\r\n\r\n", 1)[1][:-2]
            assert digest(part) == digest(file.content), file.path.name


def tool(name: str, running: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of pynetdicom's own programs, as a peer of the first hospital."""
    host, port = running.dimse
    peer = running.peer(0)
    titles = ["-aet", peer["ae_title"], "-aec", peer["called_ae_title"]]
    return subprocess.run(
        [sys.executable, "-m", "pynetdicom", name, host, str(port), *arguments, *titles, "-v"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_its_own_programs_verify_store_find_and_fetch(
    running: Any, real_files: Any, tmp_path: Path
) -> None:
    some = [
        file
        for file in real_files
        if file.transfer_syntax == ExplicitVRLittleEndian and len(file.content) < 300_000
    ][:12]
    sending, fetched = tmp_path / "sending", tmp_path / "fetched"
    sending.mkdir()
    fetched.mkdir()
    for number, file in enumerate(some):
        (sending / f"{number}.dcm").write_bytes(file.content)

    assert tool("echoscu", running).returncode == 0
    stored = tool("storescu", running, str(sending), "-r", "-cx")
    assert stored.returncode == 0, stored.stderr
    outcomes = re.findall(r"Received Store Response \(Status: (0x\w+)", stored.stderr)
    assert len(outcomes) == len(some)
    # Another test of this run may have sent the same instance in another encoding.
    assert {int(one, 16) for one in outcomes} <= {SUCCESS, DUPLICATE, OTHER_UID}

    for file in some[:3]:
        keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={file.study_uid}"]
        found = tool("findscu", running, "-S", *keys)
        assert found.returncode == 0, found.stderr
        assert file.study_uid in found.stdout + found.stderr
    study = some[0].study_uid
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}"]
    got = tool("getscu", running, "-S", "-od", str(fetched), *keys)
    assert got.returncode == 0, got.stderr
    uids = {str(pydicom.dcmread(path).SOPInstanceUID) for path in fetched.iterdir()}
    assert uids >= {file.instance_uid for file in some if file.study_uid == study}
