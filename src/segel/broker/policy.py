"""Authorisation: Cedar over roles, hospitals and purposes of use. Deny by default."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Final
from uuid import UUID

import cedarpy

from segel.broker.errors import Forbidden, hospital_frozen, person_frozen
from segel.domain.consent import Decision
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.domain.scopes import IMAGING, letters_of


class Permission(StrEnum):
    """What can be asked for."""

    STUDY_SEARCH = "imaging:study:search"
    STUDY_READ = "imaging:study:read"
    STUDY_STORE = "imaging:study:store"
    RECORDS_ERASE = "records:erase"
    ACCOUNT_OWN_READ = "account:own:read"
    BUDGET_ASK = "account:own:ask-more"
    USE_READ = "oversight:use:read"
    FREEZE = "oversight:freeze"
    APPROVAL_REQUEST = "approval:request"
    APPROVAL_DECIDE = "approval:decide"
    BREAK_GLASS = "account:break-glass"
    REVIEW_READ = "oversight:review:read"
    REVIEW_DECIDE = "oversight:review:decide"
    ALERT_READ = "oversight:alert:read"
    ALERT_ACKNOWLEDGE = "oversight:alert:acknowledge"
    RECORD_TRAIL = "record:trail:read"
    RECORD_COPY = "record:copy"
    RECORD_LINK = "record:link"
    AUDIT_EXPORT = "audit:export"
    SESSIONS_OVERSEE = "access:sessions:oversee"
    PAIR_READ = "patients:pair:read"
    PAIR_DECIDE = "patients:pair:decide"
    SHEET_IMPORT = "records:sheet:import"
    RECORD_DISCLOSE = "records:disclose"
    RECORDS_EXPORT = "records:export"
    REQUEST_OWN = "subject:request:own"
    REQUEST_ANSWER = "subject:request:answer"
    WORKLIST_READ = "imaging:worklist:read"
    DECLARATION_LIST = "declarations:list"
    DECLARATION_READ = "declarations:read"
    DECLARATION_PROOF = "declarations:proof"
    CARDS_OWN = "cards:own"
    CARDS_ISSUE = "cards:issue"
    CARDS_REVOKE = "cards:revoke"
    CARDS_OVERSEE = "cards:oversee"
    CARDS_GOVERN = "cards:govern"
    LEAK_CASE = "leaks:case"
    LEAK_READ = "leaks:read"
    LEAK_MATCH = "leaks:match"
    LEAK_TRACE = "leaks:trace"
    LEAK_CONTAIN = "leaks:contain"
    LEAK_TELL = "leaks:tell"
    LEAK_SIGN = "leaks:sign"
    RESOURCE_SEARCH = "records:resource:search"
    RESOURCE_READ = "records:resource:read"
    RESOURCE_CREATE = "records:resource:create"
    RESOURCE_UPDATE = "records:resource:update"
    RESOURCE_DELETE = "records:resource:delete"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. ``restricted``: the session was let in for one study only.

    ``frozen``: account or session; ``hospital_frozen``: what their hospital releases.
    ``patient_id``: whose own account it is, where it is a patient's.
    ``scopes``: what its SMART scopes leave, as ``Observation.r``; None: it has none.
    """

    account_id: UUID
    hospital_id: UUID | None
    role: Role
    frozen: bool = False
    restricted: bool = False
    hospital_frozen: bool = False
    patient_id: UUID | None = None
    scopes: frozenset[str] | None = None


_POLICIES: Final = cedarpy.PolicySet.from_str(
    files("segel.broker").joinpath("policy.cedar").read_text()
)
"""Parsed once: that takes far longer than a decision does."""

_REMEDIES: Final = {
    Permission.STUDY_STORE: "Storing is for modalities and radiographers of the same hospital.",
    Permission.STUDY_READ: "Reading is for the clinical roles of the same hospital, and for "
    "a purpose of treatment.",
    Permission.BUDGET_ASK: "Asking for more is for people who open records.",
    Permission.USE_READ: "Others' use is for the hospital's data protection officer and "
    "administrator.",
    Permission.FREEZE: "Freezing is for the hospital's data protection officer and administrator.",
    Permission.APPROVAL_REQUEST: "Requests are made by the hospital's data protection officer and "
    "administrator.",
    Permission.APPROVAL_DECIDE: "Requests are decided by the hospital's data protection officer "
    "and administrator.",
    Permission.BREAK_GLASS: "Breaking the glass is for people who treat patients: clinicians, "
    "radiologists and radiographers.",
    Permission.REVIEW_READ: "Reviews are for the hospital's data protection officer.",
    Permission.REVIEW_DECIDE: "Reviews are for the hospital's data protection officer.",
    Permission.ALERT_READ: "Alerts are for the hospital's data protection officer.",
    Permission.ALERT_ACKNOWLEDGE: "Alerts are for the hospital's data protection officer.",
    Permission.RECORD_TRAIL: "Only the patient sees who opened their record.",
    Permission.RECORD_COPY: "Only the patient takes a copy of their own record.",
    Permission.RECORD_LINK: "Only the patient shares their own record by a link.",
    Permission.AUDIT_EXPORT: "Exporting is for the data protection officer of the same hospital.",
    Permission.PAIR_READ: "Possible duplicates are for the hospital's medical records officer.",
    Permission.PAIR_DECIDE: "Possible duplicates are for the hospital's medical records officer.",
    Permission.SHEET_IMPORT: "Tables of results are imported by the hospital's laboratory and its"
    " systems.",
    Permission.RECORD_DISCLOSE: "The national platform is told by the hospital's account for it.",
    Permission.RECORDS_EXPORT: "Exporting records in bulk is for the hospital's systems,"
    " clinicians and radiologists, for operations, the coordination of care, public health or"
    " research (X-Purpose-Of-Use: HOPERAT, COC, PUBHLTH or HRESCH).",
    Permission.REQUEST_OWN: "These are the requests of the patient whose record it is.",
    Permission.REQUEST_ANSWER: "Requests are answered by the hospital's medical records officer and"
    " data protection officer.",
    Permission.WORKLIST_READ: "The worklist is for the modalities and radiographers of the same"
    " hospital, for treatment.",
    Permission.DECLARATION_LIST: "Health declarations are for the port's health officers, and for"
    " public health.",
    Permission.DECLARATION_READ: "Health declarations are for the port's health officers, and for"
    " public health.",
    Permission.DECLARATION_PROOF: "That declarations were destroyed is for the port's health"
    " officers and those who answer for its data.",
    Permission.CARDS_OWN: "Only the patient sees, makes and revokes their own cards here.",
    Permission.CARDS_ISSUE: "Cards are made at the patient's request, by the hospital's medical"
    " records officer, clinicians and systems.",
    Permission.CARDS_REVOKE: "Cards are revoked by the hospital's medical records officer and data"
    " protection officer, and by the patient.",
    Permission.CARDS_OVERSEE: "Signers and lists of cards are for administrators and data"
    " protection officers.",
    Permission.CARDS_GOVERN: "An archive's cards are answered for by its administrators.",
    Permission.LEAK_CASE: "Cases of alleged leaks are kept by incident officers and data protection"
    " officers.",
    Permission.LEAK_READ: "Cases of alleged leaks are for incident officers, data protection"
    " officers, and guests of the case.",
    Permission.LEAK_MATCH: "Samples are compared by incident officers, under a warrant.",
    Permission.LEAK_TRACE: "Where a sample came from is traced by incident officers, under a"
    " warrant.",
    Permission.LEAK_CONTAIN: "Leaks are contained by incident officers, data protection officers"
    " and administrators.",
    Permission.LEAK_SIGN: "Notices of a leak are signed by data protection officers.",
    Permission.LEAK_TELL: "Notices of a leak are written by incident officers and data protection"
    " officers.",
    Permission.RESOURCE_SEARCH: "Searching records is for the clinical roles, and for a purpose of"
    " treatment; of patients, for the medical records officer too.",
    Permission.RESOURCE_READ: "Reading records is for the clinical roles of the same hospital, for"
    " its medical records officer, and for the patient.",
    Permission.RESOURCE_CREATE: "Records of this type are not written in this role.",
    Permission.RESOURCE_UPDATE: "Records of this type are not changed in this role.",
    Permission.RESOURCE_DELETE: "Records of this type are not taken out in this role.",
    Permission.STUDY_SEARCH: "Searching is for the clinical roles, and for a purpose of treatment.",
    Permission.RECORDS_ERASE: "Erasing is for the data protection officer and the administrators"
    " of the same hospital, for administration or at the patient's request.",
}


def authorise(
    principal: Principal,
    permission: Permission,
    purpose: Purpose,
    hospital_id: UUID | None,
    patient_id: UUID | None = None,
    *,
    emergency: bool = False,
    resource: str = IMAGING,
    consent: Decision | None = None,
    ids_only: bool = False,
) -> None:
    """Return where the policy permits it. Raises Frozen, or Forbidden with what is permitted.

    ``hospital_id`` and ``patient_id`` are of what is asked for, ``resource`` is its FHIR type.
    ``emergency``: whether a break-glass of the principal is open. ``consent``: what the patient
    decided of such a use. ``ids_only``: whether a search tells who has a number and nothing of
    them.
    """
    if principal.frozen:
        raise person_frozen()
    asked = (permission, purpose, hospital_id, patient_id, emergency, resource, consent, ids_only)
    if not _permitted(principal, *asked):
        free = replace(principal, hospital_frozen=False)
        if free != principal and _permitted(free, *asked):
            raise hospital_frozen()
        raise Forbidden(
            "This account may not do this for this purpose.",
            remedy=_REMEDIES.get(permission, ""),
        )


def permits(
    principal: Principal, permission: Permission, purpose: Purpose, hospital_id: UUID | None
) -> bool:
    """Whether ``authorise`` would return: for what is shown, never instead of asking."""
    return not principal.frozen and _permitted(
        principal, permission, purpose, hospital_id, None, False, IMAGING
    )


def permitted(
    principal: Principal,
    purpose: Purpose,
    hospital_id: UUID | None,
    patient_id: UUID | None = None,
) -> list[str]:
    """Everything that the policy permits somebody for a purpose in a hospital, with a patient."""
    return [
        permission.value
        for permission in Permission
        if _permitted(principal, permission, purpose, hospital_id, patient_id, False, IMAGING)
    ]


@lru_cache(maxsize=4_096)
def _permitted(
    principal: Principal,
    permission: Permission,
    purpose: Purpose,
    hospital_id: UUID | None,
    patient_id: UUID | None,
    emergency: bool,
    resource: str,
    consent: Decision | None = None,
    ids_only: bool = False,
) -> bool:
    # A pure function of nine small values: the same few combinations make up a day's work.
    answer = cedarpy.is_authorized(
        {
            "principal": f'Account::"{principal.account_id}"',
            "action": f'Action::"{permission}"',
            "resource": f'Record::"{hospital_id}"',
            "context": {
                "purpose": purpose.value,
                "restricted": principal.restricted,
                "hospital_frozen": principal.hospital_frozen,
                "scoped": principal.scopes is not None,
                "scopes": sorted(letters_of(principal.scopes or frozenset(), resource)),
                "emergency": emergency,
                "resource": resource,
                "consent": consent.value if consent else "",
                "ids_only": ids_only,
            },
        },
        _POLICIES,
        [
            {
                "uid": {"type": "Account", "id": str(principal.account_id)},
                "attrs": {
                    "role": principal.role.value,
                    "hospital": str(principal.hospital_id),
                    "account": str(principal.account_id),
                    "frozen": principal.frozen,
                    "patient": _patient(principal.patient_id),
                },
                "parents": [],
            },
            {
                "uid": {"type": "Record", "id": str(hospital_id)},
                "attrs": {
                    "hospital": str(hospital_id),
                    "account": str(principal.account_id),
                    "patient": _patient(patient_id),
                },
                "parents": [],
            },
        ],
    )
    # A principal without a hospital equals a record without one: neither exists, deny.
    return answer.allowed and (
        principal.hospital_id is not None or permission is Permission.ACCOUNT_OWN_READ
    )


def _patient(patient_id: UUID | None) -> str:
    return str(patient_id) if patient_id else ""
