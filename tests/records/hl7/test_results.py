"""Results become what they say, once, however often they are sent."""

from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from segel.records.hl7 import Fault, MessageRefused, Sender, is_older, parse_message, to_bundle
from segel.records.hl7.coding import Json
from segel.records.hl7.statuses import REPORT, RESULT
from support.hl7_messages import messages

BASE = "https://rs-melati.example/lis"
SENDER = Sender(BASE, issuer="MELATI")
HEADER = "MSH|^~\\&|LIS|RS|SEGEL||20220105101500||ORU^R01^ORU_R01|C1|P|2.5.1||||||UNICODE UTF-8"
PID = "PID|1||RM-77^^^^MR||Sukarno||19900101|M"
OBR = "OBR|1|P1|F1|58410-2^Blood count^LN|||20220105090000"


def bundle(*lines: str, header: str = HEADER, sender: Sender = SENDER) -> Json:
    return to_bundle(parse_message("\r".join((header, PID, *lines)).encode()), sender)


def resources(kind: str, *lines: str, **more: Any) -> list[Json]:
    entries = bundle(*lines, **more)["entry"]
    return [one["resource"] for one in entries if one["resource"]["resourceType"] == kind]


def observed(obx: str, **more: Any) -> Json:
    (made,) = resources("Observation", OBR, obx, **more)
    return made


def refused(*lines: str) -> tuple[Fault, str]:
    with pytest.raises(MessageRefused) as caught:
        bundle(*lines)
    return caught.value.fault, str(caught.value.location)


def test_flags_are_interpretations() -> None:
    made = observed("OBX|1|NM|1^x^L||1|||HH~*|||F")["interpretation"]
    assert made[0]["coding"][0]["code"] == "HH"
    assert made[1] == {"text": "*"}


RESULT_STATES = {
    "registered": "IO", "preliminary": "PRS", "final": "FU", "corrected": "C", "cancelled": "NX",
    "entered-in-error": "DW",
}  # fmt: skip
REPORT_STATES = {
    "registered": "OIS", "partial": "A", "preliminary": "PR", "final": "F", "corrected": "C",
    "cancelled": "X",
}  # fmt: skip


@pytest.mark.parametrize("status", RESULT_STATES)
def test_each_state_of_a_result(status: str) -> None:
    for state in RESULT_STATES[status]:
        made = bundle(OBR, f"OBX|1|NM|1^x^L||1||||||{state}")["entry"][1]
        assert made["resource"]["status"] == status
        assert made["request"]["method"] == ("POST" if status == "registered" else "PUT")


@pytest.mark.parametrize("status", REPORT_STATES)
def test_each_state_of_a_report(status: str) -> None:
    for state in REPORT_STATES[status]:
        (made,) = resources("DiagnosticReport", f"{OBR}{'|' * 18}{state}")
        assert made["status"] == status


def test_no_state_is_left_untested() -> None:
    assert set("".join(RESULT_STATES.values())) == set(RESULT)
    assert set("".join(REPORT_STATES.values())) == set(REPORT)


def test_a_report_without_a_state_is_as_final_as_its_results() -> None:
    states = []
    for last in "FCP":
        lines = ("OBX|1|NM|1^x^L||1||||||F", f"OBX|2|NM|2^y^L||1||||||{last}")
        states += [one["status"] for one in resources("DiagnosticReport", OBR, *lines)]
    assert states == ["final", "final", "partial"]


def test_a_specimen_of_two_orders_is_there_once() -> None:
    spm = "SPM|1|^S-1||119297000^Blood^SCT"
    made = bundle(OBR, spm, OBR.replace("F1", "F2"), spm)["entry"]
    specimens = [one["fullUrl"] for one in made if one["resource"]["resourceType"] == "Specimen"]
    reports = [one["resource"] for one in made if "basedOn" in one["resource"]]
    assert len(specimens) == 1
    assert [one["specimen"] for one in reports] == [[{"reference": specimens[0]}]] * 2


def test_a_result_without_a_value_says_why() -> None:
    codes = [
        observed(f"OBX|1|NM|1^x^L||||||||{state}")["dataAbsentReason"]["coding"][0]["code"]
        for state in "PXNF"
    ]
    assert codes == ["temp-unknown", "not-performed", "not-asked", "unknown"]


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    first = bundle(OBR, "OBX|1|NM|1^x^L||1||||||F")["entry"][1]
    second = bundle(OBR, "OBX|4|NM|1^x^L||2||||||C")["entry"][1]
    assert first["fullUrl"] == second["fullUrl"]
    assert second["request"] == {
        "method": "PUT",
        "url": f"Observation?identifier={BASE}/observation|F1/58410-2/1",
    }
    assert is_older(first["resource"], second["resource"])
    assert not is_older(second["resource"], first["resource"])
    assert not is_older(first["resource"], first["resource"])


def test_of_equal_states_the_later_is_newer() -> None:
    early, late = (
        observed(f"OBX|1|NM|1^x^L||1||||||F{'|' * 8}{at}")
        for at in ("20220105120000+0900", "20220105110000+0700")
    )
    assert is_older(early, late)
    assert not is_older(late, early)


def test_set_ids_count_only_where_nothing_else_tells_results_apart() -> None:
    made = resources(
        "Observation",
        OBR,
        "OBX|1|TX|1^x^L||a||||||F",
        "OBX|2|TX|1^x^L||b||||||F",
        "OBX|3|TX|2^x^L|1.1|c||||||F",
    )
    values = [one["identifier"][0]["value"] for one in made]
    assert values == ["F1/58410-2/1/%231", "F1/58410-2/1/%232", "F1/58410-2/2/1.1"]


def test_times_without_a_zone_are_in_the_senders() -> None:
    zones = [
        observed("OBX|1|NM|1^x^L||1||||||F", header=header)["effectiveDateTime"][-6:]
        for header in (HEADER, HEADER.replace("20220105101500", "20220105101500+0900"))
    ]
    assert zones == ["+07:00", "+09:00"]


def test_the_same_message_is_the_same_transaction() -> None:
    for sample in messages(50, 3):
        once, again = (to_bundle(parse_message(sample.raw), SENDER) for _ in range(2))
        assert once == again


def test_senders_share_no_number() -> None:
    other = Sender("https://rs-kenanga.example/lis")
    mine, theirs = (bundle(OBR, sender=sender) for sender in (SENDER, other))
    urls = [{one["fullUrl"] for one in made["entry"]} for made in (mine, theirs)]
    assert not urls[0] & urls[1]


def test_a_number_cannot_pass_for_part_of_a_query() -> None:
    entries = bundle(OBR, "SPM|1|^a,b$c\\T\\d\\F\\e||1^x^L")["entry"]
    query = entries[1]["request"]["ifNoneExist"]
    assert query == f"identifier={BASE}/specimen|a%5C%2Cb%5C%24c%26d%5C%7Ce"


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ((OBR.replace("|F1", "|").replace("|P1", "|"),), "OBR-3"),
        (("ORC|RE|P1|F1", OBR.replace("F1", "F2")), "OBR-3"),
        ((OBR, OBR), "OBR[2]-3"),
        (("ORC|RE|P1|F1",), "ORC"),
    ],
)
def test_an_order_without_one_number_is_refused(lines: tuple[str, ...], where: str) -> None:
    assert refused(*lines)[1] == where


def test_every_resource_is_valid_fhir() -> None:
    for sample in messages(150, 4):
        made = to_bundle(parse_message(sample.raw), SENDER)
        get_fhir_model_class("Bundle").model_validate(made)
        urls = {one["fullUrl"] for one in made["entry"]}
        assert len(urls) == len(made["entry"])
        assert references_in(made) <= urls


def references_in(part: object) -> set[str]:
    """What is referred to by URL anywhere within."""
    if isinstance(part, dict):
        own = {part["reference"]} if "reference" in part else set()
        return own.union(*map(references_in, part.values()))
    return set().union(*map(references_in, part)) if isinstance(part, list) else set()
