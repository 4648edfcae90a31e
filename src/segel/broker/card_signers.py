"""Signers of cards: which keys sign, since when, with which certificate.

A signer's key is made in the KMS and stays there. To rotate a signer is to make another: the older
one signs nothing more, is still published until the last card that it signed has ended, and is then
destroyed. Of each use the newest that has what it needs signs.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.card_making import CardMaking, SignerUse, Signing
from segel.broker.errors import SignerRefused, keys_locked
from segel.broker.keyring import Keyring
from segel.broker.secrets import BrokerSecrets
from segel.domain.card_facts import AFTER_SAMPLING
from segel.domain.clock import Clock
from segel.keys import KekUnknown, KmsError
from segel.keys.signer_certificates import (
    SIGNS_TESTS,
    Subject,
    is_of,
    request,
    self_signed,
    validity_of,
)

VALID_DAYS: Final = 730
"""Of a certificate that a signer makes itself. Its key signs for half of that."""
RENEWED_DAYS: Final = 365
KEPT: Final = AFTER_SAMPLING + timedelta(hours=48)
"""How long a signer that signs no more is still published: until its last card has ended, however
far clocks are apart."""
SIGNERS_MAX: Final = 200
"""Rows there may be: two years of daily rotation of one use are fewer."""

_LOCK: Final = 0x5E6E1CA4D
"""Of the transaction that makes signers: two brokers that start at once make one."""

R = TypeVar("R")


class SignerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A signer as it is sealed. ``certificate``: DER, empty where it waits for one or needs none;
    ``retired_s``: since when it signs nothing more, or 0."""

    use: SignerUse
    generation: int
    point: bytes
    made_s: float
    certificate: bytes = b""
    self_signed: bool = False
    retired_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CardSigner:
    """A row. ``name``: the key's in its KMS."""

    signer_id: UUID
    record: SignerRecord = field(repr=False)

    @property
    def name(self) -> str:
        """Of its key in the KMS."""
        return f"card-{self.signer_id}"

    @property
    def waits(self) -> bool:
        """Whether it waits for its certificate."""
        return self.record.use is SignerUse.CERTIFICATE and not self.record.certificate

    @property
    def signs(self) -> bool:
        """Whether it may sign."""
        return not self.waits and not self.record.retired_s


class CardSigners:
    """Makes, lists, rotates and forgets the signers of an archive."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        keyring: Keyring,
        making: CardMaking,
        clock: Clock,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._keyring = keyring
        self._making = making
        self._clock = clock
        self._randomness = randomness

    @property
    def address(self) -> str:
        """The issuer's, as SMART Health Cards name it."""
        return self._making.address

    async def all(self) -> list[CardSigner]:
        """Every signer, the newest first."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self._read(cursor)

    async def signing(self, use: SignerUse) -> Signing:
        """The signer of a use, made where there is none. Raises KeysLocked."""
        found = _current(await self.all(), use)
        if found is None or self._is_due(found, self._clock()):
            await self.ensure()
            found = _current(await self.all(), use)
        assert found is not None, "it was made now"
        return self.at_work(found)

    def at_work(self, signer: CardSigner) -> Signing:
        """A signer with what signs by it, which blocks, and raises KmsError."""
        record = signer.record

        def sign(message: bytes) -> bytes:
            return self._keyring.sign(record.generation, signer.name, message)

        return Signing(record.point, record.certificate, sign)

    async def ensure(self) -> int:
        """Make what is missing, replace what is due, forget what is over; how many of it there was.

        Due is a signer whose KMS is not the newest any more, and one that made its certificate
        itself long ago. Raises KeysLocked.
        """
        return await self._alone(self._ensure)

    async def rotate(self, use: SignerUse, *, by_authority: bool = False) -> CardSigner:
        """Another signer for a use. ``by_authority``: it waits for a certificate of somebody
        else's, and the one before it signs until then. Raises SignerRefused, KeysLocked."""
        if by_authority and use is not SignerUse.CERTIFICATE:
            raise SignerRefused(
                "This signer has no certificate.", remedy="Rotate it without --csr.", field="use"
            )

        async def rotate(cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> CardSigner:
            made = await self._make(cursor, use, by_authority=by_authority)
            if not by_authority:
                await self._retire(cursor, known, use)
            await self._sweep(cursor, known)
            return made

        return await self._alone(rotate)

    async def request_of(self, signer_id: UUID) -> bytes:
        """The certification request (DER) of a waiting signer. Raises SignerRefused, KeysLocked."""
        signer = _waiting(await self.all(), signer_id)
        sign = self.at_work(signer).sign
        try:
            return await asyncio.to_thread(
                request, signer.record.point, self._subject(signer), (SIGNS_TESTS,), sign
            )
        except KmsError as failure:
            raise keys_locked(failure) from failure

    async def install(self, signer_id: UUID, certificate: bytes) -> None:
        """Give a waiting signer its certificate (DER): from now on it signs, and the ones before it
        no more. Raises SignerRefused."""

        async def install(cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> None:
            signer = _waiting(known, signer_id)
            if not is_of(certificate, signer.record.point):
                raise SignerRefused(
                    "This is not a certificate of that signer's key.",
                    remedy="Give the certificate that was made of its request, as PEM or DER.",
                    field="certificate",
                )
            not_before, not_after = validity_of(certificate)
            now = datetime.fromtimestamp(self._clock(), UTC)
            if not not_before <= now or not_after < now + AFTER_SAMPLING:
                raise SignerRefused(
                    "The certificate is not in force, or ends before a card of today would.",
                    remedy="Have it made for longer, from now on.",
                    field="certificate",
                )
            await self._retire(cursor, known, SignerUse.CERTIFICATE)
            record = msgspec.structs.replace(signer.record, certificate=certificate)
            await self._write(cursor, CardSigner(signer_id, record))

        await self._alone(install)

    async def _ensure(self, cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> int:
        done = 0
        now_s = self._clock()
        for use in SignerUse:
            current = _current(known, use)
            if current is None or self._is_due(current, now_s):
                await self._make(cursor, use)
                await self._retire(cursor, known, use)
                done += 1
        return done + await self._sweep(cursor, known)

    async def _sweep(self, cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> int:
        """Forget the signers whose last card has ended; how many."""
        last_s = self._clock() - KEPT.total_seconds()
        over = [one for one in known if one.record.retired_s and one.record.retired_s < last_s]
        for one in over:
            await self._forget(cursor, one)
        return len(over)

    def _is_due(self, signer: CardSigner, now_s: float) -> bool:
        if signer.record.generation != self._keyring.generation:
            return True
        old = now_s - signer.record.made_s > RENEWED_DAYS * 86_400
        return signer.record.self_signed and old

    async def _make(
        self, cursor: psycopg.AsyncCursor, use: SignerUse, *, by_authority: bool = False
    ) -> CardSigner:
        signer_id, generation = uuid4(), self._keyring.generation
        now_s = self._clock()
        signer = CardSigner(
            signer_id, SignerRecord(use=use, generation=generation, point=b"", made_s=now_s)
        )
        try:
            point = await asyncio.to_thread(self._keyring.create_signer, signer.name)
            record = msgspec.structs.replace(signer.record, point=point)
            signer = CardSigner(signer_id, record)
            if use is SignerUse.CERTIFICATE and not by_authority:
                certificate = await asyncio.to_thread(self._self_signed, signer)
                record = msgspec.structs.replace(record, certificate=certificate, self_signed=True)
                signer = CardSigner(signer_id, record)
        except KmsError as failure:
            raise keys_locked(failure) from failure
        await self._write(cursor, signer)
        return signer

    def _self_signed(self, signer: CardSigner) -> bytes:
        now = datetime.fromtimestamp(self._clock(), UTC)
        return self_signed(
            signer.record.point,
            self._subject(signer),
            not_before=now - timedelta(minutes=5),
            not_after=now + timedelta(days=VALID_DAYS),
            usages=(SIGNS_TESTS,),
            randomness=self._randomness,
            sign=self.at_work(signer).sign,
        )

    def _subject(self, signer: CardSigner) -> Subject:
        name = f"{self._making.authority} {signer.signer_id.hex[:8]}"
        return Subject(self._making.country, self._making.authority, name)

    async def _retire(
        self, cursor: psycopg.AsyncCursor, known: list[CardSigner], use: SignerUse
    ) -> None:
        for one in known:
            if one.record.use is use and one.signs:
                record = msgspec.structs.replace(one.record, retired_s=self._clock())
                await self._write(cursor, CardSigner(one.signer_id, record))

    async def _forget(self, cursor: psycopg.AsyncCursor, signer: CardSigner) -> None:
        try:
            await asyncio.to_thread(
                self._keyring.destroy_signer, signer.record.generation, signer.name
            )
        except KekUnknown:  # its KMS was left, and emptied with all that was in it
            pass
        except KmsError as failure:
            raise keys_locked(failure) from failure
        await cursor.execute("DELETE FROM card_signers WHERE signer_id = %s", (signer.signer_id,))

    async def _alone(
        self, work: Callable[[psycopg.AsyncCursor, list[CardSigner]], Awaitable[R]]
    ) -> R:
        """What ``work`` does in a transaction that no other of its kind runs beside."""
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            return await work(cursor, await self._read(cursor))

    async def _read(self, cursor: psycopg.AsyncCursor) -> list[CardSigner]:
        await cursor.execute("SELECT signer_id, sealed FROM card_signers LIMIT %s", (SIGNERS_MAX,))
        found = [
            CardSigner(
                signer_id,
                msgspec.msgpack.decode(
                    self._secrets.open_row(signer_id, sealed), type=SignerRecord
                ),
            )
            for signer_id, sealed in await cursor.fetchall()
        ]
        return sorted(found, key=lambda one: one.record.made_s, reverse=True)

    async def _write(self, cursor: psycopg.AsyncCursor, signer: CardSigner) -> None:
        sealed = self._secrets.seal_row(signer.signer_id, msgspec.msgpack.encode(signer.record))
        await cursor.execute(
            "INSERT INTO card_signers (signer_id, sealed) VALUES (%s, %s)"
            " ON CONFLICT (signer_id) DO UPDATE SET sealed = excluded.sealed",
            (signer.signer_id, sealed),
        )


def _current(known: list[CardSigner], use: SignerUse) -> CardSigner | None:
    return next((one for one in known if one.record.use is use and one.signs), None)


def _waiting(known: list[CardSigner], signer_id: UUID) -> CardSigner:
    found = next((one for one in known if one.signer_id == signer_id and one.waits), None)
    if found is None:
        raise SignerRefused(
            "No signer of that id waits for a certificate.",
            remedy="segel card signers list shows them; `rotate --csr` makes one that waits.",
            field="signer",
        )
    return found
