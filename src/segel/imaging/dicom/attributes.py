"""The few attributes of an instance that searches answer with, in the JSON model.

Which ones: PS3.18 Tables 10.6.1-5 (QIDO-RS results), PS3.4 Tables C.6-1 to C.6-5 (query levels),
and what worklists show besides. Only these elements are decoded.
"""

from typing import Final

from segel.domain.dicom import JsonDataset
from segel.domain.identifiers import NIK_SYSTEM, parse_nik
from segel.domain.patient import PatientIdentity
from segel.imaging.dicom.elements import Elements
from segel.imaging.dicom.header import Header
from segel.imaging.dicom.values import Values

_PATIENT_ID: Final = 0x00100020
_ISSUER: Final = 0x00100021
_OTHER_PATIENT_IDS: Final = 0x00101002
_ISSUER_QUALIFIERS: Final = 0x00100024
_UNIVERSAL_ENTITY_ID: Final = 0x00400032


def _named(tags: tuple[int, ...]) -> tuple[tuple[int, str], ...]:
    return tuple((tag, f"{tag:08X}") for tag in tags)


STUDY_TAGS: Final = _named(
    (
        0x00080020,  # StudyDate
        0x00080030,  # StudyTime
        0x00080050,  # AccessionNumber
        0x00080051,  # IssuerOfAccessionNumberSequence
        0x00080080,  # InstitutionName
        0x00080090,  # ReferringPhysicianName
        0x00080201,  # TimezoneOffsetFromUTC
        0x00081030,  # StudyDescription
        0x00081032,  # ProcedureCodeSequence
        0x00081040,  # InstitutionalDepartmentName
        0x00081060,  # NameOfPhysiciansReadingStudy
        0x00081080,  # AdmittingDiagnosesDescription
        0x00100010,  # PatientName
        0x00100020,  # PatientID
        0x00100021,  # IssuerOfPatientID
        0x00100022,  # TypeOfPatientID
        0x00100024,  # IssuerOfPatientIDQualifiersSequence
        0x00100030,  # PatientBirthDate
        0x00100032,  # PatientBirthTime
        0x00100040,  # PatientSex
        0x00101000,  # OtherPatientIDs
        0x00101001,  # OtherPatientNames
        0x00101002,  # OtherPatientIDsSequence
        0x00101010,  # PatientAge
        0x00101020,  # PatientSize
        0x00101030,  # PatientWeight
        0x00102160,  # EthnicGroup
        0x00102180,  # Occupation
        0x001021B0,  # AdditionalPatientHistory
        0x00104000,  # PatientComments
        0x0020000D,  # StudyInstanceUID
        0x00200010,  # StudyID
        0x00321032,  # RequestingPhysician
        0x00321060,  # RequestedProcedureDescription
    )
)

SERIES_TAGS: Final = _named(
    (
        0x00080021,  # SeriesDate
        0x00080031,  # SeriesTime
        0x00080060,  # Modality
        0x00080070,  # Manufacturer
        0x00080080,  # InstitutionName
        0x00080201,  # TimezoneOffsetFromUTC
        0x00081010,  # StationName
        0x0008103E,  # SeriesDescription
        0x00081050,  # PerformingPhysicianName
        0x00081070,  # OperatorsName
        0x00081090,  # ManufacturerModelName
        0x00180015,  # BodyPartExamined
        0x00181030,  # ProtocolName
        0x00185100,  # PatientPosition
        0x0020000E,  # SeriesInstanceUID
        0x00200011,  # SeriesNumber
        0x00200060,  # Laterality
        0x00400244,  # PerformedProcedureStepStartDate
        0x00400245,  # PerformedProcedureStepStartTime
        0x00400254,  # PerformedProcedureStepDescription
        0x00400275,  # RequestAttributesSequence
    )
)

INSTANCE_TAGS: Final = _named(
    (
        0x00080008,  # ImageType
        0x00080016,  # SOPClassUID
        0x00080018,  # SOPInstanceUID
        0x00080022,  # AcquisitionDate
        0x00080023,  # ContentDate
        0x00080032,  # AcquisitionTime
        0x00080033,  # ContentTime
        0x00080201,  # TimezoneOffsetFromUTC
        0x00200012,  # AcquisitionNumber
        0x00200013,  # InstanceNumber
        0x00280002,  # SamplesPerPixel
        0x00280004,  # PhotometricInterpretation
        0x00280008,  # NumberOfFrames
        0x00280010,  # Rows
        0x00280011,  # Columns
        0x00280100,  # BitsAllocated
        0x00420010,  # DocumentTitle
        0x00420012,  # MIMETypeOfEncapsulatedDocument
        0x0040A493,  # VerificationFlag
        0x00700080,  # ContentLabel
    )
)

_AVAILABLE_TRANSFER_SYNTAX: Final = "00083002"


def study_attributes(header: Header) -> JsonDataset:
    """The attributes of the patient and the study, as far as this instance states them."""
    return _select(header, STUDY_TAGS)


def series_attributes(header: Header) -> JsonDataset:
    return _select(header, SERIES_TAGS)


def instance_attributes(header: Header) -> JsonDataset:
    """The attributes of the instance, and the transfer syntax in which it can be had."""
    attributes = _select(header, INSTANCE_TAGS)
    attributes[_AVAILABLE_TRANSFER_SYNTAX] = {"vr": "UI", "Value": [header.transfer_syntax_uid]}
    return attributes


def _select(header: Header, tags: tuple[tuple[int, str], ...]) -> JsonDataset:
    elements = header.elements
    values = Values(header.data, elements, header.coding)
    return {
        name: values.json(tag, element)
        for tag, name in tags
        if (element := elements.get(tag)) is not None
    }


def patient_identity(header: Header) -> PatientIdentity:
    """Who the instance says it is of. A NIK is taken from where it is named one, or looks it."""
    elements = header.elements
    values = Values(header.data, elements, header.coding)
    patient_id = _text(values, elements, _PATIENT_ID)
    issuer = _text(values, elements, _ISSUER)
    return PatientIdentity(
        patient_id=patient_id,
        issuer=issuer,
        nik=_nik(values, elements, patient_id),
        name=_text(values, elements, 0x00100010),
        birth_date=_text(values, elements, 0x00100030).replace(".", ""),
        sex=_text(values, elements, 0x00100040),
    )


def _nik(values: Values, elements: Elements, patient_id: str) -> str:
    found = parse_nik(patient_id)
    if found:
        return found
    others = elements.get(_OTHER_PATIENT_IDS)
    for item in (values.items(others) or []) if others else []:
        inside = values.within(item)
        found = parse_nik(_text(inside, item, _PATIENT_ID))
        if found and _names_nik(inside, item):
            return found
    return ""


def _names_nik(values: Values, item: Elements) -> bool:
    """Whether the issuer of an identifier is the national register of NIKs."""
    if NIK_SYSTEM in _text(values, item, _ISSUER):
        return True
    qualifiers = item.get(_ISSUER_QUALIFIERS)
    return (
        any(
            NIK_SYSTEM in _text(values.within(inner), inner, _UNIVERSAL_ENTITY_ID)
            for inner in (values.items(qualifiers) or [])
        )
        if qualifiers
        else False
    )


def _text(values: Values, elements: Elements, tag: int) -> str:
    """The first value as text, of a person name its first group that is there; '' if none."""
    element = elements.get(tag)
    if element is None:
        return ""
    found = values.json(tag, element).get("Value") or [""]
    first = found[0]
    if isinstance(first, dict):
        first = next(iter(first.values()), "")
    return str(first or "")
