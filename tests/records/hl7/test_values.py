"""Values stay what they were said to be, and Covid results are coded only where they are clear."""

import base64
from decimal import Decimal
from typing import Any

import pytest

from segel.records.hl7 import Fault, MessageRefused, Sender, parse_message, to_bundle
from segel.records.hl7.coding import Json
from support.hl7_messages import PDF

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


def value_of(kind: str, value: str, units: str = "") -> Json:
    made = observed(f"OBX|1|{kind}|1^x^L||{value}|{units}|||||F")
    return {key: part for key, part in made.items() if key.startswith(("value", "component"))}


def refused(*lines: str) -> tuple[Fault, str]:
    with pytest.raises(MessageRefused) as caught:
        bundle(*lines)
    return caught.value.fault, str(caught.value.location)


@pytest.mark.parametrize(
    ("kind", "value", "made"),
    [
        ("NM", "13.50", {"valueQuantity": {"value": Decimal("13.50")}}),
        ("NM", "-2", {"valueQuantity": {"value": Decimal(-2)}}),
        ("SN", ">^100", {"valueQuantity": {"value": Decimal(100), "comparator": ">"}}),
        ("SN", "^7", {"valueQuantity": {"value": Decimal(7)}}),
        ("SN", "^1^:^128",
         {"valueRatio": {"numerator": {"value": Decimal(1)}, "denominator": {"value": 128}}}),
        ("SN", "^1^-^5", {"valueRange": {"low": {"value": 1}, "high": {"value": 5}}}),
        ("SN", "^2^+", {"valueString": "2+"}),
        ("CE", "A^Anti-A^99LAB", {"valueCodeableConcept": {
            "coding": [{"system": f"{BASE}/codes/99LAB", "code": "A", "display": "Anti-A"}],
            "text": "Anti-A"}}),
        ("CWE", "^bebas", {"valueCodeableConcept": {"text": "bebas"}}),
        ("IS", "AB", {"valueCodeableConcept": {"coding": [{"code": "AB"}], "text": "AB"}}),
        ("ST", "Hb & Ht ^ ok", {"valueString": "Hb & Ht ^ ok"}),
        ("TX", "satu~  dua ", {"valueString": "satu\n  dua"}),
        ("FT", r"satu\.br\dua", {"valueString": "satu\ndua"}),
        ("DT", "20220105", {"valueDateTime": "2022-01-05"}),
        ("TM", "0930", {"valueTime": "09:30:00"}),
        ("TM", "0930+0700", {"valueString": "0930+0700"}),
        ("TS", "202201050930+0900", {"valueDateTime": "2022-01-05T09:30:00+09:00"}),
        ("TS", "20220105093000.25", {"valueDateTime": "2022-01-05T09:30:00.25+07:00"}),
        ("TS", "202201", {"valueDateTime": "2022-01"}),
    ],
)  # fmt: skip
def test_each_type_of_value_is_kept_as_its_own(kind: str, value: str, made: Json) -> None:
    assert value_of(kind, value) == made


@pytest.mark.parametrize(
    ("kind", "value", "component"),
    [
        ("NM", "<5", 1), ("NM", "13,5", 1), ("NM", "1e5", 1), ("NM", "1^2", 0),
        ("SN", "<>^5", 0), ("SN", "^x", 2), ("SN", "^5^-^1", 0), ("SN", "!^5", 0),
        ("TS", "20221301", 0),
        ("DT", "202201051010", 0), ("TM", "2500", 0), ("TM", "kemarin", 0), ("CE", "^^LN", 0),
        ("TS", "20220105+9900", 0),
    ],
)  # fmt: skip
def test_a_value_that_is_not_of_its_type_is_refused(kind: str, value: str, component: int) -> None:
    fault, where = refused(OBR, f"OBX|1|{kind}|1^x^L||{value}||||||F")
    assert fault is Fault.TYPE
    assert where.startswith("OBX-5")
    assert where.endswith(f".{component}") == bool(component)


def test_several_values_are_components() -> None:
    made = observed("OBX|1|CE|1^x^L||A^a^L~B^b^L||||||F")
    assert [one["valueCodeableConcept"]["text"] for one in made["component"]] == ["a", "b"]
    assert "valueCodeableConcept" not in made


def test_units_are_ucum_only_where_they_are_said_to_be() -> None:
    ucum = {"unit": "gram/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"}
    assert value_of("NM", "1", "g/dL^gram/dL^UCUM")["valueQuantity"] == {"value": 1} | ucum
    assert value_of("NM", "1", "g/dL")["valueQuantity"] == {"value": 1, "unit": "g/dL"}


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("12-16", {"low": {"value": 12}, "high": {"value": 16}}),
        ("-1.5 - 2", {"low": {"value": Decimal("-1.5")}, "high": {"value": 2}}),
        ("<=5", {"high": {"value": 5}}),
        (">=5", {"low": {"value": 5}}),
        ("<5", {}),
        ("16-12", {}),
        ("Negatif", {}),
    ],
)
def test_a_range_has_bounds_where_they_are_numbers(text: str, bounds: Json) -> None:
    made = observed(f"OBX|1|NM|1^x^L||1||{text}||||F")
    assert made["referenceRange"] == [bounds | {"text": text}]


def test_a_document_is_the_reports_form() -> None:
    data = base64.b64encode(PDF).decode()
    lines = (OBR, f"OBX|1|ED|1^Laporan^L||LIS^AP^PDF^Base64^{data}||||||F")
    (report,) = resources("DiagnosticReport", *lines)
    assert report["presentedForm"] == [
        {"contentType": "application/pdf", "data": data, "title": "Laporan"}
    ]
    assert not resources("Observation", *lines)


@pytest.mark.parametrize(
    "document",
    [
        "LIS^AP^PDF^Base64^bm90IGEgcGRm", "LIS^AP^PDF^Base64^%%%", "LIS^AP^PDF^Base64^",
        "LIS^AP^PDF^A^x", "LIS^TEXT^HTML^Base64^PGI+", "LIS^AP^PDF^Base64^JVBERi0\xe9",
    ],
)  # fmt: skip
def test_a_document_of_another_kind_is_refused(document: str) -> None:
    _, where = refused(OBR, f"OBX|1|ED|1^x^L||{document}||||||F")
    assert where.startswith("OBX-5")


@pytest.mark.parametrize("test", ["94558-4", "94500-6"])
@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("ST", "Positif", "10828004"),
        ("ST", "NEGATIF", "260385009"),
        ("ST", "Non-Reaktif", "260385009"),
        ("TX", "reaktif.", "10828004"),
        ("ST", "Inkonklusif", "419984006"),
        ("ST", "Positif (+)", "10828004"),
        ("ST", "tidak terdeteksi", "260385009"),
        ("CWE", "260373001^Detected^SCT", "10828004"),
        ("CE", "260415000^^SCT", "260385009"),
        ("CWE", "LA6577-6^Negative^LN", "260385009"),
        ("CWE", "Negatif", "260385009"),
        ("CWE", "2^Negatif^L", "260385009"),
        ("ST", "Negatif (+)", ""),
        ("ST", "Positif lemah, ulangi", ""),
        ("ST", "bukan negatif", ""),
        ("CWE", "10828004^Negatif^SCT", ""),
        ("CWE", "260373001^x^SCT^N^Negatif^L", ""),
        ("NM", "31.5", ""),
    ],
)
def test_a_covid_result_is_coded_where_it_is_clear(
    test: str, kind: str, value: str, code: str
) -> None:
    made = observed(f"OBX|1|{kind}|{test}^x^LN||{value}||||||F")
    codings = made.get("valueCodeableConcept", {}).get("coding", [{}])
    clear = {"10828004", "260385009", "419984006"}
    assert [one["code"] for one in codings if one.get("code") in clear] == ([code] if code else [])


def test_other_tests_keep_their_words() -> None:
    assert value_of("ST", "Positif") == {"valueString": "Positif"}
