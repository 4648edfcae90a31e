"""The policy, cell by cell: role × permission × purpose × whose hospital."""

from dataclasses import replace
from itertools import product
from uuid import uuid4

import pytest

from segel.broker.errors import Forbidden, Frozen
from segel.broker.policy import Permission, Principal, authorise
from segel.domain.consent import Decision
from segel.domain.purpose import Purpose
from segel.domain.records import (
    CHART_TYPES,
    CONSENT,
    ORGANIZATION,
    PATIENT,
    STAFF_TYPES,
    SUBSCRIPTION,
)
from segel.domain.roles import Role
from segel.domain.scopes import IMAGING

OWN, OTHER = uuid4(), uuid4()
REGISTER = (ORGANIZATION, *STAFF_TYPES)
CHART = set(CHART_TYPES) - {PATIENT}
CLINICAL = {Role.CLINICIAN, Role.RADIOLOGIST, Role.RADIOGRAPHER, Role.MODALITY}
OFFICERS = {Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR}
RESPONDING = {Role.INCIDENT_OFFICER, Role.DATA_PROTECTION_OFFICER}
ELSEWHERE = {
    Role.MODALITY,
    Role.PATIENT,
    Role.NATIONAL_PLATFORM,
    Role.PORT_HEALTH_OFFICER,
    Role.INCIDENT_OFFICER,
    Role.CASE_GUEST,
}
"""Who has no business with a hospital's register of people."""
READING = {Purpose.TREATMENT, Purpose.PATIENT_REQUEST}
STORING = {Purpose.TREATMENT, Purpose.EMERGENCY_TREATMENT, Purpose.OPERATIONS}

TREATING = (Purpose.TREATMENT, Purpose.EMERGENCY_TREATMENT)
REGISTERED = {PATIENT, CONSENT}
REPORTS = {"DiagnosticReport", "Observation", "DocumentReference", "Provenance", "Binary"}
REPORTING = (Purpose.TREATMENT, Purpose.OPERATIONS)
RESULTS = {"DiagnosticReport", "Observation", "Specimen"}
WRITING = {
    resource: {
        *((Role.HOSPITAL_SYSTEM, purpose) for purpose in (Purpose.TREATMENT, Purpose.OPERATIONS)),
        *((Role.CLINICIAN, purpose) for purpose in TREATING if resource in CHART - {CONSENT}),
        *((Role.RADIOLOGIST, purpose) for purpose in TREATING if resource in REPORTS),
        *((Role.RECORDS_OFFICER, Purpose.OPERATIONS) for _ in range(resource in REGISTERED)),
        *((Role.LABORATORY, purpose) for purpose in REPORTING if resource in RESULTS),
    }
    for resource in (*CHART_TYPES, IMAGING)
}
"""Who writes resources of a type, and for what."""

EXPORTING = {Role.HOSPITAL_SYSTEM, Role.CLINICIAN, Role.RADIOLOGIST}
EXPORTED_FOR = {
    Purpose.OPERATIONS,
    Purpose.COORDINATION,
    Purpose.PUBLIC_HEALTH,
    Purpose.RESEARCH,
}
ANSWERING = {Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR}
ERASING = {Purpose.SYSTEM_ADMINISTRATION, Purpose.OPERATIONS, Purpose.PATIENT_REQUEST}


def _reads_records(role: Role, purpose: Purpose, own: bool) -> bool:
    if role is Role.HOSPITAL_SYSTEM and purpose is Purpose.OPERATIONS:
        return own
    readers = CLINICAL - {Role.MODALITY} | {Role.HOSPITAL_SYSTEM}
    return own and role in readers and purpose in READING


def _expected(
    role: Role, permission: Permission, purpose: Purpose, own: bool, resource: str = IMAGING
) -> bool:
    match permission:
        case Permission.ACCOUNT_OWN_READ:
            return True
        case Permission.BUDGET_ASK:
            return role in CLINICAL - {Role.MODALITY}
        case (
            Permission.USE_READ
            | Permission.FREEZE
            | Permission.APPROVAL_REQUEST
            | Permission.APPROVAL_DECIDE
        ):
            return own and role in OFFICERS
        case Permission.BREAK_GLASS:
            return own and role in CLINICAL - {Role.MODALITY}
        case (
            Permission.ALERT_READ
            | Permission.ALERT_ACKNOWLEDGE
            | Permission.REVIEW_READ
            | Permission.REVIEW_DECIDE
        ):
            return own and role is Role.DATA_PROTECTION_OFFICER
        case Permission.RECORD_TRAIL | Permission.RECORD_COPY | Permission.RECORD_LINK:
            return False  # of no patient here: see the next test
        case Permission.CARDS_ISSUE:
            makers = {Role.RECORDS_OFFICER, Role.CLINICIAN, Role.HOSPITAL_SYSTEM}
            return own and role in makers and purpose is Purpose.PATIENT_REQUEST
        case Permission.CARDS_REVOKE:
            revokers = {Role.RECORDS_OFFICER, Role.DATA_PROTECTION_OFFICER}
            return own and role in revokers and purpose is Purpose.PATIENT_REQUEST
        case Permission.CARDS_OVERSEE:
            return own and role in OFFICERS and purpose is Purpose.OPERATIONS
        case Permission.CARDS_GOVERN:
            return own and role is Role.ADMINISTRATOR and purpose is Purpose.OPERATIONS
        case Permission.RECORD_TRAIL | Permission.REQUEST_OWN | Permission.CARDS_OWN:
            return False  # of no patient here: see the tests below
        case Permission.REQUEST_ANSWER:
            answers = role in (Role.RECORDS_OFFICER, Role.DATA_PROTECTION_OFFICER)
            return own and answers and purpose is Purpose.OPERATIONS
        case Permission.AUDIT_EXPORT:
            is_officer = role is Role.DATA_PROTECTION_OFFICER
            return own and is_officer and purpose is Purpose.OPERATIONS
        case Permission.SESSIONS_OVERSEE:
            return own and role in OFFICERS
        case Permission.WORKLIST_READ:
            makers = {Role.RADIOGRAPHER, Role.MODALITY}
            return own and role in makers and purpose is Purpose.TREATMENT
        case Permission.DECLARATION_LIST | Permission.DECLARATION_READ:
            is_officer = role is Role.PORT_HEALTH_OFFICER
            return own and is_officer and purpose is Purpose.PUBLIC_HEALTH
        case Permission.DECLARATION_PROOF:
            answers = role in {Role.PORT_HEALTH_OFFICER, *OFFICERS}
            return own and answers and purpose in (Purpose.PUBLIC_HEALTH, Purpose.OPERATIONS)
        case Permission.LEAK_CASE | Permission.LEAK_TELL:
            return own and role in RESPONDING and purpose is Purpose.OPERATIONS
        case Permission.LEAK_SIGN:
            is_officer = role is Role.DATA_PROTECTION_OFFICER
            return own and is_officer and purpose is Purpose.OPERATIONS
        case Permission.LEAK_READ:
            readers = {*RESPONDING, Role.CASE_GUEST}
            return own and role in readers and purpose is Purpose.OPERATIONS
        case Permission.LEAK_MATCH | Permission.LEAK_TRACE:
            return own and role is Role.INCIDENT_OFFICER and purpose is Purpose.OPERATIONS
        case Permission.LEAK_CONTAIN:
            containing = {*RESPONDING, Role.ADMINISTRATOR}
            return own and role in containing and purpose is Purpose.OPERATIONS
        case Permission.STUDY_STORE:
            makers = {Role.RADIOGRAPHER, Role.MODALITY}
            return own and role in makers and purpose in STORING
        case Permission.PAIR_READ | Permission.PAIR_DECIDE:
            return own and role is Role.RECORDS_OFFICER and purpose is Purpose.OPERATIONS
        case Permission.RESOURCE_SEARCH | Permission.RESOURCE_READ if resource in REGISTER:
            works_there = role not in ELSEWHERE
            return own and works_there and purpose in {*READING, Purpose.OPERATIONS}
        case Permission.RESOURCE_SEARCH | Permission.RESOURCE_READ if resource in REGISTERED:
            if role is Role.RECORDS_OFFICER:
                return own and purpose is Purpose.OPERATIONS
            return _reads_records(role, purpose, own)
        case Permission.RESOURCE_SEARCH | Permission.RESOURCE_READ:
            return _reads_records(role, purpose, own)
        case Permission.RESOURCE_CREATE | Permission.RESOURCE_UPDATE | Permission.RESOURCE_DELETE:
            kept = resource == PATIENT or role is Role.RECORDS_OFFICER
            if permission is Permission.RESOURCE_DELETE and kept:
                return False
            if role is Role.LABORATORY and resource == PATIENT:
                is_new = permission is Permission.RESOURCE_CREATE
                return own and is_new and purpose in REPORTING
            return own and (role, purpose) in WRITING.get(resource, set())
        case Permission.SHEET_IMPORT:
            importers = {Role.LABORATORY, Role.HOSPITAL_SYSTEM}
            return own and role in importers and purpose in REPORTING
        case Permission.RECORD_DISCLOSE:
            return own and role is Role.NATIONAL_PLATFORM and purpose is Purpose.OPERATIONS
        case Permission.RECORDS_EXPORT:
            return own and role in EXPORTING and purpose in EXPORTED_FOR
        case Permission.RECORDS_ERASE:
            return own and role in ANSWERING and purpose in ERASING
        case _:
            return own and role in CLINICAL and purpose in READING


def _permits(
    principal: Principal,
    permission: Permission,
    purpose: Purpose,
    own: bool,
    resource: str = IMAGING,
) -> bool:
    try:
        authorise(principal, permission, purpose, OWN if own else OTHER, resource=resource)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("role", list(Role))
def test_the_policy_says_what_the_table_says(role: Role) -> None:
    for permission, purpose, own in product(Permission, Purpose, (True, False)):
        principal = Principal(uuid4(), OWN, role)
        assert _permits(principal, permission, purpose, own) == _expected(
            role, permission, purpose, own
        ), (role, permission, purpose, own)


RESOURCE = [permission for permission in Permission if permission.startswith("records:resource:")]


@pytest.mark.parametrize("role", list(Role))
def test_each_type_of_resource_is_read_and_written_by_whom_the_table_names(role: Role) -> None:
    purposes = {*READING, *STORING}
    for resource, permission, purpose, own in product(
        (*CHART_TYPES, *REGISTER), RESOURCE, purposes, (True, False)
    ):
        principal = Principal(uuid4(), OWN, role)
        assert _permits(principal, permission, purpose, own, resource) == _expected(
            role, permission, purpose, own, resource
        ), (role, permission, purpose, own, resource)


@pytest.mark.parametrize("role", list(Role))
def test_whether_a_number_is_known_is_told_to_laboratories_and_nothing_else_of_anybody(
    role: Role,
) -> None:
    for resource, purpose, own in product(CHART_TYPES, Purpose, (True, False)):
        principal = Principal(uuid4(), OWN, role)
        asked = (principal, Permission.RESOURCE_SEARCH, purpose, OWN if own else OTHER)
        try:
            authorise(*asked, resource=resource, ids_only=True)
            told = True
        except Forbidden:
            told = False
        is_laboratory = role is Role.LABORATORY and resource == PATIENT
        expected = _expected(role, Permission.RESOURCE_SEARCH, purpose, own, resource)
        assert told == (expected or (own and is_laboratory and purpose in REPORTING)), (
            resource, purpose, own,
        )  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
def test_patients_read_their_own_record_and_nobody_elses(role: Role) -> None:
    mine, other = uuid4(), uuid4()
    reading = {
        Permission.RESOURCE_READ,
        Permission.RESOURCE_SEARCH,
        Permission.STUDY_READ,
        Permission.STUDY_SEARCH,
    }
    deciding = {Permission.RESOURCE_CREATE, Permission.RESOURCE_UPDATE}
    for permission, resource, purpose in product(
        {*RESOURCE, *reading}, (PATIENT, "Observation", CONSENT), Purpose
    ):
        for asked in (mine, other, None):
            principal = Principal(uuid4(), OWN, role, patient_id=mine)
            allowed = (
                role is Role.PATIENT
                and permission in (reading | deciding if resource == CONSENT else reading)
                and asked == mine
                and purpose is Purpose.PATIENT_REQUEST
            )
            try:
                authorise(principal, permission, purpose, OWN, asked, resource=resource)
            except Forbidden:
                assert not allowed
            else:
                assert allowed or _expected(role, permission, purpose, True, resource)


@pytest.mark.parametrize("role", list(Role))
def test_what_a_patient_declined_is_taken_away_and_what_they_permit_adds_nothing(
    role: Role,
) -> None:
    reads = {Permission.STUDY_READ, Permission.STUDY_SEARCH, Permission.RESOURCE_READ,
             Permission.RESOURCE_SEARCH, Permission.WORKLIST_READ}  # fmt: skip
    writes = {
        Permission.RESOURCE_CREATE,
        Permission.RESOURCE_UPDATE,
        Permission.RESOURCE_DELETE,
    }
    mine = uuid4()
    principal = Principal(uuid4(), OWN, role, patient_id=mine)

    def permits(
        permission: Permission, purpose: Purpose, resource: str, consent: Decision | None
    ) -> bool:
        asked = (principal, permission, purpose, OWN, mine)
        try:
            authorise(*asked, resource=resource, consent=consent)
        except Forbidden:
            return False
        return True

    for permission, purpose in product(Permission, Purpose):
        # Which type it is matters to records alone; of the rest, a few types show that it does not.
        types = CHART_TYPES if permission in RESOURCE else (PATIENT, CONSENT)
        for resource in (IMAGING, *types):
            undecided = permits(permission, purpose, resource, None)
            spared = role in (Role.PATIENT, Role.RECORDS_OFFICER) or (
                role in (Role.HOSPITAL_SYSTEM, Role.LABORATORY)
                and (resource == PATIENT or permission in writes)
            )
            # Nobody is spared.
            exported = permission in (Permission.RECORDS_EXPORT, Permission.CARDS_ISSUE)
            touched = exported or (permission in reads | writes and not spared)
            for consent in Decision:
                denied = consent is Decision.DENY and touched
                assert permits(permission, purpose, resource, consent) == (
                    undecided and not denied
                ), (permission, resource, consent)


@pytest.mark.parametrize("role", list(Role))
def test_only_hospitals_systems_have_themselves_told(role: Role) -> None:
    letters = {
        Permission.RESOURCE_CREATE: "c", Permission.RESOURCE_READ: "r",
        Permission.RESOURCE_UPDATE: "u", Permission.RESOURCE_DELETE: "d",
        Permission.RESOURCE_SEARCH: "s",
    }  # fmt: skip
    asked = (Purpose.TREATMENT, Purpose.OPERATIONS, Purpose.PATIENT_REQUEST, Purpose.RESEARCH)
    for permission, purpose, own in product(letters, asked, (True, False)):
        reads = permission in (Permission.RESOURCE_READ, Permission.RESOURCE_SEARCH)
        purposes = {Purpose.TREATMENT, Purpose.OPERATIONS}
        purposes |= {Purpose.PATIENT_REQUEST} if reads else set()
        expected = own and role is Role.HOSPITAL_SYSTEM and purpose in purposes
        scopes = frozenset({f"{SUBSCRIPTION}.{letters[permission]}"})
        narrowed = ((scopes, True), (frozenset({"Observation.cruds"}), False))
        for scope, leaves in ((None, True), *(narrowed if expected else ())):
            principal = Principal(uuid4(), OWN, role, patient_id=uuid4(), scopes=scope)
            hospital = OWN if own else OTHER
            try:
                authorise(principal, permission, purpose, hospital, resource=SUBSCRIPTION)
                permitted = True
            except Forbidden:
                permitted = False
            assert permitted == (expected and leaves), (permission, purpose, own, scope)


def test_what_concerns_no_hospital_is_asked_and_decided_by_any_hospitals_officers() -> None:
    for role, permission in product(Role, Permission):
        principal = Principal(uuid4(), OWN, role)
        try:
            authorise(principal, permission, Purpose.OPERATIONS, None)
            permitted = True
        except Forbidden:
            permitted = False
        of_estate = permission in (Permission.APPROVAL_REQUEST, Permission.APPROVAL_DECIDE)
        own = permission in (Permission.ACCOUNT_OWN_READ, Permission.BUDGET_ASK)
        assert permitted == (
            (of_estate and role in OFFICERS)
            or (own and _expected(role, permission, Purpose.OPERATIONS, True))
        ), (role, permission)


@pytest.mark.parametrize("role", list(Role))
def test_a_frozen_hospital_shows_nothing_and_everything_else_stays(role: Role) -> None:
    free = Principal(uuid4(), OWN, role)
    frozen = Principal(free.account_id, OWN, role, hospital_frozen=True)
    for permission, purpose in product(Permission, Purpose):
        shows = permission in (
            Permission.STUDY_SEARCH,
            Permission.STUDY_READ,
            Permission.PAIR_READ,
            Permission.WORKLIST_READ,
            Permission.RESOURCE_SEARCH,
            Permission.RESOURCE_READ,
            Permission.RECORD_DISCLOSE,
            Permission.RECORDS_EXPORT,
            Permission.DECLARATION_LIST,
            Permission.DECLARATION_READ,
            Permission.CARDS_ISSUE,
        )
        expected = not shows and _permits(free, permission, purpose, True)
        assert _permits(frozen, permission, purpose, True) == expected, permission


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "permission",
    [
        Permission.RECORD_TRAIL,
        Permission.RECORD_COPY,
        Permission.RECORD_LINK,
        Permission.REQUEST_OWN,
        Permission.CARDS_OWN,
    ],
)
def test_who_opened_a_record_a_copy_of_it_and_what_its_patient_asks_are_the_patients_alone(
    role: Role, permission: Permission
) -> None:
    mine, other = uuid4(), uuid4()
    for purpose, own, asked in product(Purpose, (mine, None), (mine, other, None)):
        principal = Principal(uuid4(), OWN, role, patient_id=own)
        allowed = role is Role.PATIENT and purpose is Purpose.PATIENT_REQUEST and own is not None
        try:
            authorise(principal, permission, purpose, OWN, asked)
        except Forbidden:
            assert not (allowed and own == asked), (purpose, own, asked)
        else:
            assert allowed, (purpose, own, asked)
            assert own == asked, (purpose, own, asked)


@pytest.mark.parametrize(
    "asked", [Permission.STUDY_READ, Permission.RECORD_COPY, Permission.CARDS_OWN]
)
def test_a_frozen_hospital_shows_its_patients_nothing_and_gives_no_copy(
    asked: Permission,
) -> None:
    mine = uuid4()
    patient = Principal(uuid4(), OWN, Role.PATIENT, patient_id=mine)
    authorise(patient, asked, Purpose.PATIENT_REQUEST, OWN, mine)
    frozen = replace(patient, hospital_frozen=True)
    with pytest.raises(Frozen):
        authorise(frozen, asked, Purpose.PATIENT_REQUEST, OWN, mine)


def test_a_viewers_session_of_a_patient_reads_the_study_and_takes_no_copy() -> None:
    mine = uuid4()
    viewer = Principal(uuid4(), OWN, Role.PATIENT, patient_id=mine, restricted=True)
    authorise(viewer, Permission.STUDY_READ, Purpose.PATIENT_REQUEST, OWN, mine)
    with pytest.raises(Forbidden):
        authorise(viewer, Permission.RECORD_COPY, Purpose.PATIENT_REQUEST, OWN, mine)


@pytest.mark.parametrize("role", list(Role))
def test_emergency_treatment_is_a_reason_to_read_only_with_a_broken_glass(role: Role) -> None:
    records = (Permission.RESOURCE_READ, Permission.RESOURCE_SEARCH)
    for permission in (Permission.STUDY_READ, Permission.STUDY_SEARCH, *records):
        people = CLINICAL
        if permission in records:
            people = CLINICAL - {Role.MODALITY} | {Role.HOSPITAL_SYSTEM}
        for own, emergency in product((True, False), repeat=2):
            principal = Principal(uuid4(), OWN, role)
            try:
                authorise(
                    principal,
                    permission,
                    Purpose.EMERGENCY_TREATMENT,
                    OWN if own else OTHER,
                    emergency=emergency,
                )
            except Forbidden:
                assert not (own and emergency and role in people)
            else:
                assert own
                assert emergency
                assert role in people


@pytest.mark.parametrize("role", list(Role))
def test_a_frozen_account_may_do_nothing(role: Role) -> None:
    principal = Principal(uuid4(), OWN, role, frozen=True)
    assert not any(
        _permits(principal, permission, purpose, True)
        for permission, purpose in product(Permission, Purpose)
    )


@pytest.mark.parametrize("role", list(Role))
def test_a_session_let_in_for_one_study_may_read_and_nothing_else(role: Role) -> None:
    principal = Principal(uuid4(), OWN, role, restricted=True)
    permitted = {
        permission
        for permission in Permission
        if _permits(principal, permission, Purpose.TREATMENT, True)
    }
    assert permitted == ({Permission.STUDY_READ} if role in CLINICAL else set())


def test_an_account_without_a_hospital_reads_no_record_without_one() -> None:
    for permission in set(Permission) - {Permission.ACCOUNT_OWN_READ}:
        with pytest.raises(Forbidden):
            authorise(Principal(uuid4(), None, Role.CLINICIAN), permission, Purpose.TREATMENT, None)


LETTERS = {
    Permission.STUDY_SEARCH: "s",
    Permission.STUDY_READ: "r",
    Permission.STUDY_STORE: "c",
    Permission.SHEET_IMPORT: "c",
    Permission.RESOURCE_SEARCH: "s",
    Permission.RESOURCE_READ: "r",
    Permission.RESOURCE_CREATE: "c",
    Permission.RESOURCE_UPDATE: "u",
    Permission.RESOURCE_DELETE: "d",
    Permission.RECORDS_EXPORT: "r",
}


@pytest.mark.parametrize("role", list(Role))
def test_scopes_leave_of_a_role_what_they_name_and_nothing_that_is_no_resource(role: Role) -> None:
    for letters, named_type in product(
        ("", "s", "r", "c", "u", "d", "cruds"), (IMAGING, "Observation", "*")
    ):
        scopes = frozenset(f"{named_type}.{letter}" for letter in letters)
        scoped = Principal(uuid4(), OWN, role, scopes=scopes)
        for permission, own in product(Permission, (True, False)):
            exported = permission is Permission.RECORDS_EXPORT
            purpose = Purpose.RESEARCH if exported else Purpose.TREATMENT
            resource = "Observation" if permission in RESOURCE else IMAGING
            named = (
                named_type in ("*", resource)
                and permission in LETTERS
                and LETTERS[permission] in letters
            )
            assert _permits(scoped, permission, purpose, own, resource) == (
                named and _expected(role, permission, purpose, own, resource)
            ), (role, scopes, permission, purpose, own, resource)
