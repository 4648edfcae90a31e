"""A hospital as a file says it: what there is to enrol, checked before anything is. Pure.

Certificates and key sets stand in the plan itself, or in files beside it, by name.
"""

import tomllib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import tomli_w

from segel.domain.errors import SegelError
from segel.domain.roles import SYSTEM_ROLES, Role

FILE_BYTES_MAX: Final = 256 * 1024
PARTS_MAX: Final = 200
"""Of one kind: a hospital's devices are tens."""

INLINE: Final = ("-----BEGIN ", "{")
"""How a certificate or a key set begins that stands in the plan itself."""

Files = Mapping[str, bytes]
"""What lies beside a plan, by the names that it has there."""

ANSWERING: Final = (Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR)
"""Without both nobody can approve anything: two people decide together."""


class PlanBroken(SegelError):
    """A hospital's file that cannot be followed."""

    code = "plan-broken"


class Department(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """See ``segel department add``."""

    name: str
    code: str = ""


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """See ``segel peer add``. ``listens``: where it takes images, HOST:PORT."""

    ae_title: str
    called: str = "SEGEL"
    listens: str = ""
    certificates: list[str] = []


class Sender(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """See ``segel hl7 add``."""

    application: str
    facility: str
    authorities: list[str] = []
    certificates: list[str] = []


class System(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """See ``segel client add``."""

    name: str
    jwks: str
    role: Role = Role.HOSPITAL_SYSTEM
    scope: str = "system/*.cruds"
    dpop: bool = False


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """See ``segel account add``."""

    name: str
    role: Role


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A hospital and everything that comes with it."""

    code: str
    name: str
    national_code: str = ""
    departments: list[Department] = []
    devices: list[Device] = []
    senders: list[Sender] = []
    systems: list[System] = []
    people: list[Person] = []


_ALWAYS: Final = ("code", "name")


def read_plan(data: bytes, files: Files) -> Plan:
    """The plan that a file says, and the files beside it. Raises PlanBroken."""
    plan = parse_plan(data)
    require_whole(plan, files)
    return plan


def parse_plan(data: bytes) -> Plan:
    """A plan as far as it is written: a draft may still lack something. Raises PlanBroken."""
    try:
        if len(data) > FILE_BYTES_MAX:
            raise PlanBroken("The file is too large for a hospital's plan.")
        plan = msgspec.convert(tomllib.loads(data.decode()), Plan)
    except UnicodeDecodeError as error:
        raise PlanBroken("The file cannot be read.", remedy="Give a TOML file.") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        # Of our own file's keys and places; a value is not among them but for a role.
        raise PlanBroken(
            f"The file does not say a hospital: {error}.",
            remedy="Compare it with `segel hospital template`.",
        ) from None
    parts = (plan.departments, plan.devices, plan.senders, plan.systems, plan.people)
    if any(len(part) > PARTS_MAX for part in parts):
        raise PlanBroken(f"There are more than {PARTS_MAX} of a kind.")
    return plan


def written_plan(plan: Plan) -> bytes:
    """A plan as a file that ``parse_plan`` reads."""
    made: dict[str, Any] = msgspec.to_builtins(plan)
    said = {name: value for name, value in made.items() if value or name in _ALWAYS}
    return tomli_w.dumps(said).encode()


def require_whole(plan: Plan, files: Files) -> None:
    """Return where a plan can be followed. Raises PlanBroken."""
    for field in ("code", "name"):
        if not getattr(plan, field).strip():
            raise PlanBroken("A hospital has a code and a name.", field=field)
    names = [person.name for person in plan.people] + [one.name for one in plan.systems]
    if not all(name.strip() for name in names):
        raise PlanBroken("Everybody has a name.", field="name")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise PlanBroken(
            "Two accounts have the same name.", field="name", remedy="Tell them apart."
        )
    for person in plan.people:
        if person.role in SYSTEM_ROLES or person.role is Role.PATIENT:
            raise PlanBroken(
                "This is no role of somebody who works in a hospital.",
                field="people.role",
                remedy="Systems stand under [[systems]]; patients get accounts from"
                " `segel patient-account add`.",
            )
    for name in files_of(plan):
        if name not in files:
            raise PlanBroken(
                f"There is no file {name} beside the plan.", field="certificates, jwks"
            )


def files_of(plan: Plan) -> list[str]:
    """The files that a plan names."""
    devices = [name for one in plan.devices for name in one.certificates]
    senders = [name for one in plan.senders for name in one.certificates]
    named = [*devices, *senders, *(one.jwks for one in plan.systems)]
    return [one for one in named if not one.lstrip().startswith(INLINE)]


def content_of(stated: str, files: Files) -> bytes:
    """A certificate or a key set: what stands in the plan, or the file that it names."""
    return stated.encode() if stated.lstrip().startswith(INLINE) else files[stated]


def missing(plan: Plan) -> list[Role]:
    """Who should be among the people and is not."""
    there = {person.role for person in plan.people}
    return [role for role in ANSWERING if role not in there]


TEMPLATE: Final = """\
# A hospital for `segel hospital onboard FILE`. Everything but code and name may be left out, and
# added later: what is enrolled already is left as it is.

code = "RSUD1"
name = "RSUD Contoh"
national_code = ""          # its id in the national register

# Parts of the hospital, as the images carry their names.
[[departments]]
name = "Radiologi"

# Devices and PACS that speak DICOM. With a certificate they come in by TLS only.
[[devices]]
ae_title = "CT1"
called = "SEGEL"
listens = ""                # HOST:PORT, where it takes images itself
certificates = []           # PEM files beside this one, or their text itself

# Systems that send HL7 version 2.
#[[senders]]
#application = "LIS"        # MSH-3
#facility = "RSUD1"         # MSH-4
#authorities = ["RSUD1"]    # whose record numbers are the hospital's own
#certificates = []

# Systems that come in by signed assertions, for FHIR and DICOMweb.
#[[systems]]
#name = "SIMRS"
#role = "hospital-system"
#scope = "system/*.cruds"
#jwks = "simrs.json"        # public keys only, beside this file, or the text itself

# People. Each is given a link by which they register a passkey, once. Two decide together, so begin
# with a data protection officer and an administrator.
[[people]]
name = "Dewi Lestari"
role = "data-protection-officer"

[[people]]
name = "Bambang Sutrisno"
role = "administrator"
"""
