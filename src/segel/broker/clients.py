"""Systems that come in by ``private_key_jwt``: their keys and scopes, and the assertions they sign.

RFC 7523 § 3, as SMART Backend Services narrows it: an assertion is for this token endpoint, lives
for five minutes at most and is good once, over all brokers.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from joserfc.jwk import ECKey
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.errors import ClientInvalid, Forbidden, ScopeRefused
from segel.broker.index import Index
from segel.broker.jose import JwtBroken, read_key_set, text_of, time_of, unverified, verify
from segel.broker.secrets import BrokerSecrets
from segel.domain import scopes as smart
from segel.domain.clock import Clock

ALGORITHMS: Final = frozenset({"ES384", "RS384", "EdDSA", "Ed25519"})
"""ES384 and RS384 are SMART's own; Ed25519 for those who choose freely."""

ASSERTION_S: Final = 300
SKEW_S: Final = 30
TOKEN_MIN_S: Final = 60
TOKEN_MAX_S: Final = 900


class ClientRecord(msgspec.Struct, frozen=True):
    """A system as sealed in its row. ``keys``: its JWK Set. ``bound``: by DPoP, always."""

    keys: bytes
    scopes: str
    bound: bool = False
    token_s: int = 300


@dataclass(frozen=True, slots=True)
class Asserted:
    """A system whose assertion holds; ``once``: the token that makes it good for one use."""

    account_id: UUID
    record: ClientRecord
    once: bytes


class Clients:
    """Keeps systems, and verifies what they assert. ``endpoints``: how they name the address."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        endpoints: tuple[str, ...],
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._endpoints = endpoints
        self._clock = clock

    async def write(
        self, cursor: psycopg.AsyncCursor, account_id: UUID, record: ClientRecord
    ) -> None:
        """Keep a system under its account."""
        sealed = self._secrets.seal_row(account_id, msgspec.msgpack.encode(record))
        await cursor.execute(
            "INSERT INTO clients (account_id, sealed) VALUES (%s, %s)"
            " ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed",
            (account_id, sealed),
        )

    async def get(self, account_id: UUID) -> ClientRecord | None:
        """The system of an account, where it is one."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT sealed FROM clients WHERE account_id = %s", (account_id,)
                )
            ).fetchone()
        if row is None:
            return None
        return msgspec.msgpack.decode(self._secrets.open_row(account_id, row[0]), type=ClientRecord)

    async def verified(self, assertion: str) -> Asserted:
        """Whose assertion this is. Raises ClientInvalid; what does not hold is its ``field``."""
        try:
            account_id = UUID(text_of(unverified(assertion), "iss", 64))
        except (JwtBroken, ValueError):
            raise _invalid("client_assertion") from None
        record = await self.get(account_id)
        if record is None:
            raise _invalid("iss")
        try:
            _, claims = verify(assertion, read_key_set(record.keys), ALGORITHMS)
            jti = self._require(claims, str(account_id))
        except JwtBroken as broken:
            raise _invalid(broken.field or "client_assertion") from None
        return Asserted(account_id, record, self._index.once(f"assertion {account_id}", jti))

    def _require(self, claims: dict[str, Any], client_id: str) -> str:
        """The id of an assertion whose claims hold. Raises JwtBroken."""
        for name in ("iss", "sub"):
            if text_of(claims, name, 64) != client_id:
                raise JwtBroken("The assertion is another's.", field=name)
        audience = claims.get("aud")
        if isinstance(audience, list) and len(audience) == 1:
            audience = audience[0]
        if audience not in self._endpoints:
            raise JwtBroken("The assertion is for another address.", field="aud")
        now_s, until_s = self._clock(), time_of(claims, "exp")
        if not now_s - SKEW_S < until_s <= now_s + ASSERTION_S + SKEW_S:
            raise JwtBroken("The assertion has run out, or lives for too long.", field="exp")
        if "nbf" in claims and time_of(claims, "nbf") > now_s + SKEW_S:
            raise JwtBroken("The assertion is not yet good.", field="nbf")
        return text_of(claims, "jti", 256)


async def use_once(cursor: psycopg.AsyncCursor, once: bytes) -> bool:
    """Whether this is the first use, over all brokers; writes nothing where it is not."""
    await cursor.execute(
        "INSERT INTO used_once (once_token, month) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (once, this_month()),
    )
    return cursor.rowcount == 1


def require_keys(document: bytes) -> tuple[str, ...]:
    """The names of the keys in a set that a system can be enrolled with. Raises Forbidden."""
    try:
        keys = read_key_set(document)
    except JwtBroken as broken:
        raise Forbidden(broken.what, field=broken.field, remedy=broken.remedy) from None
    if any(isinstance(one.key, ECKey) and one.key.curve_name != "P-384" for one in keys):
        raise Forbidden(
            "A key is of a curve that systems do not sign with here.",
            field="crv",
            remedy="Use P-384 (ES384), Ed25519 (EdDSA) or RSA (RS384).",
        )
    return tuple(one.kid or one.key.thumbprint() for one in keys)


def require_scopes(text: str) -> str:
    """Scopes that a system can be enrolled for, in their one form. Raises ScopeRefused."""
    scopes = parsed(text)
    if scopes.launch or any(
        scope.context is not smart.Context.SYSTEM or scope.query for scope in scopes.clinical
    ):
        raise ScopeRefused(
            "A system has scopes of its own only, and none with a query.",
            field="scope",
            remedy="Write for example system/ImagingStudy.rs.",
        )
    return str(scopes)


def granted(asked: str, enrolled: str) -> str:
    """What of the enrolled scopes is asked for; all where nothing is. Raises ScopeRefused."""
    if not asked.strip():
        return enrolled
    scopes = parsed(asked)
    if scopes.beyond(parsed(enrolled)):
        raise ScopeRefused(
            "The system is not enrolled for these scopes.",
            field="scope",
            remedy="Ask for fewer, or have the operator enrol it for more.",
        )
    return str(scopes)


def parsed(text: str) -> smart.Scopes:
    """SMART scopes. Raises ScopeRefused."""
    try:
        return smart.parse(text)
    except smart.ScopeInvalid as invalid:
        raise ScopeRefused(invalid.what, field="scope", remedy=invalid.remedy) from None


def _invalid(field: str) -> ClientInvalid:
    return ClientInvalid(
        "The system could not be recognised by its assertion.",
        field=field,
        remedy="Sign with an enrolled key; see the guide, Systems.",
    )
