"""Signers of cards: which keys sign, from when on, with which certificate.

A signer's key is made in the KMS and stays there. To rotate a signer is to make another. It is
published first and signs when every verifier's lists are newer than that; the one before it then
signs nothing more, is still published until the last card that it signed has ended, and is
destroyed after that.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.card_making import CardMaking, SignerUse, Signing
from segel.broker.card_signer_rows import (
    CardSigner,
    SignerRecord,
    current_of,
    read_signers,
    waiting_of,
    write_signer,
)
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
LISTS_LIFE: Final = timedelta(hours=72)
"""Of the published lists: a gate that had no network for so long judges nothing. As long a new
signer waits."""

_LOCK: Final = 0x5E6E1CA4D
"""Of the transaction that makes signers: two brokers that start at once make one."""

R = TypeVar("R")


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
            return await read_signers(self._secrets, cursor)

    async def signing(self, use: SignerUse) -> Signing:
        """The signer of a use, made where there is none. Raises KeysLocked."""
        found = current_of(await self.all(), use, self._clock())
        if found is None:
            await self.ensure()
            found = current_of(await self.all(), use, self._clock())
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

    async def current(self, use: SignerUse) -> CardSigner | None:
        """Which one signs."""
        return current_of(await self.all(), use, self._clock())

    async def rotate(
        self, use: SignerUse, *, later: bool = False, at_once: bool = False
    ) -> CardSigner:
        """Another signer for a use, which signs when verifiers have heard of it. ``later``: it
        waits, for a certificate of somebody else's, or to be started; ``at_once``: it signs now.
        Raises KeysLocked."""

        async def rotate(cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> CardSigner:
            made = await self._make(cursor, use, later=later, at_once=at_once)
            await self._retire(cursor, [made, *known])
            return made

        return await self._alone(rotate)

    async def disown(self) -> list[UUID]:
        """Have nothing hold that was signed until now: new signers of cards, which sign at once,
        and of the old ones verifiers hear no more. Who they were. Raises KeysLocked."""

        async def disown(cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> list[UUID]:
            now_s, gone = self._clock(), []
            for use in (SignerUse.CERTIFICATE, SignerUse.HEALTH_CARD):
                await self._make(cursor, use, at_once=True)
                for one in known:
                    if one.record.use is use and not (one.waits or one.record.disowned):
                        record = msgspec.structs.replace(
                            one.record, retired_s=one.record.retired_s or now_s, disowned=True
                        )
                        await write_signer(self._secrets, cursor, CardSigner(one.signer_id, record))
                        gone.append(one.signer_id)
            return gone

        return await self._alone(disown)

    async def request_of(self, signer_id: UUID) -> bytes:
        """The certification request (DER) of a waiting signer. Raises SignerRefused, KeysLocked."""
        signer = waiting_of(await self.all(), signer_id)
        sign = self.at_work(signer).sign
        try:
            return await asyncio.to_thread(
                request, signer.record.point, self._subject(signer), (SIGNS_TESTS,), sign
            )
        except KmsError as failure:
            raise keys_locked(failure) from failure

    async def install(self, signer_id: UUID, certificate: bytes) -> None:
        """Give a waiting signer its certificate (DER): it signs when verifiers have heard of it.
        Raises SignerRefused."""

        async def install(cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> None:
            signer = waiting_of(known, signer_id)
            if not is_of(certificate, signer.record.point):
                raise SignerRefused(
                    "This is not a certificate of that signer's key.",
                    remedy="Give the certificate that was made of its request, as PEM or DER.",
                    field="certificate",
                )
            not_before, not_after = validity_of(certificate)
            now = datetime.fromtimestamp(self._clock(), UTC)
            if not not_before <= now or not_after < now + LISTS_LIFE + AFTER_SAMPLING:
                raise SignerRefused(
                    "The certificate is not in force, or ends before the first card that it signs.",
                    remedy="Have it made for longer, from now on.",
                    field="certificate",
                )
            record = msgspec.structs.replace(
                signer.record, certificate=certificate, waits=False, from_s=self._first_s()
            )
            await write_signer(self._secrets, cursor, CardSigner(signer_id, record))

        await self._alone(install)

    async def start(self, signer_id: UUID) -> None:
        """Have a waiting signer that needs no certificate sign from now on. Raises
        SignerRefused."""

        async def start(cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> None:
            signer = waiting_of(known, signer_id)
            if signer.record.use is SignerUse.CERTIFICATE:
                raise SignerRefused(
                    "This signer waits for its certificate.",
                    remedy="Install the one that was made of its request.",
                    field="signer",
                )
            started = CardSigner(
                signer_id,
                msgspec.structs.replace(signer.record, waits=False, made_s=self._clock()),
            )
            await write_signer(self._secrets, cursor, started)
            rest = [one for one in known if one.signer_id != signer_id]
            await self._retire(cursor, [started, *rest])

        await self._alone(start)

    async def _ensure(self, cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> int:
        now_s, made = self._clock(), []
        for use in SignerUse:
            current = current_of(known, use, now_s)
            coming = any(
                one.record.use is use and one.record.from_s > now_s and not one.waits
                for one in known
            )
            if current is None or (self._is_due(current, now_s) and not coming):
                made.append(await self._make(cursor, use, at_once=current is None))
        return len(made) + await self._retire(cursor, [*made, *known])

    async def _retire(self, cursor: psycopg.AsyncCursor, known: list[CardSigner]) -> int:
        """Have those sign no more that a newer one came after, and forget those whose last card
        has ended; how many."""
        now_s, done = self._clock(), 0
        newest = [current_of(known, use, now_s) for use in SignerUse]
        for one in known:
            retired_s = one.record.retired_s
            if retired_s and retired_s < now_s - KEPT.total_seconds():
                await self._forget(cursor, one)
                done += 1
            elif one.may_sign(now_s) and one not in newest:
                record = msgspec.structs.replace(one.record, retired_s=now_s)
                await write_signer(self._secrets, cursor, CardSigner(one.signer_id, record))
                done += 1
        return done

    def _is_due(self, signer: CardSigner, now_s: float) -> bool:
        if signer.record.use is SignerUse.LISTS:
            return False  # verifiers pin it: only a person who tells them puts another in its place
        if signer.record.generation != self._keyring.generation:
            return True
        old = now_s - signer.record.made_s > RENEWED_DAYS * 86_400
        by_itself = signer.record.self_signed or signer.record.use is SignerUse.HEALTH_CARD
        return by_itself and old

    async def _make(
        self,
        cursor: psycopg.AsyncCursor,
        use: SignerUse,
        *,
        later: bool = False,
        at_once: bool = False,
    ) -> CardSigner:
        signer_id, generation = uuid4(), self._keyring.generation
        now_s = self._clock()
        signer = CardSigner(
            signer_id,
            SignerRecord(
                use=use,
                generation=generation,
                point=b"",
                made_s=now_s,
                waits=later,
                from_s=0.0 if later or at_once else self._first_s(),
            ),
        )
        try:
            point = await asyncio.to_thread(self._keyring.create_signer, signer.name)
            record = msgspec.structs.replace(signer.record, point=point)
            signer = CardSigner(signer_id, record)
            if use is SignerUse.CERTIFICATE and not later:
                certificate = await asyncio.to_thread(self._self_signed, signer)
                record = msgspec.structs.replace(record, certificate=certificate, self_signed=True)
                signer = CardSigner(signer_id, record)
        except KmsError as failure:
            raise keys_locked(failure) from failure
        await write_signer(self._secrets, cursor, signer)
        return signer

    def _first_s(self) -> float:
        """From when on a signer that is published now may sign."""
        return self._clock() + LISTS_LIFE.total_seconds()

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
            return await work(cursor, await read_signers(self._secrets, cursor))
