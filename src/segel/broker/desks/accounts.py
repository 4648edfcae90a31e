"""People outside the demo: enrolled, invited, shown, closed."""

from typing import Final
from uuid import UUID

import psycopg

from segel.broker import messages as m
from segel.broker.accounts import Accounts, KnownAccount
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.enrolments import Failures, account_event
from segel.broker.errors import AlreadyExists, BrokerError, Forbidden, SignInFailed
from segel.broker.invitations import Invitations
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.passkeys import Passkeys
from segel.broker.sessions import PERSON_SESSION_S
from segel.domain.roles import SYSTEM_ROLES, Role

INVITATION_MIN_S: Final = 600
INVITATION_MAX_S: Final = 7 * 86_400
"""A link that lies in a mailbox for longer is somebody else's one day."""


class AccountsDesk:
    """Answers the operator about people, and the people who were invited."""

    def __init__(
        self,
        accounts: Accounts,
        directory: Directory,
        invitations: Invitations,
        passkeys: Passkeys,
        sessions: Sessions,
        ledger: Ledger,
        failures: Failures,
        *,
        idle_s: int,
    ) -> None:
        self._accounts = accounts
        self._directory = directory
        self._invitations = invitations
        self._passkeys = passkeys
        self._sessions = sessions
        self._ledger = ledger
        self._failures = failures
        self._idle_s = idle_s

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.AddAccount, self._add, OPERATOR_ONLY),
            Offer(m.InviteAgain, self._invite_again, OPERATOR_ONLY),
            Offer(m.InvitePatient, self._invite_patient, OPERATOR_ONLY),
            Offer(m.CloseAccount, self._close, OPERATOR_ONLY),
            Offer(m.ListAccounts, self._list, OPERATOR_ONLY),
            Offer(m.ShowAccount, self._show, OPERATOR_ONLY),
            Offer(m.LookInvitation, self._look),
            Offer(m.BeginInvitation, self._begin),
            Offer(m.FinishInvitation, self._finish),
        ]

    # --- the operator -------------------------------------------------------------------------

    async def _add(self, asked: m.AddAccount) -> m.Reply:
        if asked.role in SYSTEM_ROLES:
            raise Forbidden(
                "This role is for devices and systems.",
                field="role",
                remedy="Enrol a device by `segel peer add`, a system by `segel client add`.",
            )
        if asked.role is Role.PATIENT:
            raise Forbidden(
                "A patient's account is made for the patient's record.",
                field="role",
                remedy="Use `segel patient-account add`.",
            )
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        _, new = await self._directory.enrol_account(
            asked.name, asked.role, hospital_id, demo=False
        )
        account = await self._accounts.named(asked.name)
        if not new and (account.passkeys or account.identities):
            raise Forbidden(
                "This account is in use.",
                field="name",
                remedy="A new link to it is made by `segel account reinvite`.",
            )
        _require_person(account)
        what = f"account {asked.role} invited"
        return await self._invite(account, asked.lifetime_s, what)

    async def _invite_again(self, asked: m.InviteAgain) -> m.Reply:
        account = await self._accounts.named(asked.name)
        _require_person(account, may_be_closed=asked.reopen)
        what = "account invited again"
        return await self._invite(account, asked.lifetime_s, what, lost=asked.lost)

    async def _invite_patient(self, asked: m.InvitePatient) -> m.Reply:
        account = await self._accounts.of(asked.account_id)
        _require_person(account)
        if account.record.role is not Role.PATIENT:
            raise Forbidden("This account is not a patient's.", remedy="Use `segel account`.")
        if account.passkeys and not asked.again:
            raise AlreadyExists(
                "The patient signs in by a passkey already.",
                remedy="`segel patient-account reinvite` makes another link; with --lost the"
                " passkeys so far are taken away.",
            )
        what = "account patient invited"
        return await self._invite(account, asked.lifetime_s, what, lost=asked.lost)

    async def _invite(
        self, account: KnownAccount, lifetime_s: int, what: str, *, lost: bool = False
    ) -> m.Invitation:
        """Invite to an account, which is opened again where it was closed. ``lost``: its ways in
        so far are taken away."""
        lifetime_s = min(max(lifetime_s, INVITATION_MIN_S), INVITATION_MAX_S)
        made: list[tuple[str, int]] = []
        ended: list[UUID] = []

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            if account.record.closed_s:
                await self._accounts.reopen(cursor, account)
            if lost:
                ended[:] = await self._accounts.take_ways_in(cursor, account.account_id)
                await self._directory.announce_ended(cursor, ended)
            made.append(await self._invitations.replace(cursor, account.account_id, lifetime_s))

        what += ", ways in taken away" if lost else ""
        event = account_event(what, account.hospital_id, account.account_id)
        await self._ledger.commit(Intent(event, apply=apply))
        self._directory.have_ended(ended)
        secret, until_s = made[-1]
        return m.Invitation(account.account_id, secret, until_s)

    async def _close(self, asked: m.CloseAccount) -> m.Reply:
        account = await self._accounts.named(asked.name)
        ended: list[UUID] = []

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            ended[:] = await self._accounts.close(cursor, account)
            await self._directory.announce_ended(cursor, ended)

        event = account_event("account closed", account.hospital_id, account.account_id)
        await self._ledger.commit(Intent(event, apply=apply))
        self._directory.have_ended(ended)
        return m.Done(account.account_id)

    async def _list(self, _: m.ListAccounts) -> m.Reply:
        return m.AccountsReport([await self._line(one) for one in await self._accounts.every()])

    async def _show(self, asked: m.ShowAccount) -> m.Reply:
        return m.AccountsReport([await self._line(await self._accounts.named(asked.name))])

    async def _line(self, account: KnownAccount) -> m.AccountLine:
        record = account.record
        return m.AccountLine(
            account.account_id,
            record.name,
            record.role,
            account.hospital.code if account.hospital else "",
            _kind(account),
            record.closed_s,
            account.passkeys,
            account.identities,
            await self._invitations.until(account.account_id),
        )

    # --- the invited --------------------------------------------------------------------------

    async def _look(self, asked: m.LookInvitation) -> m.Reply:
        try:
            invited = await self._invitations.look(asked.secret)
        except SignInFailed as refusal:
            self._failures.note("invitation", refusal, "console")
            raise
        record, hospital_id = await self._directory.account(invited.account_id)
        hospital = await self._directory.hospital(hospital_id) if hospital_id else None
        return m.InvitedAs(
            record.name, record.role, hospital.name if hospital else "", invited.until_s
        )

    async def _begin(self, asked: m.BeginInvitation) -> m.Reply:
        invited = await self._invitations.look(asked.secret)
        record, hospital_id = await self._directory.account(invited.account_id)
        hospital = await self._directory.hospital(hospital_id) if hospital_id else None
        # What the person's own device calls the passkey: a patient's account has no name.
        called = record.name or (hospital.name if hospital else "")
        return await self._passkeys.begin_registration(
            invited.account_id, called, asked.relying_party, asked.origin
        )

    async def _finish(self, asked: m.FinishInvitation) -> m.Reply:
        try:
            invited = await self._invitations.look(asked.secret)
            new = self._passkeys.verify_registration(
                invited.account_id, asked.handle, asked.credential, asked.name
            )

            async def apply(cursor: psycopg.AsyncCursor) -> None:
                held = await self._invitations.hold(cursor, invited)
                await self._passkeys.insert(cursor, new)
                await self._invitations.use(cursor, invited, held)

            return await self._sessions.begin(
                invited.account_id,
                PERSON_SESSION_S,
                "invitation",
                "console",
                via=str(new.passkey_id),
                idle_s=self._idle_s,
                apply=apply,
            )
        except BrokerError as refusal:
            self._failures.note("invitation", refusal, "console")
            raise


def _kind(account: KnownAccount) -> str:
    if account.record.demo:
        return "demo"
    return "system" if account.is_client or account.record.role in SYSTEM_ROLES else "person"


def _require_person(account: KnownAccount, *, may_be_closed: bool = False) -> None:
    if _kind(account) != "person":
        raise Forbidden(
            "This account is not a person's outside the demo; nobody is invited to it.",
            field="name",
        )
    if account.record.closed_s and not may_be_closed:
        raise Forbidden(
            "This account is closed.",
            field="name",
            remedy="`segel account reinvite NAME --reopen` opens it again.",
        )
