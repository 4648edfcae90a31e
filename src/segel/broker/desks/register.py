"""Hospitals, departments and staff: told to who works in them, described by the operator."""

import msgspec

from segel.broker import messages as m
from segel.broker.audit import Kind
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.enrolments import account_event
from segel.broker.errors import AccountUnknown, MessageBroken, ReasonUnclear
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.policy import Permission
from segel.broker.releases import Asker, Releases, event_for
from segel.broker.staff import Change, Staff, with_department, without_department
from segel.domain.identifiers import NATIONAL_CODE_LENGTH_MAX
from segel.domain.records import ORGANIZATION, STAFF_TYPES, Interaction

_PERMISSIONS = {
    Interaction.READ: Permission.RESOURCE_READ,
    Interaction.SEARCH: Permission.RESOURCE_SEARCH,
}


class RegisterDesk:
    """Answers who works where. Nobody's record is opened by it, and nothing is charged; that
    somebody asked is in the log."""

    def __init__(
        self,
        sessions: Sessions,
        releases: Releases,
        directory: Directory,
        staff: Staff,
        ledger: Ledger,
    ) -> None:
        self._sessions = sessions
        self._releases = releases
        self._directory = directory
        self._staff = staff
        self._ledger = ledger

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.ReadHospitals, self._hospitals),
            Offer(m.ReadStaff, self._people),
            Offer(m.ListHospitals, self._list, OPERATOR_ONLY),
            Offer(m.DescribeHospital, self._describe, OPERATOR_ONLY),
            Offer(m.AddDepartment, self._add_department, OPERATOR_ONLY),
            Offer(m.RemoveDepartment, self._remove_department, OPERATOR_ONLY),
            Offer(m.NumberAccount, self._number, OPERATOR_ONLY),
        ]

    async def _hospitals(self, asked: m.ReadHospitals) -> m.Reply:
        asker = await self._admit(asked.requester, ORGANIZATION, asked.interaction)
        return m.HospitalList(await self._staff.hospitals_for(asker.hospital_id, asker.hospital))

    async def _people(self, asked: m.ReadStaff) -> m.Reply:
        if asked.resource_type not in STAFF_TYPES:
            raise MessageBroken("People are no resources of this type.")
        asker = await self._admit(asked.requester, asked.resource_type, asked.interaction)
        return m.StaffList(
            asker.hospital_id,
            asker.hospital.name,
            await self._staff.people(asker.hospital_id, asker.hospital),
        )

    async def _admit(
        self, requester: m.Requester, resource: str, interaction: Interaction
    ) -> Asker:
        """Somebody who may ask; it is in the log when this returns. Raises Forbidden, Frozen."""
        if interaction not in _PERMISSIONS:
            raise MessageBroken("The register is read and searched only.")
        session = await self._sessions.live(requester)
        asker = await self._releases.admit(
            session, requester, _PERMISSIONS[interaction], Kind.QUERY, resource=resource
        )
        event = event_for(asker, Kind.QUERY, detail=resource)
        await self._releases.commit(session, requester, self._releases.noted(asker, Intent(event)))
        return asker

    # --- the operator -------------------------------------------------------------------------

    async def _list(self, _: m.ListHospitals) -> m.Reply:
        return m.HospitalList(await self._staff.hospitals())

    async def _describe(self, asked: m.DescribeHospital) -> m.Reply:
        code = _national(asked.national_code)
        return await self._change(
            asked.hospital_code,
            "hospital described",
            lambda record: msgspec.structs.replace(record, national_code=code),
        )

    async def _add_department(self, asked: m.AddDepartment) -> m.Reply:
        change = with_department(asked.name, asked.code)
        return await self._change(asked.hospital_code, "department added", change)

    async def _remove_department(self, asked: m.RemoveDepartment) -> m.Reply:
        change = without_department(asked.name)
        return await self._change(asked.hospital_code, "department removed", change)

    async def _change(self, hospital_code: str, what: str, change: Change) -> m.Reply:
        hospital_id = await self._directory.hospital_by_code(hospital_code)
        apply = self._staff.describing(hospital_id, change)
        await self._ledger.commit(Intent(account_event(what, hospital_id), apply=apply))
        return m.Done(hospital_id)

    async def _number(self, asked: m.NumberAccount) -> m.Reply:
        number = _national(asked.national_number)
        account_id = await self._directory.account_by_name(asked.name)
        if account_id is None:
            raise AccountUnknown(
                "There is no account of this name.", field="name", remedy="Check its spelling."
            )
        _, hospital_id = await self._directory.account(account_id)
        event = account_event("account described", hospital_id, account_id)
        await self._ledger.commit(Intent(event, apply=self._staff.numbering(account_id, number)))
        return m.Done(account_id)


def _national(text: str) -> str:
    """A code or number of the national register; no form of it is published to check it by."""
    plain = text.strip()
    if len(plain) > NATIONAL_CODE_LENGTH_MAX or not (plain.isascii() and plain.isprintable()):
        raise ReasonUnclear(
            f"A national number has at most {NATIONAL_CODE_LENGTH_MAX} letters and digits.",
            field="number",
            remedy="Copy it from the national register.",
        )
    return plain
