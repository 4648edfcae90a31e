"""Who a patient is at the platform: found by NIK, and their number there added to theirs here."""

from typing import Any
from uuid import UUID

from segel.broker.errors import AlreadyExists
from segel.broker.messages import NationalGrant
from segel.domain.identifiers import NIK_SYSTEM, NumberInvalid, NumberKind, parse_number, system_of
from segel.domain.records import PATIENT
from segel.records.model import CHANGED, Folder
from segel.records.national.chart import Chart
from segel.records.national.errors import Fault, Refused, Unfit
from segel.records.national.office import Office
from segel.records.national.systems import Number
from segel.records.repo import NewVersion

Json = dict[str, Any]


async def number_by_nik(office: Office, entry_id: UUID, nik: str) -> str:
    """The IHS number of whoever has a NIK. Raises Unfit where that is not exactly one."""
    await office.disclose(entry_id, PATIENT)
    asked = Number(NIK_SYSTEM, nik)
    try:
        found = await office.platform.find(PATIENT, {"identifier": asked.asked})
    except Refused as refused:
        raise Unfit(refused.fault, refused.field or "", refused.what, refused.remedy) from None
    numbers = {one["id"] for one in found}
    if not numbers:
        raise Unfit(
            Fault.PATIENT_UNKNOWN,
            "Patient.identifier",
            "The platform knows nobody by this NIK.",
            "Compare it with the card; the civil registry may have it otherwise.",
        )
    if len(numbers) > 1:
        raise Unfit(
            Fault.PATIENT_AMBIGUOUS,
            "Patient.identifier",
            "The platform knows several people by this NIK.",
            "Have the platform's help desk say which one it is.",
        )
    try:
        return parse_number(NumberKind.HEALTH, numbers.pop())
    except NumberInvalid:
        raise Unfit(
            Fault.VALUE,
            "Patient.id",
            "The platform's number for the patient is none that is known here.",
            "Report it: the form of these numbers is observed, and not specified.",
        ) from None


async def add_number(office: Office, grant: NationalGrant, chart: Chart, number: str) -> None:
    """Add the number to the patient's, and nothing else. Raises Unfit."""
    assert office.add_number is not None
    try:
        await office.add_number(grant.entry_id, number)
    except AlreadyExists:
        raise differs("Another patient here has the national number of this one.") from None
    if chart.patient is None or chart.patient.resource is None:
        return
    body, at = chart.patient.resource, chart.patient.number + 1
    identifier = {"use": "official", "system": system_of(NumberKind.HEALTH), "value": number}
    changed = {**body, "identifier": [*body.get("identifier", ()), identifier]}
    (opened,) = (one for one in grant.folders if one.resource_type == PATIENT)
    folder = Folder(grant.patient_id, opened)
    row_id = folder.row_id(grant.patient_id)
    sealed = folder.seal(row_id, at, office.clock(), CHANGED, changed)
    # Where somebody changed the patient meanwhile, their version stands; the index has it.
    await office.repo.write([NewVersion(folder.folder_id, row_id, at, grant.patient_id, sealed)])


def differs(what: str) -> Unfit:
    """That a number leads to somebody else."""
    return Unfit(
        Fault.NUMBER_DIFFERS,
        "Patient.identifier",
        what,
        "A medical records officer finds out which one is right.",
    )
