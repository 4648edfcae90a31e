"""The steps in which a hospital is described before it is taken in. Pure.

Each step shows the rows of one kind, and room for more; a row that is left empty is none. The draft
between the steps is the plan itself, as the command line's file has it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from segel.access import Department, Device, Person, Plan, ReadKey, Sender, System, steps
from segel.domain.errors import SegelError
from segel.domain.roles import SYSTEM_ROLES, Role

STEPS: Final = ("hospital", "departments", "devices", "senders", "systems", "people", "review")
ROOM: Final = 2
"""Empty rows that are shown after those that are filled in."""

ROWS_MAX: Final = 60
"""Of one kind on a page; a file may have more."""

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "departments": ("name", "code"),
    "devices": ("ae_title", "called", "listens", "certificates"),
    "senders": ("application", "facility", "authorities", "certificates"),
    "systems": ("name", "scope", "jwks"),
    "people": ("name", "role"),
}
"""Of the kinds that a hospital has several of, what a row asks for."""

ROLES: Final = tuple(role for role in Role if role not in SYSTEM_ROLES and role is not Role.PATIENT)
SYSTEM_SCOPE: Final = "system/*.cruds"

_KINDS: Final = {"departments": "department", "devices": "device", "senders": "sender",
                 "systems": "system", "people": "person"}  # fmt: skip
_END: Final = "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class PlanFault:
    """What hinders, and where: the step, the row in it, and the field. ``code`` names its text."""

    step: str
    row: int
    field: str
    code: str


def next_step(step: str, by: int = 1) -> str:
    """The step after, or before."""
    at = STEPS.index(step) + by
    return STEPS[max(0, min(at, len(STEPS) - 1))]


def rows_of(plan: Plan, step: str) -> list[dict[str, str]]:
    """What a step's fields hold, with room for more."""
    filled = [_row(step, one) for one in getattr(plan, step)[:ROWS_MAX]]
    empty = dict.fromkeys(FIELDS[step], "")
    return filled + [dict(empty) for _ in range(min(ROOM, ROWS_MAX - len(filled)))]


def filled_in(plan: Plan, step: str, form: Mapping[str, str]) -> Plan:
    """A plan with what a step's form says. What a page has no field for stays as it was."""
    if step == "hospital":
        return msgspec.structs.replace(
            plan, name=_said(form, "name"), national_code=_said(form, "national_code")
        )
    if step not in FIELDS:
        return plan
    before = getattr(plan, step)
    made = []
    for at in range(ROWS_MAX):
        row = {name: form.get(f"{name}.{at}", "").strip() for name in FIELDS[step]}
        known = before[at] if at < len(before) else None
        if any(row[name] for name in FIELDS[step] if name not in ("role", "called", "scope")):
            made.append(_made(step, row, known))
    return msgspec.structs.replace(plan, **{step: made + before[ROWS_MAX:]})


def faults_of(plan: Plan, read_key: ReadKey) -> list[PlanFault]:
    """Everything that hinders, as far as it can be told before anything is made."""
    return [*_missing(plan), *_refused(plan, read_key)]


def _missing(plan: Plan) -> Iterator[PlanFault]:
    if not plan.name.strip():
        yield PlanFault("hospital", 0, "name", "missing")
    needed = {"departments": "name", "systems": "name", "people": "name"}
    for step, field in needed.items():
        for at, one in enumerate(getattr(plan, step)):
            if not getattr(one, field).strip():
                yield PlanFault(step, at, field, "missing")
    for at, system in enumerate(plan.systems):
        if not _is_key_set(system.jwks):
            yield PlanFault("systems", at, "jwks", "key-set")
    names = [one.name for one in plan.systems] + [one.name for one in plan.people]
    for step in ("systems", "people"):
        for at, one in enumerate(getattr(plan, step)):
            if one.name and names.count(one.name) > 1:
                yield PlanFault(step, at, "name", "twice")


def _refused(plan: Plan, read_key: ReadKey) -> Iterator[PlanFault]:
    kinds = {kind: step for step, kind in _KINDS.items()}
    for one in steps(plan, {}, read_key):
        try:
            one.check()
        except KeyError:  # the name of a file, which only the command line can read
            yield PlanFault(kinds[one.kind], one.place, "certificates", "certificate")
        except SegelError as refused:
            field = "certificates" if refused.field == "certificate" else str(refused.field)
            yield PlanFault(kinds[one.kind], one.place, field, refused.code)


def _is_key_set(text: str) -> bool:
    try:
        keys = msgspec.json.decode(text).get("keys")
    except (msgspec.DecodeError, AttributeError):
        return False
    # "d" is what a private key has (RFC 7518 § 6.2.2): it is nobody's to hand over.
    return bool(keys) and all(isinstance(one, dict) and "d" not in one for one in keys)


def _row(step: str, one: Any) -> dict[str, str]:
    row = {name: getattr(one, name) for name in FIELDS[step]}
    joined = {"certificates": "\n", "authorities": " "}
    return {
        name: joined[name].join(value) if isinstance(value, list) else str(value)
        for name, value in row.items()
    }


def _made(step: str, row: Mapping[str, str], known: Any) -> Any:
    match step:
        case "departments":
            return Department(name=row["name"], code=row["code"])
        case "devices":
            return Device(
                ae_title=row["ae_title"], called=row["called"] or "SEGEL",
                listens=row["listens"], certificates=_certificates(row["certificates"]),
            )  # fmt: skip
        case "senders":
            return Sender(
                application=row["application"], facility=row["facility"],
                authorities=row["authorities"].split(),
                certificates=_certificates(row["certificates"]),
            )  # fmt: skip
        case "systems":
            scope = row["scope"] or SYSTEM_SCOPE
            if isinstance(known, System):  # its role and its proofs have no field here
                return msgspec.structs.replace(
                    known, name=row["name"], scope=scope, jwks=row["jwks"]
                )
            return System(name=row["name"], scope=scope, jwks=row["jwks"])
        case _:
            role = row["role"]
            return Person(name=row["name"], role=Role(role) if role in ROLES else Role.CLINICIAN)


def _certificates(text: str) -> list[str]:
    """Each certificate of a field that holds several, one after the other."""
    parts = text.replace("\r\n", "\n").split(_END)
    whole = [part.strip() + "\n" + _END + "\n" for part in parts[:-1]]
    rest = parts[-1].strip()
    return [*whole, *([rest] if rest else [])]


def _said(form: Mapping[str, str], name: str) -> str:
    return " ".join(form.get(name, "").split())
