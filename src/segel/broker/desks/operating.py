"""The broker's state, and what its operator enrols."""

import asyncio
from typing import Final
from uuid import UUID

from segel.broker import messages as m
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory, PeerRecord
from segel.broker.enrolments import account_event
from segel.broker.errors import Forbidden, keys_locked
from segel.broker.keyring import Keyring
from segel.broker.kms_watch import KmsWatch
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.publisher import Publisher
from segel.domain.roles import SYSTEM_ROLES, Role
from segel.keys import KmsError

TOKEN_LIFETIME_MAX_S: Final = 366 * 86_400


class OperatingDesk:
    """Answers the command line on the server, and whoever asks how the broker is."""

    def __init__(
        self,
        kms: Keyring,
        watch: KmsWatch,
        directory: Directory,
        sessions: Sessions,
        ledger: Ledger,
        publisher: Publisher,
        *,
        demo: bool,
    ) -> None:
        self._kms = kms
        self._watch = watch
        self._directory = directory
        self._sessions = sessions
        self._ledger = ledger
        self._publisher = publisher
        self._demo = demo

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.Hello, self._status),
            Offer(m.EnrolHospital, self._enrol_hospital, OPERATOR_ONLY),
            Offer(m.EnrolAccount, self._enrol_account, OPERATOR_ONLY),
            Offer(m.EnrolPeer, self._enrol_peer, OPERATOR_ONLY),
            Offer(m.IssueToken, self._issue_token, OPERATOR_ONLY),
        ]

    async def _status(self, _: m.Hello) -> m.Reply:
        kms = self._watch.state
        return m.Status(
            ready=not kms.trouble,
            kms=kms.adapter,
            kms_sealed=kms.sealed,
            log_size=await self._publisher.log_size(),
            log_vkey=self._publisher.vkey,
            demo=self._demo,
            kms_trouble=kms.trouble,
        )

    async def _enrol_hospital(self, asked: m.EnrolHospital) -> m.Reply:
        hospital_id, new = await self._directory.enrol_hospital(asked.code, asked.name)
        hospital = await self._directory.hospital(hospital_id)
        # Always: a crash may have come between the row and its KEK.
        try:
            await asyncio.to_thread(self._kms.create_kek, hospital.kek_id)
        except KmsError as failure:
            raise keys_locked(failure) from failure
        if new:
            await self._log_enrolment("hospital", hospital_id)
        return m.Done(hospital_id)

    async def _enrol_account(self, asked: m.EnrolAccount) -> m.Reply:
        if asked.demo and not self._demo:
            raise Forbidden("Demo accounts are for demo mode only.", remedy="Start with --demo.")
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        account_id, new = await self._directory.enrol_account(
            asked.name, asked.role, hospital_id, demo=asked.demo
        )
        if new:
            await self._log_enrolment(f"account {asked.role}", hospital_id, account_id)
        return m.Done(account_id)

    async def _enrol_peer(self, asked: m.EnrolPeer) -> m.Reply:
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        account_id, new = await self._directory.enrol_account(
            f"{asked.ae_title} ({asked.hospital_code})", Role.MODALITY, hospital_id, demo=False
        )
        await self._directory.enrol_peer(
            PeerRecord(
                asked.ae_title,
                asked.called_ae_title,
                account_id,
                hospital_id,
                asked.host,
                asked.port,
                asked.keys,
            )
        )
        if new:
            await self._log_enrolment("peer", hospital_id, account_id)
        return m.Done(account_id)

    async def _issue_token(self, asked: m.IssueToken) -> m.Reply:
        account, _ = await self._directory.account(asked.account_id)
        if account.role not in SYSTEM_ROLES and not self._demo:
            raise Forbidden(
                "A person signs in with a passkey; tokens are for systems.",
                remedy="Register a passkey for this account.",
            )
        lifetime_s = min(asked.lifetime_s, TOKEN_LIFETIME_MAX_S)
        return await self._sessions.begin(asked.account_id, lifetime_s, "issued", "operator")

    async def _log_enrolment(
        self, what: str, hospital_id: UUID, account_id: UUID | None = None
    ) -> None:
        await self._ledger.commit(Intent(account_event(what, hospital_id, account_id)))
