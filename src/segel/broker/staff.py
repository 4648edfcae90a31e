"""Hospitals with their departments, and who works in them: sealed rows, described and opened.

A department is one that the operator added, or that somebody is said to work in. Its id is a token
of hospital and name, the same wherever it is named.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import AccountRecord, Department, HospitalRecord
from segel.broker.errors import ReasonUnclear
from segel.broker.index import Index, department_name
from segel.broker.messages import DepartmentLine, HospitalLine, PostLine, StaffLine
from segel.broker.reason_file import Units
from segel.broker.secrets import BrokerSecrets

DEPARTMENTS_MAX: Final = 500
"""Of one hospital: its record is read with every session."""

NAME_LENGTH_MAX: Final = 64
"""What a department has for a name in images (VR LO)."""

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]
Change = Callable[[HospitalRecord], HospitalRecord]
R = TypeVar("R")


class Staff:
    """Reads and describes hospitals and the people in them."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index

    async def hospitals(self) -> list[HospitalLine]:
        """Every hospital, with the departments that were added."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute("SELECT hospital_id, sealed FROM hospitals")
            ).fetchall()
        found = [
            self._hospital(hospital_id, self._open(hospital_id, sealed, HospitalRecord))
            for hospital_id, sealed in rows
        ]
        return sorted(found, key=lambda one: one.code)

    async def hospitals_for(
        self, hospital_id: UUID, hospital: HospitalRecord
    ) -> list[HospitalLine]:
        """Every hospital; one's own with the departments that only somebody's work names, too."""
        named = {
            post.department.department_id: post.department
            for person in await self.people(hospital_id, hospital)
            for post in person.posts
            if post.department is not None
        }
        found = []
        for one in await self.hospitals():
            if one.hospital_id == hospital_id:
                added = {department.department_id for department in one.departments}
                more = (named[other] for other in named.keys() - added)
                ordered = sorted(more, key=lambda other: other.name.casefold())
                one = msgspec.structs.replace(one, departments=(*one.departments, *ordered))
            found.append(one)
        return found

    async def people(self, hospital_id: UUID, hospital: HospitalRecord) -> list[StaffLine]:
        """Who works in a hospital, closed accounts included: what they did is on record."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT a.account_id, a.sealed FROM staff s JOIN accounts a USING (account_id)"
                    " WHERE s.hospital_id = %s",
                    (hospital_id,),
                )
            ).fetchall()
            of_row = {self._index.units(account_id): account_id for account_id, _ in rows}
            noted = await (
                await connection.execute(
                    "SELECT units_id, sealed FROM account_units WHERE units_id = ANY(%b::uuid[])",
                    (list(of_row),),
                )
            ).fetchall()
        units = {
            of_row[row_id]: self._open(row_id, sealed, Units).names for row_id, sealed in noted
        }
        departments = self._hospital(hospital_id, hospital).departments
        added = {one.department_id: one for one in departments}
        found = [
            self._person(
                hospital_id,
                account_id,
                self._open(account_id, sealed, AccountRecord),
                units.get(account_id, ()),
                added,
            )
            for account_id, sealed in rows
        ]
        return sorted(found, key=lambda one: (one.name, one.account_id))

    def describing(self, hospital_id: UUID, change: Change) -> Apply:
        """What writes a hospital's record anew, in the ledger's transaction."""

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await cursor.execute(
                "SELECT sealed FROM hospitals WHERE hospital_id = %s FOR UPDATE", (hospital_id,)
            )
            row = await cursor.fetchone()
            assert row is not None, "hospital ids come from rows that name one"
            changed = change(self._open(hospital_id, row[0], HospitalRecord))
            await cursor.execute(
                "UPDATE hospitals SET sealed = %s WHERE hospital_id = %s",
                (self._secrets.seal_row(hospital_id, msgspec.json.encode(changed)), hospital_id),
            )

        return apply

    def numbering(self, account_id: UUID, national_number: str) -> Apply:
        """What writes somebody's national number into their account."""

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await cursor.execute(
                "SELECT sealed FROM accounts WHERE account_id = %s FOR UPDATE", (account_id,)
            )
            row = await cursor.fetchone()
            assert row is not None, "accounts are closed and never deleted"
            record = self._open(account_id, row[0], AccountRecord)
            changed = msgspec.structs.replace(record, national_number=national_number)
            await cursor.execute(
                "UPDATE accounts SET sealed = %s WHERE account_id = %s",
                (self._secrets.seal_row(account_id, msgspec.json.encode(changed)), account_id),
            )

        return apply

    def _hospital(self, hospital_id: UUID, record: HospitalRecord) -> HospitalLine:
        departments = tuple(
            DepartmentLine(self._index.department(hospital_id, one.name), one.name, one.code)
            for one in record.departments
        )
        return HospitalLine(
            hospital_id,
            record.code,
            record.name,
            record.national_code,
            departments,
            record.port,
            record.answers,
        )

    def _person(
        self,
        hospital_id: UUID,
        account_id: UUID,
        record: AccountRecord,
        units: tuple[str, ...],
        added: dict[UUID, DepartmentLine],
    ) -> StaffLine:
        posts = []
        for unit in units:
            department_id = self._index.department(hospital_id, unit)
            department = added.get(department_id, DepartmentLine(department_id, unit))
            posts.append(PostLine(self._index.post(account_id, department_id), department))
        return StaffLine(
            account_id,
            record.name,
            record.role,
            not record.closed_s,
            record.national_number,
            tuple(posts) or (PostLine(self._index.post(account_id, hospital_id)),),
        )

    def _open(self, row_id: UUID, sealed: bytes, kind: type[R]) -> R:
        return msgspec.json.decode(self._secrets.open_row(row_id, sealed), type=kind)


def with_department(name: str, code: str) -> Change:
    """A hospital with one more department, or with this one's code. Raises ReasonUnclear."""
    name, code = " ".join(name.split()), code.strip()
    if (
        not 0 < len(name) <= NAME_LENGTH_MAX
        or not name.isprintable()
        or len(code) > NAME_LENGTH_MAX
    ):
        raise ReasonUnclear(
            f"A department has a name of 1 to {NAME_LENGTH_MAX} printable characters.",
            field="name",
            remedy="Write it as the images carry it (Institutional Department Name).",
        )

    def change(record: HospitalRecord) -> HospitalRecord:
        others = [one for one in record.departments if not is_named(one, name)]
        if len(others) >= DEPARTMENTS_MAX:
            raise ReasonUnclear(
                f"A hospital has at most {DEPARTMENTS_MAX} departments.",
                field="name",
                remedy="Remove those that are no more: `segel department remove`.",
            )
        changed = sorted((*others, Department(name, code)), key=lambda one: one.name.casefold())
        return msgspec.structs.replace(record, departments=tuple(changed))

    return change


def without_department(name: str) -> Change:
    """A hospital without a department. Raises ReasonUnclear where it has none of this name."""

    def change(record: HospitalRecord) -> HospitalRecord:
        others = tuple(one for one in record.departments if not is_named(one, name))
        if len(others) == len(record.departments):
            raise ReasonUnclear(
                "The hospital has no department of this name.",
                field="name",
                remedy="`segel hospital list` shows those it has.",
            )
        return msgspec.structs.replace(record, departments=others)

    return change


def is_named(department: Department, name: str) -> bool:
    """Whether a department is called so, by whatever capitals and blanks."""
    return department_name(department.name) == department_name(name)
