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
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from segel.broker.errors import AlreadyExists, SignInFailed
from segel.broker.index import Index
from segel.broker.messages import Ceremony
from segel.broker.secrets import BrokerSecrets

CEREMONY_S: Final = 300
CEREMONIES_MAX: Final = 10_000
CREDENTIAL_LENGTH_MAX: Final = 64 * 1024


class PasskeyRecord(msgspec.Struct, frozen=True):
    """A registered credential, as sealed in its row."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class _Pending:
    challenge: bytes
    relying_party: str
    origin: str
    account_id: UUID | None
    until_s: float


class Passkeys:
    """Registers passkeys and verifies sign-ins with them."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._pending: dict[str, _Pending] = {}

    def begin_registration(
        self, account_id: UUID, name: str, relying_party: str, origin: str
    ) -> Ceremony:
        """Options for a new discoverable credential of ``account_id``."""
        options = webauthn.generate_registration_options(
            rp_id=relying_party,
            rp_name="Segel",
            user_id=account_id.bytes,
            user_name=name,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        handle = self._remember(options.challenge, relying_party, origin, account_id)
        return Ceremony(webauthn.options_to_json(options), handle)

    async def finish_registration(self, account_id: UUID, handle: str, credential: str) -> None:
        """Verify and keep the credential. Raises SignInFailed, AlreadyExists."""
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
        token = self._index.credential(verified.credential_id)
        record = PasskeyRecord(
            verified.credential_id, verified.credential_public_key, verified.sign_count
        )
        try:
            async with self._pool.connection() as connection:
                await connection.execute(
                    "INSERT INTO passkeys (credential_token, account_id, sealed)"
                    " VALUES (%s, %s, %s)",
                    (token, account_id, self._seal(token, record)),
                )
        except psycopg.errors.UniqueViolation:
            raise AlreadyExists("This passkey is registered already.") from None

    def begin_sign_in(self, relying_party: str, origin: str) -> Ceremony:
        """Options for any discoverable credential: nobody types a name."""
        options = webauthn.generate_authentication_options(
            rp_id=relying_party, user_verification=UserVerificationRequirement.REQUIRED
        )
        handle = self._remember(options.challenge, relying_party, origin, None)
        return Ceremony(webauthn.options_to_json(options), handle)

    async def finish_sign_in(self, handle: str, credential: str) -> UUID:
        """The account whose passkey signed. Raises SignInFailed."""
        pending = self._take(handle)
        text = _bounded(credential)
        try:
            token = self._index.credential(base64url_to_bytes(json.loads(text)["rawId"]))
        except (ValueError, KeyError, TypeError):
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
            known = msgspec.msgpack.decode(
                self._secrets.open_row(_row_id(token), sealed), type=PasskeyRecord
            )
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
            moved = PasskeyRecord(known.credential_id, known.public_key, verified.new_sign_count)
            await connection.execute(
                "UPDATE passkeys SET sealed = %s WHERE credential_token = %s",
                (self._seal(token, moved), token),
            )
        return UUID(str(account_id))

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

    def _seal(self, token: bytes, record: PasskeyRecord) -> bytes:
        return self._secrets.seal_row(_row_id(token), msgspec.msgpack.encode(record))


def _row_id(credential_token: bytes) -> UUID:
    return UUID(bytes=credential_token[:16])


def _bounded(credential: str) -> str:
    if len(credential) > CREDENTIAL_LENGTH_MAX:
        raise _failed()
    return credential


def _failed() -> SignInFailed:
    return SignInFailed("The passkey could not be verified.", remedy="Begin the sign-in again.")
