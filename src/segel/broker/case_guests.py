"""Guests of a case: invited to one, for a time and a number of looks, and ended at any moment.

A guest is an account of the organisation, made for one case and closed with the invitation's end:
the name has the case's number, so that the same person is another guest of another case.
"""

from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.accounts import Accounts
from segel.broker.case_guest_rows import CaseGuestRows
from segel.broker.case_rows import CaseRows, OpenCaseRow
from segel.broker.case_rules import (
    GUESTS_MAX,
    GuestRecord,
    checked_guest,
    checked_line,
    number_of,
)
from segel.broker.cases import Cases, Deed, by_broker
from segel.broker.directory import Directory
from segel.broker.errors import AlreadyExists, CaseOver, CaseUnclear, GuestUsedUp
from segel.broker.invitations import Invitations
from segel.broker.ledger import Intent, Ledger
from segel.broker.messages import Invitation
from segel.broker.messages.cases import GUEST_DAYS_MAX, InviteGuest
from segel.broker.releases import Asker
from segel.domain.cases import DAY_S, Happening
from segel.domain.roles import Role

INVITATION_S: Final = int(3 * DAY_S)
"""The link is for somebody who waits for it."""


class CaseGuests:
    """Invites, counts and ends guests."""

    def __init__(
        self,
        cases: Cases,
        rows: CaseRows,
        guests: CaseGuestRows,
        directory: Directory,
        accounts: Accounts,
        invitations: Invitations,
        ledger: Ledger,
    ) -> None:
        self._cases = cases
        self._rows = rows
        self._guests = guests
        self._directory = directory
        self._accounts = accounts
        self._invitations = invitations
        self._ledger = ledger

    async def invite(self, asker: Asker, asked: InviteGuest) -> Invitation:
        """A guest, and the link that lets them in. Raises CaseUnclear, CaseOver, AlreadyExists."""
        checked_guest(asked.days, asked.looks, asked.files, GUEST_DAYS_MAX)
        name, body = checked_line(asked.name, "name"), checked_line(asked.body, "body")
        if len(await self._guests.of_case(asked.case_id)) >= GUESTS_MAX:
            raise CaseUnclear(f"A case has at most {GUESTS_MAX} guests.", field="name")
        await self._cases.found(asker, asked.case_id)
        account_id, _ = await self._directory.enrol_account(
            f"{name} ({number_of(asked.case_id)})", Role.CASE_GUEST, asker.hospital_id, demo=False
        )
        before = await self._guests.of_account(account_id)
        if before is not None and not before[1].ended_s:
            raise AlreadyExists(
                "This guest is invited already.",
                field="name",
                remedy="End their access first, or name them otherwise.",
            )
        account = await self._accounts.of(account_id)
        guest_id = before[0] if before else uuid4()
        guest = GuestRecord(
            case_id=asked.case_id,
            account_id=account_id,
            name=name,
            body=body,
            until_s=self._ledger.now() + asked.days * DAY_S,
            looks_max=asked.looks,
            files_max=asked.files,
        )
        made: list[tuple[str, int]] = []

        async def write(cursor: psycopg.AsyncCursor, _: OpenCaseRow) -> None:
            if account.record.closed_s:
                await self._accounts.reopen(cursor, account)
            await self._guests.put(cursor, guest_id, guest)
            made.append(await self._invitations.replace(cursor, account_id, INVITATION_S))

        proven = f"until {int(guest.until_s)} looks {asked.looks} files {asked.files}"
        deed = Deed(Happening.GUEST_INVITED, f"{name}, {body}", guest_id, proven)
        await self._cases.change(asker, asked.case_id, deed, write=write)
        secret, until_s = made[-1]
        return Invitation(account_id, secret, until_s)

    async def end(self, asker: Asker, case_id: UUID, guest_id: UUID) -> None:
        """A guest's access is over. Raises CaseUnknown, CaseOver."""
        guest = dict(await self._guests.of_case(case_id)).get(guest_id)
        if guest is None or guest.ended_s:
            raise CaseOver("There is no such guest, or their access is over.")
        ended: list[UUID] = []

        async def write(cursor: psycopg.AsyncCursor, _: OpenCaseRow) -> None:
            ended[:] = await self._ended(cursor, guest_id, guest)

        deed = Deed(Happening.GUEST_ENDED, f"{guest.name}, {guest.body}", guest_id)
        await self._cases.change(asker, case_id, deed, write=write, of_closed=True)
        self._directory.have_ended(ended)

    async def end_past(self) -> int:
        """End those whose time is over, by the broker; how many."""
        now_s, count = self._ledger.now(), 0
        for guest_id, guest in await self._guests.past(now_s):
            ended: list[UUID] = []

            async def apply(
                cursor: psycopg.AsyncCursor,
                guest_id: UUID = guest_id,
                guest: GuestRecord = guest,
                ended: list[UUID] = ended,
            ) -> None:
                ended[:] = await self._ended(cursor, guest_id, guest)

            event = by_broker(guest.case_id, None, f"{Happening.GUEST_ENDED} {guest_id}")
            await self._ledger.commit(Intent(event, apply=apply, branch=guest.case_id))
            self._directory.have_ended(ended)
            count += 1
        return count

    async def _ended(
        self, cursor: psycopg.AsyncCursor, guest_id: UUID, guest: GuestRecord
    ) -> list[UUID]:
        account = await self._accounts.of(guest.account_id)
        over = msgspec.structs.replace(guest, ended_s=self._ledger.now_s)
        await self._guests.put(cursor, guest_id, over)
        ended = await self._accounts.close(cursor, account)
        await self._directory.announce_ended(cursor, ended)
        return ended

    # --- looking ------------------------------------------------------------------------------

    async def admit(self, asker: Asker) -> tuple[UUID, GuestRecord]:
        """The guest who asks. Raises GuestUsedUp."""
        known = await self._guests.of_account(asker.session.claims.account_id)
        if known is None or known[1].ended_s or known[1].until_s <= self._ledger.now():
            raise _used_up()
        return known

    async def look(self, asker: Asker, case_id: UUID, *, file: UUID | None = None) -> None:
        """Count a look at the case, or at one ``file`` of it. Raises GuestUsedUp."""
        guest_id, known = await self.admit(asker)
        if known.case_id != case_id:
            raise _used_up()

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            guest = await self._guests.held(cursor, guest_id)
            if guest is None or guest.ended_s:
                raise _used_up()
            looked = msgspec.structs.replace(
                guest,
                looks=guest.looks + (file is None),
                files=guest.files + (file is not None),
            )
            if looked.looks > guest.looks_max or looked.files > guest.files_max:
                raise _used_up()
            await self._guests.put(cursor, guest_id, looked)

        await self._cases.log(asker, case_id, Deed(Happening.GUEST_LOOKED, "", file), apply)


def _used_up() -> GuestUsedUp:
    return GuestUsedUp(
        "This access is over: its time, or the number of looks that was agreed.",
        remedy="Ask the organisation that invited you.",
    )
