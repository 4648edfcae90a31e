"""One whole message, and the transaction that it is, written out by hand."""

from segel.records.hl7 import Sender, parse_message, to_bundle

BASE = "https://rs-melati.example/lis"
SENDER = Sender(BASE, issuer="MELATI")
HEADER = "MSH|^~\\&|LIS|RS|SEGEL||20220105101500||ORU^R01^ORU_R01|C1|P|2.5.1||||||UNICODE UTF-8"
PID = "PID|1||RM-77^^^^MR||Sukarno||19900101|M"


def test_a_covid_test_is_this_transaction() -> None:
    lines = (
        HEADER,
        PID,
        "ORC|RE|P1|F1",
        "OBR|1|P1|F1|94558-4^SARS-CoV-2 Ag^LN|||20220105090000|||||||||||||||20220105100000||LAB|F",
        "OBX|1|CWE|94558-4^SARS-CoV-2 Ag^LN||N^Negatif^L|||N|||F|||20220105093000",
        "NTE|1|L|Ulangi 3 hari lagi",
        "SPM|1|^S-9||258500001^Nasopharyngeal swab^SCT|||||||||||||20220105085000",
    )
    made = to_bundle(parse_message("\r".join(lines).encode()), SENDER)
    patient, specimen, observation, report = (one["fullUrl"] for one in made["entry"])
    request = {
        "type": "ServiceRequest",
        "identifier": {
            "type": {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PLAC"}
                ]
            },
            "system": f"{BASE}/placer",
            "value": "P1",
        },
    }
    filler = {
        "type": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "FILL"}]
        },
        "system": f"{BASE}/filler",
        "value": "F1",
    }
    code = {
        "coding": [{"system": "http://loinc.org", "code": "94558-4", "display": "SARS-CoV-2 Ag"}],
        "text": "SARS-CoV-2 Ag",
    }
    number_type = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]
    }
    assert made == {
        "resourceType": "Bundle",
        "type": "transaction",
        "identifier": {"system": f"{BASE}/message", "value": "C1"},
        "timestamp": "2022-01-05T10:15:00+07:00",
        "entry": [
            {
                "fullUrl": patient,
                "resource": {
                    "resourceType": "Patient",
                    "identifier": [
                        {"type": number_type, "system": f"{BASE}/mrn", "value": "RM-77"}
                    ],
                    "name": [{"text": "Sukarno", "given": ["Sukarno"]}],
                    "gender": "male",
                    "birthDate": "1990-01-01",
                },
                "request": {
                    "method": "POST",
                    "url": "Patient",
                    "ifNoneExist": f"identifier={BASE}/mrn|RM-77",
                },
            },
            {
                "fullUrl": specimen,
                "resource": {
                    "resourceType": "Specimen",
                    "identifier": [{"system": f"{BASE}/specimen", "value": "S-9"}],
                    "type": {
                        "coding": [
                            {
                                "system": "http://snomed.info/sct",
                                "code": "258500001",
                                "display": "Nasopharyngeal swab",
                            }
                        ],
                        "text": "Nasopharyngeal swab",
                    },
                    "subject": {"reference": patient},
                    "request": [request],
                    "collection": {"collectedDateTime": "2022-01-05T08:50:00+07:00"},
                },
                "request": {
                    "method": "POST",
                    "url": "Specimen",
                    "ifNoneExist": f"identifier={BASE}/specimen|S-9",
                },
            },
            {
                "fullUrl": observation,
                "resource": {
                    "resourceType": "Observation",
                    "identifier": [
                        {"system": f"{BASE}/observation", "value": "F1/94558-4/94558-4"}
                    ],
                    "basedOn": [request],
                    "status": "final",
                    "category": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/"
                                    "observation-category",
                                    "code": "laboratory",
                                }
                            ]
                        }
                    ],
                    "code": code,
                    "subject": {"reference": patient},
                    "effectiveDateTime": "2022-01-05T09:30:00+07:00",
                    "issued": "2022-01-05T10:00:00+07:00",
                    "valueCodeableConcept": {
                        "coding": [
                            {
                                "system": "http://snomed.info/sct",
                                "code": "260385009",
                                "display": "Negative",
                            },
                            {"system": f"{BASE}/codes/L", "code": "N", "display": "Negatif"},
                        ],
                        "text": "Negatif",
                    },
                    "interpretation": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/"
                                    "v3-ObservationInterpretation",
                                    "code": "N",
                                }
                            ]
                        }
                    ],
                    "note": [{"text": "Ulangi 3 hari lagi"}],
                    "specimen": {"reference": specimen},
                },
                "request": {
                    "method": "PUT",
                    "url": f"Observation?identifier={BASE}/observation|F1/94558-4/94558-4",
                },
            },
            {
                "fullUrl": report,
                "resource": {
                    "resourceType": "DiagnosticReport",
                    "identifier": [
                        {"system": f"{BASE}/report", "value": "F1/94558-4"},
                        request["identifier"],
                        filler,
                    ],
                    "basedOn": [request],
                    "status": "final",
                    "category": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/v2-0074",
                                    "code": "LAB",
                                }
                            ]
                        }
                    ],
                    "code": code,
                    "subject": {"reference": patient},
                    "effectiveDateTime": "2022-01-05T09:00:00+07:00",
                    "issued": "2022-01-05T10:00:00+07:00",
                    "specimen": [{"reference": specimen}],
                    "result": [{"reference": observation}],
                },
                "request": {
                    "method": "PUT",
                    "url": f"DiagnosticReport?identifier={BASE}/report|F1/94558-4",
                },
            },
        ],
    }
    assert len({patient, specimen, observation, report}) == 4
    assert all(url.startswith("urn:uuid:") for url in (patient, specimen, observation, report))
