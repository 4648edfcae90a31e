"""ImagingStudy: made of the studies themselves, whenever it is asked for.

There is nothing to keep in step, because there is no second copy. Its id is the Study Instance
UID, which is an id as FHIR has them; its version is the number of its instances.
"""

import contextlib
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from segel.broker import BrokerClient, Requester, StudyMatch, StudyQuery
from segel.broker.errors import StudyUnknown
from segel.domain.dicom import JsonDataset, first_value, is_uid, text_value
from segel.imaging import Archive
from segel.records.errors import SearchUnanswerable, no_such_resource
from segel.records.model import Version
from segel.records.search import Criterion, Query, TokenWanted

Json = dict[str, Any]

IMAGING_STUDY: Final = "ImagingStudy"
UID_SYSTEM: Final = "urn:dicom:uid"
ACCESSION_TYPE: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
    "code": "ACSN",
}
ACCESSION_SYSTEM: Final = "http://sys-ids.kemkes.go.id/acsn/"
"""With the organisation after it: the form that integrations of the national platform write."""

MODALITIES: Final = "http://dicom.nema.org/resources/ontology/DCM"
SOP_CLASSES: Final = "urn:ietf:rfc:3986"
STUDIES_MAX: Final = 200

STUDY_UID: Final = "0020000D"
SERIES_UID: Final = "0020000E"
ACCESSION: Final = "00080050"
_ZONE: Final = "+07:00"
"""Of studies that state none: images carry local times."""


class Studies:
    """Reads and finds studies as ImagingStudy resources."""

    def __init__(self, broker: BrokerClient, archive: Archive) -> None:
        self._broker = broker
        self._archive = archive

    async def read(self, asked: Requester, study_uid: str) -> Version:
        """One study with its series and instances. Raises ResourceUnknown, BrokerError."""
        if not is_uid(study_uid):
            raise no_such_resource()
        try:
            study = await self._archive.open_study(asked, study_uid)
        except StudyUnknown:
            raise no_such_resource() from None
        entries = await study.instances()
        resource = imaging_study(
            study.attributes, await study.series(), study.grant.patient_id, study.grant.hospital_id
        )
        for series in resource.get("series", ()):
            series["instance"] = [
                _instance(entry.sop_instance_uid, entry.sop_class_uid, entry.attributes)
                for entry in entries
                if entry.series_uid == series["uid"]
            ]
            series["numberOfInstances"] = len(series["instance"])
        resource["numberOfInstances"] = len(entries)
        return Version(IMAGING_STUDY, study_uid, len(entries), 0, "PUT", resource)

    async def of_patient(self, asked: Requester, patient_id: UUID) -> list[Json]:
        """A patient's studies, newest first, without the single instances."""
        found: list[Json] = []
        while True:
            query = StudyQuery(patient_id=patient_id, limit=STUDIES_MAX, offset=len(found))
            page = await self._found(asked, query)
            found += page
            if len(page) < STUDIES_MAX:
                return found

    async def search(self, asked: Requester, query: Query) -> list[Json]:
        """Candidates for a search that names no patient. Raises SearchUnanswerable."""
        filters: dict[str, str] = {}
        for criterion in query.criteria:
            filters |= _filters(criterion)
        if not filters:
            raise SearchUnanswerable(
                "The search names no patient and no study.",
                field="patient",
                remedy="Add patient=, patient.identifier=, or identifier= with a study UID or an"
                " accession number.",
            )
        return await self._found(asked, StudyQuery(filters=filters, limit=STUDIES_MAX))

    async def _found(self, asked: Requester, query: StudyQuery) -> list[Json]:
        session = await self._broker.session_of(asked)
        result = await self._broker.search(asked, query)
        assert session.hospital_id is not None, "nobody without a hospital finds studies"
        return [listed_study(match, session.hospital_id) for match in result.matches]


def imaging_study(
    study: JsonDataset, series: list[JsonDataset], patient_id: UUID, hospital_id: UUID
) -> Json:
    """The resource of a study's attributes and those of its series (R4 ImagingStudy)."""
    uid = text_value(study, STUDY_UID)
    identifiers: list[Json] = [{"system": UID_SYSTEM, "value": f"urn:oid:{uid}"}]
    if accession := text_value(study, ACCESSION).strip():
        identifiers.append(
            {
                "type": {"coding": [ACCESSION_TYPE]},
                "system": f"{ACCESSION_SYSTEM}{hospital_id}",
                "value": accession,
            }
        )
    modalities = sorted({str(first_value(one, "00080060")) for one in series} - {"None", ""})
    resource: Json = {
        "resourceType": IMAGING_STUDY,
        "id": uid,
        "identifier": identifiers,
        "status": "available",
        "modality": [{"system": MODALITIES, "code": code} for code in modalities],
        "subject": {"reference": f"Patient/{patient_id}"},
        "started": moment(text_value(study, "00080020"), text_value(study, "00080030")),
        "numberOfSeries": len(series),
        "description": text_value(study, "00081030").strip(),
        "series": [_series(one) for one in series],
    }
    return {name: value for name, value in resource.items() if value not in ("", [], {})}


def _series(attributes: JsonDataset) -> Json:
    number = first_value(attributes, "00200011")
    count = first_value(attributes, "00201209")
    site = text_value(attributes, "00180015").strip()
    found: Json = {
        "uid": text_value(attributes, SERIES_UID),
        "number": _whole(number),
        "modality": {
            "system": MODALITIES,
            "code": text_value(attributes, "00080060").strip() or "OT",
        },
        "description": text_value(attributes, "0008103E").strip(),
        "numberOfInstances": _whole(count),
        "bodySite": {"display": site} if site else {},
        "started": moment(text_value(attributes, "00080021"), text_value(attributes, "00080031")),
    }
    return {name: value for name, value in found.items() if value not in ("", None, {})}


def _instance(uid: str, sop_class: str, attributes: JsonDataset) -> Json:
    found: Json = {
        "uid": uid,
        "sopClass": {"system": SOP_CLASSES, "code": f"urn:oid:{sop_class}"},
        "number": _whole(first_value(attributes, "00200013")),
    }
    return {name: value for name, value in found.items() if value is not None}


def listed_study(match: StudyMatch, hospital_id: UUID) -> Json:
    """A study as it is listed, without the single instances."""
    resource = imaging_study(match.attributes, match.series, match.patient_id, hospital_id)
    version = Version(IMAGING_STUDY, resource["id"], match.instance_count, 0, "PUT", resource)
    return {**version.told(), "numberOfInstances": match.instance_count}


def _filters(criterion: Criterion) -> dict[str, str]:
    """What DICOM's index can be asked for a criterion."""
    codes = [one.code for one in criterion.wanted if isinstance(one, TokenWanted) and one.code]
    if criterion.modifier or len(codes) != 1:
        return {}
    match criterion.parameter.code:
        case "_id" if is_uid(codes[0]):
            return {STUDY_UID: codes[0]}
        case "identifier":
            uid = codes[0].removeprefix("urn:oid:")
            if is_uid(uid) and "." in uid:
                return {STUDY_UID: uid}
            return {ACCESSION: codes[0]}
        case _:
            return {}


def moment(day: str, time: str) -> str:
    """A DICOM date and time (PS3.5 § 6.2) as FHIR's dateTime; '' where there is no whole day."""
    clock = time.strip().partition(".")[0]
    clock = clock.ljust(6, "0") if len(clock) >= len("HHMM") else ""
    for text, pattern, shown in (
        (f"{day.strip()} {clock}", "%Y%m%d %H%M%S", f"%Y-%m-%dT%H:%M:%S{_ZONE}"),
        (day.strip(), "%Y%m%d", "%Y-%m-%d"),
    ):
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, pattern).replace(tzinfo=UTC).strftime(shown)
    return ""


def _whole(value: object) -> int | None:
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if number >= 0 else None
