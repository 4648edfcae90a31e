"""DICOMweb with real clients: what is stored is found, and comes back byte for byte."""

import hashlib
import io
import re
from collections import defaultdict
from typing import Any

import httpx
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient

BOUNDARY = "segel-test-boundary"


def multipart(parts: list[bytes]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a STOW-RS request (PS3.18 § 10.5)."""
    body = b"".join(
        b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n" % (BOUNDARY.encode(), part)
        for part in parts
    )
    headers = {
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={BOUNDARY}',
        "Accept": "application/dicom+json",
    }
    return headers, body + b"--%s--\r\n" % BOUNDARY.encode()


def parts_of(response: httpx.Response) -> list[bytes]:
    """The bodies of a multipart response."""
    marker = response.headers["content-type"].split("boundary=")[1].split(";")[0].strip('" ')
    pieces = response.content.split(b"--" + marker.encode())
    return [piece.split(b"\r\n\r\n", 1)[1][:-2] for piece in pieces[1:] if b"\r\n\r\n" in piece]


@pytest.fixture(scope="module")
def web(running: Any) -> Any:
    with httpx.Client(base_url=running.http, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def stored(running: Any, web: httpx.Client, real_files: Any) -> Any:
    """Every real file, sent in requests of twenty by a radiographer of the first hospital."""
    refused: dict[str, int] = {}
    for start in range(0, len(real_files), 20):
        chunk = real_files[start : start + 20]
        headers, body = multipart([file.content for file in chunk])
        answer = web.post(
            "/dicomweb/studies",
            content=body,
            headers=headers | running.headers("radiographer"),
        )
        assert answer.status_code in (200, 202, 409), answer.text
        for failed in answer.json().get("00081198", {}).get("Value", []):
            uid = failed["00081155"]["Value"][0]
            refused[uid] = failed["00081197"]["Value"][0]
    return [file for file in real_files if file.instance_uid not in refused], refused


def test_every_readable_file_is_stored(stored: Any) -> None:
    kept, refused = stored
    assert refused == {}
    assert len(kept) > 100


def test_each_comes_back_byte_for_byte(running: Any, web: httpx.Client, stored: Any) -> None:
    headers = running.headers("radiographer") | {
        "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'
    }
    for file in stored[0]:
        answer = web.get(
            f"/dicomweb/studies/{file.study_uid}/series/{file.series_uid}"
            f"/instances/{file.instance_uid}",
            headers=headers,
        )
        assert answer.status_code == 200, (file.path.name, answer.text)
        (content,) = parts_of(answer)
        assert hashlib.sha256(content).hexdigest() == file.digest, file.path.name


def test_sent_again_nothing_changes(running: Any, web: httpx.Client, stored: Any) -> None:
    file = stored[0][0]
    headers, body = multipart([file.content])
    answer = web.post(
        "/dicomweb/studies", content=body, headers=headers | running.headers("radiographer")
    )
    assert answer.status_code == 200
    found = web.get(
        f"/dicomweb/studies/{file.study_uid}/instances",
        params={"SOPInstanceUID": file.instance_uid},
        headers=running.headers("radiographer"),
    ).json()
    assert len(found) == 1


def test_other_bytes_under_a_known_uid_are_reported_and_never_served(
    running: Any, web: httpx.Client, stored: Any
) -> None:
    file = next(one for one in stored[0] if one.path.name == "CT_small.dcm")
    dataset = pydicom.dcmread(io.BytesIO(file.content))
    dataset.InstanceNumber = 4711
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    headers, body = multipart([buffer.getvalue()])
    answer = web.post(
        "/dicomweb/studies", content=body, headers=headers | running.headers("radiographer")
    )
    assert answer.status_code == 409
    assert answer.json()["00081198"]["Value"][0]["00081197"]["Value"] == [0x0111]
    metadata = web.get(
        f"/dicomweb/studies/{file.study_uid}/series/{file.series_uid}"
        f"/instances/{file.instance_uid}/metadata",
        headers=running.headers("radiographer"),
    ).json()
    assert metadata[0]["00200013"]["Value"] != [4711]


@pytest.fixture(scope="module")
def client(running: Any) -> DICOMwebClient:
    return DICOMwebClient(f"{running.http}/dicomweb", headers=running.headers("radiographer"))


def test_dicomweb_client_finds_every_study_series_and_instance(
    client: DICOMwebClient, stored: Any
) -> None:
    by_study: dict[str, set[str]] = defaultdict(set)
    for file in stored[0]:
        if not re.fullmatch(r"[0-9.]+", file.instance_uid):
            continue  # the client's own check refuses to ask for it; Segel serves it (above)
        by_study[file.study_uid].add(file.instance_uid)
    for study_uid, instance_uids in by_study.items():
        studies = client.search_for_studies(search_filters={"StudyInstanceUID": study_uid})
        assert len(studies) == 1
        assert studies[0]["00201208"]["Value"] == [len(instance_uids)]
        found = {one["00080018"]["Value"][0] for one in client.search_for_instances(study_uid)}
        assert found == instance_uids


def test_dicomweb_client_reads_metadata_and_frames_as_pydicom_does(
    client: DICOMwebClient, stored: Any
) -> None:
    seen = 0
    for file in stored[0]:
        dataset = pydicom.dcmread(io.BytesIO(file.content))
        if "PixelData" not in dataset or seen == 20 or len(file.content) > 400_000:
            continue
        seen += 1
        (metadata,) = [
            client.retrieve_instance_metadata(file.study_uid, file.series_uid, file.instance_uid)
        ]
        assert metadata["00280010"]["Value"] == [dataset.Rows]
        count = int(dataset.get("NumberOfFrames", 1))
        frames = client.retrieve_instance_frames(
            file.study_uid,
            file.series_uid,
            file.instance_uid,
            frame_numbers=list(range(1, count + 1)),
            media_types=(("application/octet-stream", "*"),),
        )
        assert len(frames) == count
        if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            assert b"".join(frames) == dataset.PixelData[: sum(map(len, frames))]
    assert seen == 20


def test_names_in_every_character_set_survive(client: DICOMwebClient, stored: Any) -> None:
    checked = 0
    for file in stored[0]:
        if not file.path.name.startswith("chr"):
            continue
        name = pydicom.dcmread(io.BytesIO(file.content)).PatientName
        study = client.search_for_studies(search_filters={"StudyInstanceUID": file.study_uid})[0]
        value = study["00100010"]["Value"][0]
        groups = [value.get(group, "") for group in ("Alphabetic", "Ideographic", "Phonetic")]
        assert "=".join(groups).rstrip("=") == str(name).rstrip("="), file.path.name
        checked += 1
    assert checked >= 10
