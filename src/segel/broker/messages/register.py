"""Hospitals with their departments, and the people who work there: described, listed."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.records import Interaction
from segel.domain.roles import Role


class DescribeHospital(Message, frozen=True):
    """Operator's socket only: the code that the national register has for a hospital."""

    hospital_code: str
    national_code: str


class AddDepartment(Message, frozen=True):
    """Operator's socket only. ``code``: the hospital's own, where it has one. Said again, the code
    is replaced."""

    hospital_code: str
    name: str
    code: str = ""


class RemoveDepartment(Message, frozen=True):
    """Operator's socket only."""

    hospital_code: str
    name: str


class NumberAccount(Message, frozen=True):
    """Operator's socket only: the number that the national register has for somebody; '': none."""

    name: str
    national_number: str


class ListHospitals(Message, frozen=True):
    """Operator's socket only."""


class ReadHospitals(Message, frozen=True):
    """The hospitals of the estate, for who works in one of them."""

    requester: Requester
    interaction: Interaction


class ReadStaff(Message, frozen=True):
    """Who works in the asker's own hospital. ``resource_type``: Practitioner or PractitionerRole,
    which one may be permitted without the other."""

    requester: Requester
    resource_type: str
    interaction: Interaction


class DepartmentLine(msgspec.Struct, frozen=True):
    department_id: UUID
    name: str
    code: str = ""


class HospitalLine(msgspec.Struct, frozen=True):
    """A hospital; ``code`` is what it is enrolled by. ``port``: a port's health office;
    ``answers``: it answers for the archive's leaks."""

    hospital_id: UUID
    code: str
    name: str
    national_code: str
    departments: tuple[DepartmentLine, ...]
    port: bool = False
    answers: bool = False


class HospitalList(Message, frozen=True):
    """By their codes."""

    hospitals: list[HospitalLine]


class PostLine(msgspec.Struct, frozen=True):
    """Where somebody works: in a department, or in the hospital as a whole (None)."""

    post_id: UUID
    department: DepartmentLine | None = None


class StaffLine(msgspec.Struct, frozen=True):
    """Somebody who works in a hospital. ``active``: their account is not closed."""

    account_id: UUID
    name: str
    role: Role
    active: bool
    national_number: str
    posts: tuple[PostLine, ...]

    def __repr__(self) -> str:
        return f"StaffLine(account_id={self.account_id})"


class StaffList(Message, frozen=True):
    """By their names, all of one hospital."""

    hospital_id: UUID
    hospital_name: str
    people: list[StaffLine]


Request = (
    DescribeHospital
    | AddDepartment
    | RemoveDepartment
    | NumberAccount
    | ListHospitals
    | ReadHospitals
    | ReadStaff
)
Reply = HospitalList | StaffList
