"""Passkeys (WebAuthn Level 3): the broker itself checks the signature, the gateway only carries it.

Ceremonies live in memory for some minutes: a restart ends those under way, and the browser begins
anew.
"""

import json
import secrets as random_source
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
import psycopg
import webauthn
from psycopg_pool import AsyncConnectionPool
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from segel.broker.errors import AlreadyExists, Forbidden, SignInFailed
from segel.broker.index import Index
from segel.broker.messages import Ceremony
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock

CEREMONY_S: Final = 300
CEREMONIES_MAX: Final = 10_000
CREDENTIAL_LENGTH_MAX: Final = 64 * 1024
NAME_LENGTH_MAX: Final = 60
"""Of a passkey's name: it has to fit a line on a phone."""


class PasskeyRecord(msgspec.Struct, frozen=True):
    """A registered credential, as sealed in its row. ``name`` is its owner's word for it."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str = ""
    added_s: int = 0
    used_s: int = 0


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A credential that was verified and is about to be kept."""

    account_id: UUID
    token: bytes
    record: PasskeyRecord

    @property
    def passkey_id(self) -> UUID:
        """The id that its owner sees."""
        return _row_id(self.token)


@dataclass(frozen=True, slots=True)
class _Pending:
    challenge: bytes
    relying_party: str
    origin: str
    account_id: UUID | None
    until_s: float


class Passkeys:
    """Registers passkeys and verifies sign-ins with them."""

    def __init__(
        self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index, clock: Clock
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._clock = clock
        self._pending: dict[str, _Pending] = {}

    async def begin_registration(
        self, account_id: UUID, name: str, relying_party: str, origin: str
    ) -> Ceremony:
        """Options for a new discoverable credential of ``account_id``."""
        known = await self.of_account(account_id)
        options = webauthn.generate_registration_options(
            rp_id=relying_party,
            rp_name="Segel",
            user_id=account_id.bytes,
            user_name=name,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(record.credential_id) for record in known.values()
            ],
        )
        handle = self._remember(options.challenge, relying_party, origin, account_id)
        return Ceremony(webauthn.options_to_json(options), handle)

    def verify_registration(
        self, account_id: UUID, handle: str, credential: str, name: str
    ) -> NewPasskey:
        """The credential that was made in a ceremony. Raises SignInFailed."""
        pending = self._take(handle)
        if pending.account_id != account_id:
            raise _failed()
        try:
            verified = webauthn.verify_registration_response(
                credential=_bounded(credential),
                expected_challenge=pending.challenge,
                expected_rp_id=pending.relying_party,
                expected_origin=pending.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise _failed() from None
        now_s = int(self._clock())
        record = PasskeyRecord(
            verified.credential_id,
            verified.credential_public_key,
            verified.sign_count,
            name.strip()[:NAME_LENGTH_MAX],
            now_s,
            now_s,
        )
        return NewPasskey(account_id, self._index.credential(verified.credential_id), record)

    async def insert(self, cursor: psycopg.AsyncCursor, new: NewPasskey) -> None:
        """Keep a verified credential. Raises AlreadyExists, before anything was written."""
        await cursor.execute(
            "INSERT INTO passkeys (credential_token, account_id, sealed) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (new.token, new.account_id, self._seal(new.token, new.record)),
        )
        if cursor.rowcount == 0:
            raise AlreadyExists("This passkey is registered.", remedy="Sign in with it.")

    async def of_account(self, account_id: UUID) -> dict[UUID, PasskeyRecord]:
        """An account's passkeys, oldest first, by the ids that its owner sees."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT credential_token, sealed FROM passkeys WHERE account_id = %s",
                    (account_id,),
                )
            ).fetchall()
        known = {_row_id(token): self._open(token, sealed) for token, sealed in rows}
        return dict(sorted(known.items(), key=lambda one: one[1].added_s))

    async def rename(self, account_id: UUID, passkey_id: UUID, name: str) -> None:
        """Give one of an account's passkeys another name. Raises SignInFailed for no such one."""
        token, record = await self._owned(account_id, passkey_id)
        renamed = msgspec.structs.replace(record, name=name.strip()[:NAME_LENGTH_MAX])
        async with self._pool.connection() as connection:
            await connection.execute(
                "UPDATE passkeys SET sealed = %s WHERE credential_token = %s",
                (self._seal(token, renamed), token),
            )

    async def remove(
        self, cursor: psycopg.AsyncCursor, account_id: UUID, passkey_id: UUID, *, last: bool
    ) -> None:
        """Forget one of an account's passkeys; the ``last`` only where that is said.

        Raises SignInFailed for no such one, Forbidden for the last; then nothing was written.
        """
        await cursor.execute(
            "SELECT credential_token FROM passkeys WHERE account_id = %s FOR UPDATE", (account_id,)
        )
        tokens = {_row_id(row[0]): row[0] for row in await cursor.fetchall()}
        if passkey_id not in tokens:
            raise _unknown()
        if len(tokens) == 1 and not last:
            raise Forbidden(
                "This is the only way into the account.",
                remedy="Register another passkey first.",
            )
        await cursor.execute(
            "DELETE FROM passkeys WHERE credential_token = %s", (tokens[passkey_id],)
        )

    async def _owned(self, account_id: UUID, passkey_id: UUID) -> tuple[bytes, PasskeyRecord]:
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT credential_token, sealed FROM passkeys WHERE account_id = %s",
                (account_id,),
            )
            for token, sealed in await rows.fetchall():
                if _row_id(token) == passkey_id:
                    return token, self._open(token, sealed)
        raise _unknown()

    def begin_sign_in(self, relying_party: str, origin: str) -> Ceremony:
        """Options for any discoverable credential: nobody types a name."""
        options = webauthn.generate_authentication_options(
            rp_id=relying_party, user_verification=UserVerificationRequirement.REQUIRED
        )
        handle = self._remember(options.challenge, relying_party, origin, None)
        return Ceremony(webauthn.options_to_json(options), handle)

    async def finish_sign_in(self, handle: str, credential: str) -> tuple[UUID, UUID]:
        """The account whose passkey signed, and which it was. Raises SignInFailed."""
        pending = self._take(handle)
        text = _bounded(credential)
        try:
            token = self._index.credential(base64url_to_bytes(json.loads(text)["rawId"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise _failed() from None
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT account_id, sealed FROM passkeys WHERE credential_token = %s"
                    " FOR UPDATE",
                    (token,),
                )
            ).fetchone()
            if row is None:
                raise _failed()
            account_id, sealed = row
            known = self._open(token, sealed)
            try:
                verified = webauthn.verify_authentication_response(
                    credential=text,
                    expected_challenge=pending.challenge,
                    expected_rp_id=pending.relying_party,
                    expected_origin=pending.origin,
                    credential_public_key=known.public_key,
                    credential_current_sign_count=known.sign_count,
                    require_user_verification=True,
                )
            except (WebAuthnException, ValueError, KeyError, TypeError):
                raise _failed() from None
            moved = msgspec.structs.replace(
                known, sign_count=verified.new_sign_count, used_s=int(self._clock())
            )
            await connection.execute(
                "UPDATE passkeys SET sealed = %s WHERE credential_token = %s",
                (self._seal(token, moved), token),
            )
        return UUID(str(account_id)), _row_id(token)

    def _remember(
        self, challenge: bytes, relying_party: str, origin: str, account_id: UUID | None
    ) -> str:
        now_s = time.monotonic()
        self._pending = {
            handle: pending for handle, pending in self._pending.items() if pending.until_s > now_s
        }
        if len(self._pending) >= CEREMONIES_MAX:
            raise SignInFailed("Too many sign-ins are under way.", remedy="Try again in a minute.")
        handle = random_source.token_urlsafe(24)
        self._pending[handle] = _Pending(
            challenge, relying_party, origin, account_id, now_s + CEREMONY_S
        )
        return handle

    def _take(self, handle: str) -> _Pending:
        pending = self._pending.pop(handle, None)
        if pending is None or pending.until_s < time.monotonic():
            raise _failed()
        return pending

    def _open(self, token: bytes, sealed: bytes) -> PasskeyRecord:
        return msgspec.msgpack.decode(
            self._secrets.open_row(_row_id(token), sealed), type=PasskeyRecord
        )

    def _seal(self, token: bytes, record: PasskeyRecord) -> bytes:
        return self._secrets.seal_row(_row_id(token), msgspec.msgpack.encode(record))


def _row_id(credential_token: bytes) -> UUID:
    return UUID(bytes=credential_token[:16])


def _bounded(credential: str) -> str:
    if len(credential) > CREDENTIAL_LENGTH_MAX:
        raise _failed()
    return credential


def _unknown() -> SignInFailed:
    return SignInFailed("This account has no such passkey.", remedy="Load the page again.")


def _failed() -> SignInFailed:
    return SignInFailed("The passkey could not be verified.", remedy="Begin the sign-in again.")
