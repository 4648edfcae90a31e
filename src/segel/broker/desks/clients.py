"""Systems: enrolled by the operator, given short tokens for signed assertions."""

from uuid import UUID

import psycopg

from segel.broker import messages as m
from segel.broker.accounts import Accounts, KnownAccount
from segel.broker.clients import (
    TOKEN_MAX_S,
    TOKEN_MIN_S,
    ClientRecord,
    Clients,
    granted,
    require_keys,
    require_scopes,
    use_once,
)
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.dpop import Proofs
from segel.broker.enrolments import Failures, account_event
from segel.broker.errors import AccountUnknown, AlreadyExists, BrokerError, ClientInvalid
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.messages.clients import ClientLine


class ClientsDesk:
    """Answers the token endpoint, and the operator about systems."""

    def __init__(
        self,
        clients: Clients,
        accounts: Accounts,
        directory: Directory,
        sessions: Sessions,
        proofs: Proofs,
        ledger: Ledger,
        failures: Failures,
    ) -> None:
        self._clients = clients
        self._accounts = accounts
        self._directory = directory
        self._sessions = sessions
        self._proofs = proofs
        self._ledger = ledger
        self._failures = failures

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.AddClient, self._add, OPERATOR_ONLY),
            Offer(m.ChangeClientKeys, self._change_keys, OPERATOR_ONLY),
            Offer(m.ListClients, self._list, OPERATOR_ONLY),
            Offer(m.AskToken, self._ask_token),
        ]

    async def _add(self, asked: m.AddClient) -> m.Reply:
        require_keys(asked.keys)
        token_s = min(max(asked.token_s, TOKEN_MIN_S), TOKEN_MAX_S)
        record = ClientRecord(asked.keys, require_scopes(asked.scopes), asked.bound, token_s)
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        account_id, new = await self._directory.enrol_account(
            asked.name, asked.role, hospital_id, demo=False
        )
        if not new and await self._clients.get(account_id) is None:
            raise AlreadyExists(
                "An account of this name is no system.", field="name", remedy="Choose another."
            )
        await self._write(account_id, hospital_id, record, "system enrolled")
        return m.Done(account_id)

    async def _change_keys(self, asked: m.ChangeClientKeys) -> m.Reply:
        require_keys(asked.keys)
        account, record = await self._named(asked.name)
        changed = ClientRecord(asked.keys, record.scopes, record.bound, record.token_s)
        what = "system's keys changed"
        await self._write(account.account_id, account.hospital_id, changed, what)
        return m.Done(account.account_id)

    async def _write(
        self, account_id: UUID, hospital_id: UUID | None, record: ClientRecord, what: str
    ) -> None:
        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._clients.write(cursor, account_id, record)

        event = account_event(what, hospital_id, account_id)
        await self._ledger.commit(Intent(event, apply=apply))

    async def _named(self, name: str) -> tuple[KnownAccount, ClientRecord]:
        account = await self._accounts.named(name)
        record = await self._clients.get(account.account_id)
        if record is None:
            raise AccountUnknown(
                "The account of this name is no system.",
                field="name",
                remedy="`segel client list` shows them.",
            )
        return account, record

    async def _list(self, _: m.ListClients) -> m.Reply:
        lines = []
        for account in await self._accounts.every():
            record = await self._clients.get(account.account_id) if account.is_client else None
            if record is not None:
                lines.append(_line(account, record))
        return m.ClientList(lines)

    async def _ask_token(self, asked: m.AskToken) -> m.Reply:
        # The proof first: one that lacks the nonce is repeated, with the same assertion.
        jkt = self._proofs.holder(asked.proof) if asked.proof is not None else ""
        account_id: UUID | None = None
        try:
            client = await self._clients.verified(asked.assertion)
            account_id, record = client.account_id, client.record
            account, _ = await self._directory.account(account_id)
            if account.closed_s:
                raise ClientInvalid("The system is closed.", remedy="Ask the operator.")
            if record.bound and not jkt:
                raise ClientInvalid(
                    "This system's tokens are bound to a key; a proof of it is missing.",
                    field="DPoP",
                    remedy="Send a DPoP proof (RFC 9449).",
                )
            scopes = granted(asked.scope, record.scopes)

            async def apply(cursor: psycopg.AsyncCursor) -> None:
                if not await use_once(cursor, client.once):
                    raise ClientInvalid(
                        "The assertion was used before.",
                        field="jti",
                        remedy="Sign a new one for each request.",
                    )

            token = await self._sessions.begin(
                account_id, record.token_s, "client", "token", scopes=scopes, jkt=jkt, apply=apply
            )
        except BrokerError as refusal:
            self._failures.note("client", refusal, "token", account_id)
            raise
        return m.ClientToken(token.token, "DPoP" if jkt else "Bearer", record.token_s, scopes)


def _line(account: KnownAccount, record: ClientRecord) -> ClientLine:
    return ClientLine(
        account.account_id,
        account.record.name,
        account.record.role,
        account.hospital.code if account.hospital else "",
        record.scopes,
        record.bound,
        bool(account.record.closed_s),
        record.token_s,
        list(require_keys(record.keys)),
    )
