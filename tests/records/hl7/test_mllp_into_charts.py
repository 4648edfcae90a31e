"""HL7 messages over MLLP, kept by a real broker and a real archive, read back as FHIR."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from segel.broker import BrokerClient, PatientNumber, PatientQuery, Requester
from segel.domain.identifiers import NumberKind
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.imaging import opened_archive
from segel.records import BASE, Records
from segel.records.hl7 import Keeping, MllpServer, SenderSessions
from segel.store.database import opened_pool
from support.live_broker import live_broker
from support.mllp import acknowledged, connected

if TYPE_CHECKING:
    from conftest import Database

HOSPITAL = "RSTH"
NIK = "9901015502900003"
ORIGIN = "http://127.0.0.1:1"


class Laboratory:
    """A laboratory's system, and somebody who reads what became of its messages."""

    def __init__(self, port: int, records: Records, operator: BrokerClient) -> None:
        self.port = port
        self.records = records
        self.operator = operator
        self.reader = Requester("", Purpose.TREATMENT, "test")

    async def send(self, *messages: str) -> list[str]:
        """The answers, one after another."""
        async with connected(self.port) as client:
            answers = []
            for message in messages:
                await client.send(message.encode())
                answers.append(await client.answer())
        return answers

    async def send_well(self, *messages: str) -> None:
        answers = await self.send(*messages)
        assert [acknowledged(one)[0] for one in answers] == ["AA"] * len(messages), answers

    async def patients(self, number: str = "RM1", kind: str = "mrn") -> list[UUID]:
        query = PatientQuery(numbers=(PatientNumber(number, NumberKind(kind)),))
        found = await self.records.charts._broker.charts.find(self.reader, query)
        return [line.patient_id for line in found.lines]

    async def chart(self, *types: str, number: str = "RM1") -> list[dict[str, Any]]:
        """Everything of these types, with its version."""
        (patient,) = await self.patients(number)
        found = await self.records.charts.of_patient(self.reader, patient, types)
        return [one.told() for one in found]

    async def one(self, kind: str, number: str = "RM1") -> dict[str, Any]:
        (found,) = await self.chart(kind, number=number)
        return found


def message(
    state: str = "F",
    value: str = "13.5",
    *,
    control: str = "M1",
    kind: str = "ORU^R01",
    sender: str = "LIS|LAB",
    at: str = "20261101100000",
    pid: str = f"RM1^^^RSM^MR~{NIK}^^^^NI||Wulandari^Sri",
    filler: str = "F1",
    more: tuple[str, ...] = (),
) -> str:
    """A haemoglobin of an invented woman."""
    lines = (
        f"MSH|^~\\&|{sender}|SEGEL||{at}+0700||{kind}|{control}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||{pid}||19900215|F",
        *(more or (
            f"ORC|RE|P1|{filler}",
            f"OBR|1|P1|{filler}|718-7^Hb^LN|||20261101090000{'|' * 15}{at}||LAB|{state}",
            f"OBX|1|NM|718-7^Hb^LN||{value}|g/dL^^UCUM|12-16||||{state}",
        )),
    )  # fmt: skip
    return "\r".join(lines) + "\r"


def order(control: str, *lines: str) -> str:
    return message(control=control, kind="ORM^O01", more=lines)


@contextlib.asynccontextmanager
async def laboratory(broker: Any, gateway: str, folder: Path) -> AsyncIterator[Laboratory]:
    operator = await BrokerClient.connect(broker.settings.operator_socket)
    await operator.enrol_hospital(HOSPITAL, "RS Satu")
    await operator.senders.enrol("LIS", "LAB", HOSPITAL, authorities=("RSM",))
    account = await operator.enrol_account("dr. Ani", Role.CLINICIAN, HOSPITAL, demo=True)
    base = f"{ORIGIN}{BASE}"
    try:
        async with (
            opened_archive(broker.settings.socket, gateway, folder / "objects") as archive,
            opened_pool(gateway) as pool,
        ):
            records = Records(archive, pool, base)
            senders = SenderSessions(archive.broker.senders, lambda _: "")
            keeping = Keeping(records.transactions, senders, base)
            async with MllpServer(
                "127.0.0.1", 0, accept=keeping.accept, sender_of=keeping.sender_of
            ) as server:
                lab = Laboratory(server.port, records, operator)
                token = (await operator.issue_token(account, 3600)).token
                lab.reader = Requester(token, Purpose.TREATMENT, "test")
                yield lab
    finally:
        await operator.close()


@pytest.fixture
def run(database: "Database", tmp_path: Path) -> Any:
    """Runs a story with a laboratory beside a broker of its own."""

    def running(story: Any) -> None:
        with live_broker(database, tmp_path) as broker:

            async def told() -> None:
                async with laboratory(broker, database.gateway, tmp_path) as lab:
                    await asyncio.wait_for(story(lab), 60)

            asyncio.run(told())

    return running


def test_a_result_is_in_its_patients_chart(run: Any) -> None:
    async def story(lab: Laboratory) -> None:
        await lab.send_well(message())
        seen = await lab.one("Observation")
        report = await lab.one("DiagnosticReport")
        patient = await lab.one("Patient")
        assert (seen["status"], str(seen["valueQuantity"]["value"])) == ("final", "13.5")
        assert seen["subject"] == report["subject"] == {"reference": f"Patient/{patient['id']}"}
        assert report["result"] == [{"reference": f"Observation/{seen['id']}"}]
        assert await lab.patients() == await lab.patients(NIK, "nik") == [UUID(patient["id"])]

    run(story)


def test_the_same_message_again_changes_nothing(run: Any) -> None:
    async def story(lab: Laboratory) -> None:
        await lab.send_well(message())
        types = ("Patient", "Observation", "DiagnosticReport")
        before = await lab.chart(*types)
        await lab.send_well(message(), message())
        assert await lab.chart(*types) == before

    run(story)


def test_a_correction_takes_the_place_of_what_was_said_before_and_nothing_older_does(
    run: Any,
) -> None:
    async def story(lab: Laboratory) -> None:
        preliminary = message("P", "13.1", control="M1", at="20261101100000")
        final = message("F", "13.5", control="M2", at="20261101110000")
        corrected = message("C", "11.0", control="M3", at="20261101120000")
        seen = []
        for one in (preliminary, final, corrected, final, preliminary):
            await lab.send_well(one)
            found = await lab.one("Observation")
            seen.append((found["status"], str(found["valueQuantity"]["value"])))
        assert seen == [("preliminary", "13.1"), ("final", "13.5"), *[("corrected", "11.0")] * 3]
        assert (await lab.one("Observation"))["meta"]["versionId"] == "3"
        assert (await lab.one("DiagnosticReport"))["status"] == "corrected"

    run(story)


def test_eight_connections_that_send_the_same_patients_results_at_once_make_one_patient(
    run: Any,
) -> None:
    async def story(lab: Laboratory) -> None:
        sent = [message(control=f"M{number}", filler=f"F{number}") for number in range(16)]
        await asyncio.gather(*(lab.send_well(*sent[number::8]) for number in range(8)))
        assert len(await lab.patients()) == 1
        assert len(await lab.chart("Observation")) == 16

    run(story)


def test_a_patient_who_is_known_is_left_as_they_are(run: Any) -> None:
    async def story(lab: Laboratory) -> None:
        await lab.send_well(message())
        before = await lab.one("Patient")
        await lab.send_well(
            message(control="M2", filler="F2", pid=f"RM1^^^RSM^MR~{NIK}^^^^NI||Orang^Lain")
        )
        assert await lab.one("Patient") == before
        assert len(await lab.chart("Observation")) == 2

    run(story)


def test_an_order_is_changed_and_cancelled_and_a_late_change_does_not_revive_it(run: Any) -> None:
    asked = "OBR|1|P7||36554-4^XR Chest^LN" + "|" * 14 + "ACC7||||||CR"

    async def story(lab: Laboratory) -> None:
        placed = order("M1", "ORC|NW|P7|||||||20261101080000", asked)
        changed = order("M2", "ORC|XO|P7|||||||20261101090000", asked.replace("Chest", "Thorax"))
        await lab.send_well(placed, changed)
        assert (await lab.one("ServiceRequest"))["code"]["text"] == "XR Thorax"
        await lab.send_well(order("M3", "ORC|CA|P7|||||||20261101100000"))
        cancelled = await lab.one("ServiceRequest")
        assert (cancelled["status"], cancelled["code"]["text"]) == ("revoked", "XR Thorax")
        await lab.send_well(changed, placed)
        assert await lab.one("ServiceRequest") == cancelled

    run(story)


def test_what_is_not_taken_is_told_why_and_where(run: Any) -> None:
    async def story(lab: Laboratory) -> None:
        await lab.send_well(
            message(), message(control="M2", filler="F2", pid="RM2^^^RSM^MR||Slamet")
        )
        cases = (
            (message(sender="LIS|RAD"), "AR", "MSH^1^3"),
            (message(sender="|"), "AR", "MSH^1^3"),
            (message(pid="RM1^^^OTHER^MR||Sri"), "AE", "PID^1^3"),
            (message(pid="12^^^^AN||Sri"), "AE", "PID^1^3"),
            (message(pid=f"RM2^^^RSM^MR~{NIK}^^^^NI||Sri"), "AE", "PID^1^3"),
            (message(pid="RM5^^^RSM^MR~RM6^^^^MR||Sri"), "AE", "PID^1"),
            (message("Q"), "AE", "OBX^1^11"),
        )
        for sent, code, place in cases:
            (answer,) = await lab.send(sent)
            assert acknowledged(answer)[0] == code, answer
            assert f"\rERR||{place}" in answer
            assert NIK not in answer

    run(story)


def test_a_number_of_another_authority_is_kept_and_leads_to_nobody(run: Any) -> None:
    async def story(lab: Laboratory) -> None:
        await lab.send_well(message(pid=f"RM9^^^OTHER^MR~{NIK}^^^^NI||Sri"))
        assert await lab.patients("RM9") == []
        (patient,) = await lab.patients(NIK, "nik")
        (known,) = await lab.records.charts.of_patient(lab.reader, patient, ("Patient",))
        assert [one["value"] for one in known.told()["identifier"]] == ["RM9", NIK]

    run(story)


def test_a_removed_sender_is_refused_at_once_and_enrolled_again_goes_on(run: Any) -> None:
    async def story(lab: Laboratory) -> None:
        async with connected(lab.port) as client:
            codes = []
            for step in (None, "remove", "enrol"):
                if step == "remove":
                    await lab.operator.senders.remove("LIS", "LAB")
                elif step == "enrol":
                    await lab.operator.senders.enrol("LIS", "LAB", HOSPITAL, authorities=("RSM",))
                await client.send(message().encode())
                codes.append(acknowledged(await client.answer())[0])
        assert codes == ["AA", "AR", "AA"]

    run(story)
