"""The web door over a real archive: stored, found, fetched, refused."""

import asyncio
import io
import json
from pathlib import Path

import httpx
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_frames

from segel.domain.roles import Role


def body_of(response: httpx.Response) -> bytes:
    """The single part of a multipart response."""
    edge = response.headers["content-type"].split("boundary=")[1]
    return response.content.split(b"--" + edge.encode())[1].split(b"\r\n\r\n", 1)[1][:-2]


def test_what_is_stored_comes_back_bit_for_bit_and_in_parts(place_of, dicom_file, stow) -> None:
    file = dicom_file()
    dataset = pydicom.dcmread(io.BytesIO(file))

    async def run() -> None:
        async with place_of() as place, place.web(Role.RADIOGRAPHER) as web:
            headers, body = stow(file)
            stored = await web.post("/dicomweb/studies", content=body, headers=headers)
            assert stored.status_code == 200, stored.text
            (one,) = stored.json()["00081199"]["Value"]
            url = one["00081190"]["Value"][0]
            whole = await web.get(url)
            assert body_of(whole) == file
            frame = await web.get(f"{url}/frames/1")
            assert body_of(frame) == dataset.PixelData
            (metadata,) = (await web.get(f"{url}/metadata")).json()
            assert metadata["00100010"]["Value"] == [{"Alphabetic": "SITI AMINAH"}]
            bulk = await web.get(metadata["7FE00010"]["BulkDataURI"])
            assert body_of(bulk) == dataset.PixelData
            series = url.split("/instances")[0]
            assert (await web.get(f"{series}/metadata")).json() == [metadata]
            assert (await web.get(f"{series}/metadata")).json() == [metadata]
            picture = await web.get(f"{url}/rendered", headers={"Accept": "image/png"})
            assert picture.content.startswith(b"\x89PNG")
            small = await web.get(f"{series.split('/series')[0]}/thumbnail")
            assert small.headers["content-type"] == "image/jpeg"

    asyncio.run(run())


@pytest.mark.parametrize(
    "query",
    [
        {"PatientName": "SITI AMINAH"},
        {"PatientName": "siti*"},
        {"PatientName": "AMINA SITTI", "fuzzymatching": "true"},
        {"PatientID": "MRN7"},
        {"PatientID": "9801014101800007"},
        {"AccessionNumber": "ACC7"},
        {"StudyDate": "20260101-20260131"},
        {"StudyDate": "20260105"},
        {"PatientName": "SITI AMINAH", "PatientBirthDate": "19800101"},
        {"PatientName": "Sitti Aminah", "PatientBirthDate": "19800101", "fuzzymatching": "true"},
        {"ModalitiesInStudy": "CT"},
        {"00100020": "MRN7", "includefield": "all"},
    ],
    ids=str,
)
def test_a_study_is_found_by_what_a_clerk_has(place_of, dicom_file, stow, query) -> None:
    async def run() -> None:
        async with place_of() as place, place.web(Role.RADIOGRAPHER) as web:
            other = pydicom.Dataset()
            other.PatientID = "9801014101800007"
            other.IssuerOfPatientID = "https://fhir.kemkes.go.id/id/nik"
            wanted = dicom_file(
                PatientID="MRN7",
                AccessionNumber="ACC7",
                StudyDate="20260105",
                PatientBirthDate="19800101",
                PatientSex="F",
                OtherPatientIDsSequence=[other],
            )
            noise = dicom_file(
                PatientName="BUDI", PatientID="MRN8", AccessionNumber="A8", StudyDate="20250505",
                PatientBirthDate="19700101", Modality="MR",
            )  # fmt: skip
            headers, body = stow(wanted, noise)
            await web.post("/dicomweb/studies", content=body, headers=headers)
            found = await web.get("/dicomweb/studies", params=query)
            assert found.status_code == 200, found.text
            (study,) = found.json()
            assert study["00100020"]["Value"] == ["MRN7"]
            assert study["00080061"]["Value"] == ["CT"]
            assert study["00201206"]["Value"] == [1]
            assert study["00201208"]["Value"] == [1]
            series = (await web.get("/dicomweb/series", params=query)).json()
            assert [one["00201209"]["Value"] for one in series] == [[1]]
            instances = (await web.get("/dicomweb/instances", params=query)).json()
            assert len(instances) == 1

    asyncio.run(run())


def test_the_same_again_is_stored_once_and_something_else_is_kept_aside(
    place_of, dicom_file, stow
) -> None:
    import psycopg

    async def run() -> None:
        async with place_of() as place, place.web(Role.RADIOGRAPHER) as web:
            file = dicom_file(SOPInstanceUID="2.25.7", StudyInstanceUID="2.25.8",
                              SeriesInstanceUID="2.25.9")  # fmt: skip
            other = dicom_file(SOPInstanceUID="2.25.7", StudyInstanceUID="2.25.8",
                               SeriesInstanceUID="2.25.9", InstanceNumber=99)  # fmt: skip
            headers, body = stow(file, file)
            both = await web.post("/dicomweb/studies", content=body, headers=headers)
            assert both.status_code == 200, both.text
            headers, body = stow(other)
            for _ in range(2):
                conflict = await web.post("/dicomweb/studies", content=body, headers=headers)
                assert conflict.status_code == 409
                (failed,) = conflict.json()["00081198"]["Value"]
                assert failed["00081197"]["Value"] == [0x0111]
            served = await web.get("/dicomweb/studies/2.25.8/series/2.25.9/instances/2.25.7")
            assert body_of(served) == file
            with psycopg.connect(place.database.owner) as connection:
                counts = [
                    connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
                    for table in ("instances", "conflicts")
                ]
            assert counts == [1, 1]

    asyncio.run(run())


def test_a_bad_part_among_good_ones_is_reported_and_the_good_are_kept(
    place_of, dicom_file, stow
) -> None:
    async def run() -> None:
        async with place_of() as place, place.web(Role.RADIOGRAPHER) as web:
            headers, body = stow(dicom_file(), b"not an image", dicom_file())
            answer = await web.post("/dicomweb/studies", content=body, headers=headers)
            assert answer.status_code == 202
            assert len(answer.json()["00081199"]["Value"]) == 2
            assert len(answer.json()["0008119A"]["Value"]) == 1

    asyncio.run(run())


def test_an_instance_of_another_study_than_the_address_says_is_refused(
    place_of, dicom_file, stow
) -> None:
    async def run() -> None:
        async with place_of() as place, place.web(Role.RADIOGRAPHER) as web:
            headers, body = stow(dicom_file())
            answer = await web.post("/dicomweb/studies/2.25.1", content=body, headers=headers)
            assert answer.status_code == 409
            (failed,) = answer.json()["00081198"]["Value"]
            assert failed["00081197"]["Value"] == [0xA900]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json"}, b"{}", 400),
        ({"Content-Type": 'multipart/related; type="application/dicom"'}, b"", 400),
        ({"Content-Type": 'multipart/related; type="application/dicom+xml"; boundary=x'}, b"", 415),
        ({"Content-Type": 'multipart/related; type="application/dicom"; boundary=x'}, b"yz", 400),
        ({"Content-Type": 'multipart/related; type="application/dicom"; boundary=edge'},
         b"--edge\r\n\r\nabc", 400),
        ({"Content-Type": 'multipart/related; type="application/dicom"; boundary=edge',
          "Accept": "application/dicom+xml"}, b"", 406),
    ],
    ids=["not multipart", "no boundary", "other type", "wrong boundary", "cut", "accept"],
)  # fmt: skip
def test_a_body_that_cannot_be_read_gets_a_reason(place_of, headers, body, status) -> None:
    async def run() -> None:
        async with place_of() as place, place.web(Role.RADIOGRAPHER) as web:
            answer = await web.post("/dicomweb/studies", content=body, headers=headers)
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["title"]

    asyncio.run(run())


@pytest.mark.parametrize(
    "query",
    ["limit=x", "offset=-1", "fuzzymatching=maybe", "Nonsense=1", "StudyDate=2026", "limit=0",
     "StudyInstanceUID=a%2Fb"],
)  # fmt: skip
def test_a_bad_query_parameter_is_named(place_of, query) -> None:
    async def run() -> None:
        async with place_of() as place, place.web(Role.CLINICIAN) as web:
            answer = await web.get(f"/dicomweb/studies?{query}")
            assert answer.status_code == 400, answer.text
            assert answer.json()["field"]

    asyncio.run(run())


def test_compressed_frames_pass_through_or_are_decompressed_as_asked(place_of, stow) -> None:
    path = Path(str(get_testdata_file("MR_small_RLE.dcm")))
    plain = pydicom.dcmread(str(get_testdata_file("MR_small.dcm")))

    async def run() -> None:
        async with place_of() as place, place.web(Role.RADIOGRAPHER) as web:
            headers, body = stow(path.read_bytes())
            stored = await web.post("/dicomweb/studies", content=body, headers=headers)
            url = stored.json()["00081199"]["Value"][0]["00081190"]["Value"][0] + "/frames/1"
            any_syntax = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
            compressed = await web.get(url, headers={"Accept": any_syntax})
            assert len(body_of(compressed)) < len(plain.PixelData)
            octets = 'multipart/related; type="application/octet-stream"'
            native = await web.get(url, headers={"Accept": octets})
            assert body_of(native) == plain.PixelData
            refused = await web.get(url, headers={"Accept": "image/gif"})
            assert refused.status_code == 406
            assert (await web.get(url[:-1] + "9")).status_code == 404
            assert (await web.get(url[:-1] + "x")).status_code == 400

    asyncio.run(run())


def parts_of(response: httpx.Response) -> list[tuple[str, bytes]]:
    """Content type and content of each part of a multipart response."""
    edge = response.headers["content-type"].split("boundary=")[1]
    found = []
    for part in response.content.split(b"--" + edge.encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        kind = head.decode().partition("Content-Type: ")[2].partition("\r\n")[0]
        found.append((kind, content[:-2]))
    return found


def test_metadata_and_matches_come_as_json_or_in_parts_of_json_or_xml(
    place_of, dicom_file, stow
) -> None:
    async def run() -> None:
        async with place_of() as place, place.web(Role.RADIOGRAPHER) as web:
            study = {"StudyInstanceUID": "2.25.8", "SeriesInstanceUID": "2.25.9"}
            files = [dicom_file(InstanceNumber=number, **study) for number in (1, 2)]
            headers, body = stow(*files)
            await web.post("/dicomweb/studies", content=body, headers=headers)
            for address, count in (("/studies/2.25.8/metadata", 2), ("/studies", 1)):
                plain = (await web.get(f"/dicomweb{address}")).json()
                assert len(plain) == count
                for kind in ("json", "xml"):
                    accept = f'multipart/related; type="application/dicom+{kind}"'
                    answer = await web.get(f"/dicomweb{address}", headers={"Accept": accept})
                    assert answer.headers["content-type"].startswith("multipart/related")
                    parts = parts_of(answer)
                    assert [one for one, _ in parts] == [f"application/dicom+{kind}"] * count
                    for (_, content), dataset in zip(parts, plain, strict=True):
                        if kind == "json":
                            assert json.loads(content) == dataset
                        else:
                            assert content.count(b'tag="0020000D"') == 1
                            assert b"2.25.8</Value>" in content
            refused = await web.get("/dicomweb/studies", headers={"Accept": "text/csv"})
            assert refused.status_code == 406

    asyncio.run(run())


def test_bulk_data_of_compressed_frames_is_a_part_for_each(place_of, stow) -> None:
    content = Path(str(get_testdata_file("SC_rgb_rle_2frame.dcm"))).read_bytes()
    expected = list(generate_frames(pydicom.dcmread(io.BytesIO(content)).PixelData))
    assert len(expected) == 2

    async def run() -> None:
        async with place_of() as place, place.web(Role.RADIOGRAPHER) as web:
            headers, body = stow(content)
            stored = await web.post("/dicomweb/studies", content=body, headers=headers)
            url = stored.json()["00081199"]["Value"][0]["00081190"]["Value"][0]
            (metadata,) = (await web.get(f"{url}/metadata")).json()
            bulk = metadata["7FE00010"]["BulkDataURI"].replace("http://segel.test", "")
            parts = parts_of(await web.get(bulk))
            assert [frame for _, frame in parts] == expected
            assert {kind.partition(";")[0] for kind, _ in parts} == {"image/dicom-rle"}

    asyncio.run(run())
