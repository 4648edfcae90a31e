"""The keys that only the broker holds, wrapped by the KMS in the ``broker_secrets`` table."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.broker.generations import Generations
from segel.broker.keyring import Keyring, label_of
from segel.keys import KekUnknown, PlainKey, WrapBroken, WrappedKey
from segel.sealing import KEY_BYTES, ObjectContext, seal, unseal

BROKER_KEK: Final = "broker"
NOBODY: Final = UUID(int=0)
"""Stands where a patient would, in what is sealed but belongs to no patient."""


class SecretId(IntEnum):
    INDEX = 1
    TOKEN_SIGNING = 2
    LOG_SIGNING = 3
    SYSTEM = 4


@dataclass(frozen=True, slots=True)
class BrokerSecrets:
    """Opened secrets. ``index`` keys the tokens; ``system`` seals accounts, budgets, sessions."""

    index: bytes = field(repr=False)
    system: bytes = field(repr=False)
    token_signing: Ed25519PrivateKey = field(repr=False)
    log_signing: Ed25519PrivateKey = field(repr=False)

    def seal_row(self, row_id: UUID, plaintext: bytes) -> bytes:
        """Seal a row of no patient under the system key, bound to the row's id."""
        return bytes(seal(self.system, ObjectContext(NOBODY, row_id, 1), plaintext))

    def raw(self) -> dict[int, bytes]:
        """The secrets themselves, for the escrow."""
        return {
            SecretId.INDEX: self.index,
            SecretId.SYSTEM: self.system,
            SecretId.TOKEN_SIGNING: self.token_signing.private_bytes_raw(),
            SecretId.LOG_SIGNING: self.log_signing.private_bytes_raw(),
        }

    def open_row(self, row_id: UUID, sealed: bytes) -> bytes:
        """Open what ``seal_row`` made. Raises SealBroken."""
        return unseal(self.system, ObjectContext(NOBODY, row_id, 1), sealed)


async def load_secrets(
    connection: psycopg.AsyncConnection,
    generations: Generations,
    kept: Mapping[int, bytes] | None = None,
) -> tuple[Keyring, BrokerSecrets]:
    """The open KMSs and the secrets, minted in an empty database. Raises KmsError.

    Several brokers may start at once on an empty database: the first insert wins, all read it.
    ``kept``: the secrets as the wrapped keys' backup has them, for a database that was restored
    from before their KEK was rotated or moved.
    """
    stored = await _read(connection)
    newest = max(
        (label_of(one)[0] for one in (*stored.values(), *(kept or {}).values())), default=0
    )
    opened = await asyncio.to_thread(generations.open_all, newest)
    keyring = Keyring(opened, generations.open_one)
    if not stored:
        minted = await asyncio.to_thread(_minted, keyring)
        async with connection.transaction():
            for secret_id, made in minted.items():
                await connection.execute(
                    "INSERT INTO broker_secrets (secret_id, wrapped) VALUES (%s, %s)"
                    " ON CONFLICT DO NOTHING",
                    (secret_id, made),
                )
        stored = await _read(connection)
    try:
        return keyring, await asyncio.to_thread(_opened, keyring, stored)
    except (WrapBroken, KekUnknown):
        if not kept or set(kept) != set(SecretId) or _newest(kept) <= _newest(stored):
            raise
    return keyring, await asyncio.to_thread(_opened, keyring, kept)


def _minted(keyring: Keyring) -> Mapping[int, bytes]:
    """New secrets, wrapped."""
    keyring.create_kek(BROKER_KEK)
    return wrap_secrets(keyring, {one: os.urandom(KEY_BYTES) for one in SecretId})


def _opened(keyring: Keyring, stored: Mapping[int, bytes]) -> BrokerSecrets:
    items = [WrappedKey(BROKER_KEK, stored[one], _context(one)) for one in SecretId]
    return secrets_of(dict(zip(SecretId, keyring.unwrap_many(items), strict=True)))


def secrets_of(keys: Mapping[int, bytes]) -> BrokerSecrets:
    """What ``BrokerSecrets.raw`` gave."""
    return BrokerSecrets(
        index=keys[SecretId.INDEX],
        system=keys[SecretId.SYSTEM],
        token_signing=Ed25519PrivateKey.from_private_bytes(keys[SecretId.TOKEN_SIGNING]),
        log_signing=Ed25519PrivateKey.from_private_bytes(keys[SecretId.LOG_SIGNING]),
    )


def wrap_secrets(keyring: Keyring, keys: Mapping[int, bytes]) -> dict[int, bytes]:
    """The secrets wrapped in a KMS, as the database has them."""
    plain = [PlainKey(BROKER_KEK, key, _context(at)) for at, key in keys.items()]
    return dict(zip(keys, keyring.wrap_many(plain), strict=True))


async def rewrap_secrets(
    connection: psycopg.AsyncConnection, keyring: Keyring, newest: bytes
) -> None:
    """Wrap anew the secrets that are below the label ``newest``, all or none. Raises KmsError."""
    stored = await _read(connection)
    due = [at for at, wrapped in stored.items() if label_of(wrapped) < newest]
    items = [WrappedKey(BROKER_KEK, stored[at], _context(at)) for at in due]
    renewed = await asyncio.to_thread(keyring.renew_many, items)
    async with connection.transaction():
        for at, wrapped in zip(due, renewed, strict=True):
            await connection.execute(
                "UPDATE broker_secrets SET wrapped = %s WHERE secret_id = %s AND wrapped = %s",
                (wrapped, at, stored[at]),
            )


async def secrets_below(connection: psycopg.AsyncConnection, label: bytes) -> int:
    """How many secrets are wrapped below a label."""
    return sum(wrapped < label for wrapped in (await _read(connection)).values())


async def replace_secrets(cursor: psycopg.AsyncCursor, kept: Mapping[int, bytes]) -> None:
    """Put the secrets of the wrapped keys' backup in the place of older ones."""
    for secret_id, wrapped in kept.items():
        await cursor.execute(
            "UPDATE broker_secrets SET wrapped = %s WHERE secret_id = %s"
            " AND substring(wrapped FROM 1 FOR 5) < substring(%s::bytea FROM 1 FOR 5)",
            (wrapped, secret_id, wrapped),
        )


def _newest(stored: Mapping[int, bytes]) -> bytes:
    return max(label_of(wrapped) for wrapped in stored.values())


async def _read(connection: psycopg.AsyncConnection) -> Mapping[int, bytes]:
    rows = await connection.execute("SELECT secret_id, wrapped FROM broker_secrets")
    return dict(await rows.fetchall())


def _context(secret_id: int) -> bytes:
    return b"segel broker secret " + bytes([secret_id])
