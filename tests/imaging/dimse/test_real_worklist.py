"""An order's way: by HL7 into the chart, onto the worklist of a device, and off it again."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import ModalityWorklistInformationFind  # type: ignore[attr-defined]

from segel.broker import Requester
from segel.domain.dicom import text_value
from segel.domain.roles import Role
from segel.imaging.dimse import Limits, Receiver
from segel.records import Examination
from segel.records.hl7 import Keeping, MllpServer, SenderSessions
from support.mllp import acknowledged, connected

NOW = datetime.now(UTC) + timedelta(hours=7)
NIK = "9901015502900003"


def order(control: str, state: str, number: str, modality: str, step: str = "") -> str:
    """An order for an invented woman, said at a later minute each time."""
    said = (NOW + timedelta(minutes=int(control[1:]))).strftime("%Y%m%d%H%M%S")
    obr = [""] * 45
    obr[1:5] = ["1", f"P{number}", "", "24627-2^CT Toraks^LN"]
    obr[16] = "D1^Santoso^Budi"
    obr[18], obr[20], obr[24] = f"ACC{number}", step, modality
    obr[36] = f"{NOW:%Y%m%d}093000"
    return "\r".join(
        (
            f"MSH|^~\\&|RIS|RAD|SEGEL||{said}+0700||ORM^O01|{control}|P|2.5.1||||||UNICODE UTF-8",
            f"PID|1||RM1^^^RSM^MR~{NIK}^^^^NI||Wulandari^Srî||19900215|F",
            f"ORC|{state}|P{number}|||{'CM' if state == 'SC' else ''}||||{said}",
            "OBR|" + "|".join(obr[1:]),
            "",
        )
    )


@contextlib.asynccontextmanager
async def doors(place_of: Any) -> AsyncIterator[tuple[Any, int, int]]:
    """A device's door and a radiology system's, over one archive."""
    async with place_of() as place:
        for title, hospital in (("CT1", "H1"), ("CT2", "H2")):
            await place.operator.enrol_hospital(hospital, f"RS {hospital}")
            await place.operator.enrol_peer(title, "SEGEL", hospital)
        await place.operator.senders.enrol("RIS", "RAD", "H1", authorities=("RSM",))
        senders = SenderSessions(place.archive.broker.senders, lambda _: "")
        keeping = Keeping(place.records.transactions, senders, "http://segel.test/fhir")
        receiver = Receiver(
            "127.0.0.1",
            0,
            archive=place.archive,
            worklist=place.records.worklist,
            peers=place.archive.broker,
            limits=Limits(stop_s=2),
        )
        mllp = MllpServer("127.0.0.1", 0, accept=keeping.accept, sender_of=keeping.sender_of)
        async with receiver, mllp:
            yield place, receiver.port, mllp.port


async def send(port: int, *messages: str) -> None:
    async with connected(port) as client:
        for message in messages:
            await client.send(message.encode())
            answer = await client.answer()
            assert acknowledged(answer)[0] == "AA", answer


async def findscu(port: int, *keys: str, title: str = "CT1") -> str:
    """What dcmtk prints of the answers."""
    wanted = ("PatientName", "PatientID", "AccessionNumber", "StudyInstanceUID", *keys)
    process = await asyncio.create_subprocess_exec(
        "findscu", "-W", "-d", "-aet", title, "-aec", "SEGEL", "127.0.0.1", str(port),
        *(part for key in wanted for part in ("-k", key)),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output.decode(errors="replace")
    text = output.decode(errors="replace")
    return "\n".join(text.split("Find Response")[1:])


def pynetdicom_items(port: int) -> list[Dataset]:
    asked, step = Dataset(), Dataset()
    step.Modality, step.ScheduledStationAETitle = "CT", "CT1"
    step.ScheduledProcedureStepStartDate = f"{NOW:%Y%m%d}-{NOW:%Y%m%d}"
    step.ScheduledProcedureStepStartTime = "090000-100000"
    step.ScheduledProcedureStepID = step.ScheduledProcedureStepStatus = ""
    asked.ScheduledProcedureStepSequence = [step]
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber",
                    "StudyInstanceUID", "ReferringPhysicianName", "RequestedProcedureID",
                    "RequestedProcedureDescription"):  # fmt: skip
        setattr(asked, keyword, "")
    ae = AE("CT1")
    ae.add_requested_context(ModalityWorklistInformationFind)
    assoc = ae.associate("127.0.0.1", port, ae_title="SEGEL")
    found = list(assoc.send_c_find(asked, ModalityWorklistInformationFind))
    assoc.release()
    assert found[-1][0].Status == 0
    return [one for _, one in found if one is not None]


@pytest.mark.usefixtures("dcmtk")
def test_an_order_is_on_the_worklist_until_its_images_have_come_or_it_has_ended(
    place_of: Any, new_ct: Any, tmp_path: Path
) -> None:
    ct = "ScheduledProcedureStepSequence[0].Modality=CT"

    async def day() -> None:
        async with doors(place_of) as (place, dimse, mllp):
            assert "ACC" not in await findscu(dimse, ct)
            await send(
                mllp,
                order("M1", "NW", "7", "CT", "STEP7"),
                order("M2", "NW", "8", "CT"),
                order("M3", "NW", "9", "MR"),
            )
            found = await findscu(dimse, ct)
            assert sorted(re.findall("ACC[789]", found)) == ["ACC7", "ACC8"]
            assert "ISO_IR 192" in found
            assert "ACC" not in await findscu(dimse, ct, title="CT2")  # another hospital's
            assert re.findall("ACC[789]", await findscu(dimse, "AccessionNumber=ACC9")) == ["ACC9"]
            assert "ACC" not in await findscu(dimse, "PatientID=RM2")

            items = await asyncio.to_thread(pynetdicom_items, dimse)
            (seventh,) = (one for one in items if one.AccessionNumber == "ACC7")
            (step,) = seventh.ScheduledProcedureStepSequence
            told = (seventh.PatientName, seventh.PatientID, seventh.PatientBirthDate)
            assert tuple(map(str, told)) == ("Wulandari^Srî", "RM1", "19900215")
            assert seventh.ReferringPhysicianName == "Budi Santoso"
            assert seventh.RequestedProcedureDescription == "CT Toraks"
            assert (step.Modality, step.ScheduledStationAETitle) == ("CT", "CT1")
            assert step.ScheduledProcedureStepStartTime == "093000"
            assert (step.ScheduledProcedureStepID, step.ScheduledProcedureStepStatus) == (
                "STEP7",
                "SCHEDULED",
            )

            file = tmp_path / "ct.dcm"  # as a device makes it that took the item
            made = new_ct(
                1, study=seventh.StudyInstanceUID, series="1.2.7.1", AccessionNumber="ACC7",
                PatientID="RM1", PatientName="Wulandari^Sri", PatientBirthDate="19900215",
            )  # fmt: skip
            made.save_as(file, enforce_file_format=True)
            sending = await asyncio.create_subprocess_exec(
                "dcmsend", "-aet", "CT1", "-aec", "SEGEL", "127.0.0.1", str(dimse), str(file)
            )
            assert await sending.wait() == 0
            assert re.findall("ACC[789]", await findscu(dimse, ct)) == ["ACC8"]
            status = "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStatus=STARTED"
            assert re.findall("ACC[789]", await findscu(dimse, status)) == ["ACC7"]

            await _is_linked(place, str(seventh.StudyInstanceUID))
            await send(mllp, order("M5", "SC", "8", "CT"), order("M6", "CA", "9", "MR"))
            assert "ACC" not in await findscu(dimse)

    asyncio.run(asyncio.wait_for(day(), 120))


async def _is_linked(place: Any, study_uid: str) -> None:
    """The order is found where its study is reported."""
    radiologist: Requester = await place.requester(Role.RADIOLOGIST)
    study = await place.archive.open_study(radiologist, study_uid)
    texts = ("hospital", "patient_name", "birth_date", "sex", "record_number", "day", "time",
             "description", "words")  # fmt: skip
    rest: dict[str, Any] = dict.fromkeys(texts, "")
    examination = Examination(
        study_uid=study_uid,
        patient_id=study.grant.patient_id,
        hospital_id=study.grant.hospital_id,
        accession=text_value(study.attributes, "00080050"),
        modalities=("CT",),
        images=1,
        **rest,
    )
    found = await place.records.reports.of_study(radiologist, examination)
    assert found.order is not None
    assert found.order["code"]["text"] == "CT Toraks"
