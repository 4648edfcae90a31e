"""Resources written by hand, of people who do not exist: what a hospital in Jakarta would send."""

from typing import Any

XHTML = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Siti Rahayu, 1987</p></div>'

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "siti-rahayu",
    "meta": {"versionId": "1", "lastUpdated": "2026-03-01T08:00:00+07:00"},
    "text": {"status": "generated", "div": XHTML},
    "extension": [
        {
            "url": "https://fhir.kemkes.go.id/r4/StructureDefinition/citizenshipStatus",
            "valueCode": "WNI",
        }
    ],
    "identifier": [
        {
            "use": "official",
            "system": "https://fhir.kemkes.go.id/id/nik",
            "value": "9771014107870001",
        }
    ],
    "active": True,
    "name": [{"use": "official", "text": "Siti Rahayu", "given": ["Siti", "Rahayu"]}],
    "telecom": [{"system": "phone", "value": "+62 811 0000 0001", "rank": 1}],
    "gender": "female",
    "birthDate": "1987-07-01",
    "_birthDate": {"extension": [{"url": "urn:x:asal", "valueString": "KTP"}]},
    "deceasedBoolean": False,
    "address": [{"line": ["Jl. Contoh 1"], "city": "Jakarta", "country": "ID"}],
    "contact": [{"relationship": [{"text": "suami"}], "name": {"text": "Budi Santoso"}}],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "id"}]}}],
    "generalPractitioner": [{"reference": "#dokter"}],
    "contained": [{"resourceType": "Practitioner", "id": "dokter", "name": [{"text": "dr. Ayu"}]}],
}

GLUCOSE: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "category": [{"coding": [{"code": "laboratory"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "15074-8"}]},
    "subject": {"reference": "Patient/siti-rahayu"},
    "effectiveDateTime": "2026-03-01T07:30:00+07:00",
    "valueQuantity": {
        "value": 6,
        "unit": "mmol/l",
        "system": "http://unitsofmeasure.org",
        "code": "mmol/L",
    },
    "referenceRange": [{"low": {"value": 3}, "high": {"value": 6}}],
    "component": [{"code": {"text": "puasa"}, "valueBoolean": True}],
}

STUDY: dict[str, Any] = {
    "resourceType": "ImagingStudy",
    "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:2.25.1"}],
    "status": "available",
    "subject": {"reference": "https://rs.example/fhir/Patient/siti-rahayu"},
    "started": "2026-03-01",
    "numberOfSeries": 1,
    "series": [
        {
            "uid": "2.25.2",
            "modality": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "DX"},
            "instance": [
                {"uid": "2.25.3", "sopClass": {"system": "urn:ietf:rfc:3986", "code": "urn:oid:1"}}
            ],
        }
    ],
}

ORDERS: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
            "resource": {"resourceType": "Patient", "name": [{"text": "Budi Santoso"}]},
            "request": {"method": "POST", "url": "Patient"},
        },
        {
            "resource": {
                "resourceType": "ServiceRequest",
                "status": "active",
                "intent": "order",
                "subject": {"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
                "requester": {"reference": "Practitioner?identifier=urn:x|1"},
            },
            "request": {"method": "PUT", "url": "ServiceRequest/1"},
        },
    ],
}

PARAMETERS: dict[str, Any] = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "pasien", "resource": {"resourceType": "Patient", "active": True}},
        {"name": "hasil", "part": [{"name": "skor", "valueDecimal": 1}]},
    ],
}

ALL = {
    "a patient": PATIENT,
    "a laboratory result": GLUCOSE,
    "an imaging study": STUDY,
    "a transaction": ORDERS,
    "parameters": PARAMETERS,
}
