"""Senders of HL7 messages: enrolled and removed by the operator, let in as DIMSE peers are."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

import psycopg

from segel.broker import messages as m
from segel.broker.accounts import Accounts, KnownAccount
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.enrolments import account_event
from segel.broker.errors import SenderUnknown
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.machines import require_shown
from segel.broker.messages.senders import SenderLine
from segel.broker.senders import SenderRecord, Senders
from segel.broker.sessions import PEER_SESSION_S
from segel.domain.roles import Role

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]

METHOD: Final = "hl7-sender"
"""How such a session's holder was recognised, in lists of sessions and in the log."""


class SendersDesk:
    """Answers the operator about senders, and the door that they come in by."""

    def __init__(
        self,
        senders: Senders,
        accounts: Accounts,
        directory: Directory,
        sessions: Sessions,
        ledger: Ledger,
    ) -> None:
        self._senders = senders
        self._accounts = accounts
        self._directory = directory
        self._sessions = sessions
        self._ledger = ledger

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.EnrolSender, self._enrol, OPERATOR_ONLY),
            Offer(m.RemoveSender, self._remove, OPERATOR_ONLY),
            Offer(m.ListSenders, self._list, OPERATOR_ONLY),
            Offer(m.OpenSender, self._open),
        ]

    async def _enrol(self, asked: m.EnrolSender) -> m.Reply:
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        name = f"HL7 {asked.application} {asked.facility} ({asked.hospital_code})"
        account_id, _ = await self._directory.enrol_account(
            name, Role.HOSPITAL_SYSTEM, hospital_id, demo=False
        )
        sender = SenderRecord(
            application=asked.application,
            facility=asked.facility,
            account_id=account_id,
            hospital_id=hospital_id,
            authorities=asked.authorities,
            keys=asked.keys,
        )
        if await self._senders.known(asked.application, asked.facility) == sender:
            return m.Done(account_id)
        account = await self._accounts.named(name)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._senders.put(cursor, sender)
            if account.record.closed_s:
                await self._accounts.reopen(cursor, account)

        await self._commit("hl7 sender", account, apply_first=apply)
        return m.Done(account_id)

    async def _remove(self, asked: m.RemoveSender) -> m.Reply:
        sender = await self._senders.get(asked.application, asked.facility)
        record, _ = await self._directory.account(sender.account_id)
        account = await self._accounts.named(record.name)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._senders.delete(cursor, sender)
            await self._accounts.close(cursor, account)

        await self._commit("hl7 sender removed", account, apply_first=apply)
        return m.Done(sender.account_id)

    async def _commit(self, what: str, account: KnownAccount, *, apply_first: Apply) -> None:
        """A change, in the log, with the end of the sender's sessions: what they were opened by
        does not hold any more."""
        ended: list[UUID] = []

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            ended[:] = await self._accounts.end_sessions(cursor, account.account_id)
            await apply_first(cursor)
            await self._directory.announce_ended(cursor, ended)

        event = account_event(what, account.hospital_id, account.account_id)
        await self._ledger.commit(Intent(event, apply=apply))
        self._directory.have_ended(ended)

    async def _list(self, _: m.ListSenders) -> m.Reply:
        return m.SenderList([await self._line(one) for one in await self._senders.every()])

    async def _line(self, sender: SenderRecord) -> SenderLine:
        hospital = await self._directory.hospital(sender.hospital_id)
        return SenderLine(
            sender.application, sender.facility, hospital.code, sender.authorities, sender.keys
        )

    async def _open(self, asked: m.OpenSender) -> m.Reply:
        sender = await self._senders.get(asked.application, asked.facility)
        require_shown(sender.keys, asked.key, SenderUnknown, "sender", "hl7")
        hospital = await self._directory.hospital(sender.hospital_id)
        begun = await self._sessions.begin(
            sender.account_id, PEER_SESSION_S, METHOD, f"hl7 {asked.address}"
        )
        return m.OpenedSender(
            begun.token, begun.expires_s, sender.hospital_id, hospital.code, sender.authorities
        )
