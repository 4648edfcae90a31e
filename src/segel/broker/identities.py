"""Who an account is at an OpenID provider: linked by the operator or by the account's owner."""

from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.errors import AlreadyExists, Forbidden, SignInFailed
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock

IDENTITIES_MAX: Final = 10
"""Of one account."""


class IdentityRecord(msgspec.Struct, frozen=True):
    """A link as sealed in its row. Times are Unix seconds; ``used_s`` 0: not yet."""

    provider: str
    added_s: int
    used_s: int = 0


class Identities:
    """Links accounts to subjects of providers, by keyed tokens of issuer and subject."""

    def __init__(
        self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index, clock: Clock
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._clock = clock

    def token(self, issuer: str, claim: str, subject: str) -> bytes:
        """What stands for somebody at a provider."""
        return self._index.identity(issuer, claim, subject)

    async def insert(
        self, cursor: psycopg.AsyncCursor, token: bytes, account_id: UUID, provider: str
    ) -> None:
        """Link. Raises AlreadyExists where the identity is linked, writing nothing."""
        record = IdentityRecord(provider, int(self._clock()))
        await cursor.execute(
            "SELECT account_id FROM identities WHERE identity_token = %s OR account_id = %s",
            (token, account_id),
        )
        if len(await cursor.fetchall()) >= IDENTITIES_MAX:
            raise Forbidden("The account has too many identities.", remedy="Unlink one.")
        await cursor.execute(
            "INSERT INTO identities (identity_token, account_id, sealed) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (token, account_id, self._seal(token, record)),
        )
        if cursor.rowcount == 0:
            raise AlreadyExists(
                "This identity is linked to an account.",
                field="subject",
                remedy="Sign in with it, or unlink it there first.",
            )

    async def use(self, token: bytes) -> tuple[UUID, UUID]:
        """The account of an identity, and the id its owner sees. Raises SignInFailed."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT account_id, sealed FROM identities WHERE identity_token = %s"
                    " FOR UPDATE",
                    (token,),
                )
            ).fetchone()
            if row is None:
                raise SignInFailed(
                    "This identity is linked to no account.",
                    field="unlinked",
                    remedy="Sign in with a passkey and link it on the account page.",
                )
            used = msgspec.structs.replace(self._open(token, row[1]), used_s=int(self._clock()))
            await connection.execute(
                "UPDATE identities SET sealed = %s WHERE identity_token = %s",
                (self._seal(token, used), token),
            )
        return UUID(str(row[0])), _row_id(token)

    async def of_account(self, account_id: UUID) -> dict[UUID, IdentityRecord]:
        """An account's identities, by the ids that its owner sees."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT identity_token, sealed FROM identities WHERE account_id = %s",
                (account_id,),
            )
            return {
                _row_id(token): self._open(token, sealed) for token, sealed in await rows.fetchall()
            }

    async def remove(
        self, cursor: psycopg.AsyncCursor, account_id: UUID, identity_id: UUID, *, last: bool
    ) -> None:
        """Unlink; the ``last`` only where that is said.

        Raises SignInFailed for no such one, Forbidden for the last; then nothing was written.
        """
        await cursor.execute(
            "SELECT identity_token FROM identities WHERE account_id = %s FOR UPDATE", (account_id,)
        )
        tokens = {_row_id(row[0]): row[0] for row in await cursor.fetchall()}
        if identity_id not in tokens:
            raise SignInFailed("This account has no such identity.", remedy="Load the page again.")
        if len(tokens) == 1 and not last:
            raise Forbidden(
                "This is the only way into the account.", remedy="Register a passkey first."
            )
        await cursor.execute(
            "DELETE FROM identities WHERE identity_token = %s", (tokens[identity_id],)
        )

    def _open(self, token: bytes, sealed: bytes) -> IdentityRecord:
        return msgspec.json.decode(
            self._secrets.open_row(_row_id(token), sealed), type=IdentityRecord
        )

    def _seal(self, token: bytes, record: IdentityRecord) -> bytes:
        return self._secrets.seal_row(_row_id(token), msgspec.json.encode(record))


def _row_id(token: bytes) -> UUID:
    return UUID(bytes=token[:16])
