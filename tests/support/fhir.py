"""An invented patient's FHIR records. NIK province codes 97 to 99 are nobody's."""

from typing import Any

BASE = "https://segel.example/fhir"
NIK = "https://fhir.kemkes.go.id/id/nik"
MRN = "https://rs-harapan.example/mrn"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

SITI: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "siti",
    "meta": {
        "lastUpdated": "2024-03-05T10:00:00.123+07:00",
        "tag": [{"system": "https://segel.example/tags", "code": "demo"}],
        "profile": ["https://fhir.kemkes.go.id/r4/StructureDefinition/Patient"],
    },
    "text": {"status": "generated", "div": "<div>Siti</div>"},
    "identifier": [
        {"system": NIK, "value": "9871234503850001", "type": {"text": "Nomor Induk"}},
        {"system": MRN, "value": "Rm-00042"},
        {"value": "tanpa-sistem"},
    ],
    "active": True,
    "name": [
        {"use": "official", "text": "Siti Nur Rahmawati"},
        {"use": "maiden", "family": "Soekarnó", "given": ["Siti", "Nur"]},
    ],
    "telecom": [
        {"system": "phone", "value": "+62 811 0000 001", "use": "mobile"},
        {"system": "email", "value": "siti@contoh.example"},
    ],
    "gender": "female",
    "birthDate": "1985-03-05",
    "_birthDate": {"extension": [{"url": "https://example.org/time", "valueTime": "06:00:00"}]},
    "address": [
        {
            "line": ["Jalan Merpati, 7"],
            "city": "Kota Rekaan",
            "postalCode": "99999",
            "country": "ID",
        }
    ],
    "contact": [{"name": {"text": "Budi Hartono"}}],
    "generalPractitioner": [
        {"reference": "Practitioner/dr-ayu"},
        {"identifier": {"system": "https://example.org/sip", "value": "SIP-7"}},
    ],
}

AYU: dict[str, Any] = {
    "resourceType": "Practitioner",
    "id": "dr-ayu",
    "name": [{"family": "Lestari", "given": ["Ayu"]}],
}

PRESSURE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "pressure",
    "status": "final",
    "category": [{"coding": [{"code": "vital-signs"}]}],
    "code": {
        "coding": [{"system": LOINC, "code": "85354-9", "display": "Blood pressure panel"}],
        "text": "Tekanan darah",
    },
    "subject": {"reference": "Patient/siti"},
    "effectiveDateTime": "2024-01-31T09:30:00+07:00",
    "performer": [{"reference": f"{BASE}/Practitioner/dr-ayu/_history/3"}],
    "component": [
        {
            "code": {"coding": [{"system": LOINC, "code": "8480-6"}]},
            "valueQuantity": {"value": 121, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        },
        {
            "code": {"coding": [{"system": LOINC, "code": "8462-4"}]},
            "valueQuantity": {"value": 80, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        },
    ],
}

GLUCOSE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "glucose",
    "status": "preliminary",
    "code": {"coding": [{"system": LOINC, "code": "2339-0"}]},
    "subject": {"reference": "Patient/siti"},
    "effectivePeriod": {"start": "2024-02-01", "end": "2024-02-10"},
    "valueQuantity": {"value": 5.4, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"},
}

NOTE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "note",
    "status": "final",
    "code": {"text": "Catatan"},
    "subject": {"reference": "#p"},
    "contained": [{"resourceType": "Patient", "id": "p"}],
    "valueString": "Tidak ada keluhan",
}

ORDER: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "id": "order",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/siti"},
    "performerType": {"coding": [{"code": "radiologist"}]},
    "instantiatesUri": ["https://example.org/protocols/thorax"],
    "instantiatesCanonical": ["https://example.org/PlanDefinition/thorax|2.0"],
    "occurrenceTiming": {"event": ["2024-05-01", "2024-05-20T08:00:00+07:00"]},
}

DOCUMENT: dict[str, Any] = {
    "resourceType": "DocumentReference",
    "id": "document",
    "status": "current",
    "subject": {"reference": "Patient/siti"},
    "content": [
        {"attachment": {"contentType": "application/pdf", "data": "AAAA", "title": "Surat"}}
    ],
    "relatesTo": [
        {"code": "replaces", "target": {"reference": "DocumentReference/older"}},
        {"code": "signs", "target": {"reference": "DocumentReference/other"}},
    ],
}

RECORD = [SITI, PRESSURE, GLUCOSE, NOTE, ORDER, DOCUMENT]
