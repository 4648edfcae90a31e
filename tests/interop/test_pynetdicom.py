"""C-STORE with pynetdicom's requestor, which sends a file's own data set bytes untouched."""

import hashlib
from itertools import groupby
from typing import Any

import httpx
import pynetdicom
import pytest
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
    import pydicom

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
