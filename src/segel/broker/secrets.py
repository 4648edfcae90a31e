"""The keys that only the broker holds, wrapped by the KMS in the ``broker_secrets`` table."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.keys import Kms
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

    def open_row(self, row_id: UUID, sealed: bytes) -> bytes:
        """Open what ``seal_row`` made. Raises SealBroken."""
        return unseal(self.system, ObjectContext(NOBODY, row_id, 1), sealed)


async def load_secrets(connection: psycopg.AsyncConnection, kms: Kms) -> BrokerSecrets:
    """Unwrap the secrets, minting them in an empty database. Raises KmsError.

    Several brokers may start at once on an empty database: the first insert wins, all read it.
    """
    if not await _read(connection):
        kms.create_kek(BROKER_KEK)
        async with connection.transaction():
            for secret_id in SecretId:
                await connection.execute(
                    "INSERT INTO broker_secrets (secret_id, wrapped) VALUES (%s, %s)"
                    " ON CONFLICT DO NOTHING",
                    (secret_id, kms.wrap(BROKER_KEK, os.urandom(KEY_BYTES), _context(secret_id))),
                )
    wrapped = await _read(connection)
    keys = {
        secret_id: kms.unwrap(BROKER_KEK, wrapped[secret_id], _context(secret_id))
        for secret_id in SecretId
    }
    return BrokerSecrets(
        index=keys[SecretId.INDEX],
        system=keys[SecretId.SYSTEM],
        token_signing=Ed25519PrivateKey.from_private_bytes(keys[SecretId.TOKEN_SIGNING]),
        log_signing=Ed25519PrivateKey.from_private_bytes(keys[SecretId.LOG_SIGNING]),
    )


async def _read(connection: psycopg.AsyncConnection) -> Mapping[int, bytes]:
    rows = await connection.execute("SELECT secret_id, wrapped FROM broker_secrets")
    return dict(await rows.fetchall())


def _context(secret_id: SecretId) -> bytes:
    return b"segel broker secret " + bytes([secret_id])
