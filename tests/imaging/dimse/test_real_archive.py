"""The door on the real archive, broker and database: what a modality and a workstation see."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from segel.imaging.dicom import read_header
from segel.imaging.dimse import Limits, Receiver


async def run(*command: Any) -> str:
    """The output of a dcmtk tool that has to succeed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output.decode()
    return output.decode()


@contextlib.asynccontextmanager
async def opened_door(place_of: Any) -> AsyncIterator[tuple[Any, int]]:
    async with place_of() as place:
        for title, hospital in (("CT1", "H1"), ("CT2", "H2")):
            await place.operator.enrol_hospital(hospital, f"RS {hospital}")
            await place.operator.enrol_peer(title, "SEGEL", hospital)
        receiver = Receiver(
            "127.0.0.1",
            0,
            archive=place.archive,
            worklist=place.records.worklist,
            peers=place.archive.broker,
            limits=Limits(stop_s=2),
        )
        async with receiver:
            yield place, receiver.port


def body(file: bytes) -> bytes:
    return file[read_header(file).dataset_offset :]


@pytest.mark.usefixtures("dcmtk")
def test_stored_found_and_fetched_by_its_own_hospital_only(
    place_of: Any, ct_folder: Path, tmp_path: Path
) -> None:
    query = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3", "-k", "PatientName"]
    files = sorted(ct_folder.iterdir())

    async def day() -> None:
        async with opened_door(place_of) as (_, port):
            at = ["-aec", "SEGEL", "127.0.0.1", port]
            await run("dcmsend", "-aet", "CT1", *at, *files)
            await run("dcmsend", "-aet", "CT1", *at, *files)  # again: acknowledged, stored once
            found = await run("findscu", "-v", "-S", "-aet", "CT1", *query, *at)
            assert "Tjandra^Siti" in found
            other = await run("findscu", "-v", "-S", "-aet", "CT2", *query, *at)
            assert "Tjandra" not in other
            for title, count in (("CT1", len(files)), ("CT2", 0)):
                folder = tmp_path / title
                folder.mkdir()
                await run("getscu", "-S", "+B", "-aet", title, "-od", folder, *query[:4], *at)
                assert len(list(folder.iterdir())) == count

    asyncio.run(day())
    sent = {str(dcmread(path).SOPInstanceUID): path.read_bytes() for path in files}
    for path in (tmp_path / "CT1").iterdir():
        assert body(path.read_bytes()) == body(sent[str(dcmread(path).SOPInstanceUID)])


@pytest.mark.usefixtures("dcmtk")
def test_other_bytes_under_a_known_uid_are_refused_as_a_duplicate(
    place_of: Any, ct_folder: Path, new_ct: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other.dcm"
    new_ct(1, PixelData=bytes(512)).save_as(other, enforce_file_format=True)

    async def day() -> str:
        async with opened_door(place_of) as (_, port):
            at = ["-aet", "CT1", "-aec", "SEGEL", "127.0.0.1", port]
            await run("dcmsend", *at, *sorted(ct_folder.iterdir()))
            process = await asyncio.create_subprocess_exec(
                *map(str, ["dcmsend", "-d", *at, other]),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            return (await process.communicate())[0].decode()

    assert "0x0111" in asyncio.run(day())


@pytest.mark.usefixtures("dcmtk")
def test_a_title_that_is_not_enrolled_is_rejected(place_of: Any) -> None:
    async def knock(calling: str, called: str) -> str:
        async with opened_door(place_of) as (_, port):
            process = await asyncio.create_subprocess_exec(
                *map(str, ["echoscu", "-v", "-aet", calling, "-aec", called, "127.0.0.1", port]),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            return (await process.communicate())[0].decode()

    assert "Calling AE Title Not Recognized" in asyncio.run(knock("NOBODY", "SEGEL"))
    assert "Called AE Title Not Recognized" in asyncio.run(knock("CT1", "OTHER"))
