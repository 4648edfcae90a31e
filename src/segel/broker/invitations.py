"""Invitations: a link by which a person outside the demo registers their first passkey.

The link's secret has 256 random bits and is shown once, to the operator; the database has its keyed
token only. Who holds a secret is told whether it has run out or was used; any other text is simply
no invitation.
"""

import secrets as random_source
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.errors import SignInFailed
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock

SECRET_BYTES: Final = 32
SECRET_LENGTH_MAX: Final = 64


class InvitationRecord(msgspec.Struct, frozen=True):
    """An invitation as sealed in its row. Times are Unix seconds; ``used_s`` 0: not yet."""

    until_s: int
    used_s: int = 0


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that is good now."""

    token: bytes
    account_id: UUID
    until_s: int


class Invitations:
    """Makes invitations, and lets each be used once."""

    def __init__(
        self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index, clock: Clock
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._clock = clock

    async def replace(
        self, cursor: psycopg.AsyncCursor, account_id: UUID, lifetime_s: int
    ) -> tuple[str, int]:
        """A new invitation's secret and end; an account's earlier ones are over."""
        secret = random_source.token_urlsafe(SECRET_BYTES)
        token = self._index.invitation(secret)
        until_s = int(self._clock()) + lifetime_s
        await self.withdraw(cursor, account_id)
        await cursor.execute(
            "INSERT INTO invitations (invitation_token, account_id, month, sealed)"
            " VALUES (%s, %s, %s, %s)",
            (token, account_id, this_month(), self._seal(token, InvitationRecord(until_s))),
        )
        return secret, until_s

    async def withdraw(self, cursor: psycopg.AsyncCursor, account_id: UUID) -> None:
        """No link to this account is good any more."""
        await cursor.execute("DELETE FROM invitations WHERE account_id = %s", (account_id,))

    async def look(self, secret: str) -> Invited:
        """The invitation behind a link. Raises SignInFailed, saying why it is not good."""
        if len(secret) > SECRET_LENGTH_MAX:
            raise _unknown()
        token = self._index.invitation(secret)
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT account_id, sealed FROM invitations WHERE invitation_token = %s",
                    (token,),
                )
            ).fetchone()
        if row is None:
            raise _unknown()
        record = self._require_good(token, row[1])
        return Invited(token, UUID(str(row[0])), record.until_s)

    async def hold(self, cursor: psycopg.AsyncCursor, invited: Invited) -> InvitationRecord:
        """The invitation, held until the transaction ends. Raises SignInFailed where it is over."""
        await cursor.execute(
            "SELECT sealed FROM invitations WHERE invitation_token = %s FOR UPDATE",
            (invited.token,),
        )
        row = await cursor.fetchone()
        if row is None:
            raise _unknown()
        return self._require_good(invited.token, row[0])

    async def use(
        self, cursor: psycopg.AsyncCursor, invited: Invited, record: InvitationRecord
    ) -> None:
        """Use up what is held."""
        used = msgspec.structs.replace(record, used_s=int(self._clock()))
        await cursor.execute(
            "UPDATE invitations SET sealed = %s WHERE invitation_token = %s",
            (self._seal(invited.token, used), invited.token),
        )

    async def until(self, account_id: UUID) -> int:
        """When the account's open invitation ends, in Unix seconds; 0 where there is none."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT invitation_token, sealed FROM invitations WHERE account_id = %s",
                (account_id,),
            )
            for token, sealed in await rows.fetchall():
                record = self._open(token, sealed)
                if not record.used_s and record.until_s > self._clock():
                    return record.until_s
        return 0

    def _require_good(self, token: bytes, sealed: bytes) -> InvitationRecord:
        record = self._open(token, sealed)
        if record.used_s:
            raise SignInFailed(
                "This invitation was used.",
                field="used",
                remedy="Sign in with the passkey; if it was not you, tell the operator at once.",
            )
        if record.until_s <= self._clock():
            raise SignInFailed(
                "This invitation has run out.",
                field="expired",
                remedy="Ask the operator for a new one.",
            )
        return record

    def _open(self, token: bytes, sealed: bytes) -> InvitationRecord:
        return msgspec.json.decode(
            self._secrets.open_row(_row_id(token), sealed), type=InvitationRecord
        )

    def _seal(self, token: bytes, record: InvitationRecord) -> bytes:
        return self._secrets.seal_row(_row_id(token), msgspec.json.encode(record))


def _row_id(token: bytes) -> UUID:
    return UUID(bytes=token[:16])


def _unknown() -> SignInFailed:
    return SignInFailed(
        "This is no invitation.", field="unknown", remedy="Open the link as it was sent."
    )
