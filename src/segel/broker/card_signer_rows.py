"""The rows of signers of cards: what is kept of each, and which of them signs."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec
import psycopg

from segel.broker.card_making import SignerUse
from segel.broker.errors import SignerRefused
from segel.broker.secrets import BrokerSecrets

SIGNERS_MAX: Final = 200
"""Rows there may be: two years of daily rotation of one use are fewer."""


class SignerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A signer as it is sealed. ``certificate``: DER, empty where it waits for one or needs none;
    ``waits``: until somebody has it sign; ``from_s``: from when on it signs, ``retired_s``: since
    when it signs nothing more, or 0; ``disowned``: what it signed holds no more."""

    use: SignerUse
    generation: int
    point: bytes
    made_s: float
    certificate: bytes = b""
    self_signed: bool = False
    waits: bool = False
    from_s: float = 0.0
    retired_s: float = 0.0
    disowned: bool = False


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
        """Whether it waits for its certificate, or until verifiers know it."""
        return self.record.waits

    def may_sign(self, now_s: float) -> bool:
        """Whether it may sign, where no newer one does."""
        return not self.waits and not self.record.retired_s and self.record.from_s <= now_s


def current_of(known: list[CardSigner], use: SignerUse, now_s: float) -> CardSigner | None:
    """Which one signs: of those that may, the one that came last."""
    found = [one for one in known if one.record.use is use and one.may_sign(now_s)]
    return max(found, key=lambda one: one.record.from_s or one.record.made_s, default=None)


def waiting_of(known: list[CardSigner], signer_id: UUID) -> CardSigner:
    found = next((one for one in known if one.signer_id == signer_id and one.waits), None)
    if found is None:
        raise SignerRefused(
            "No signer of that id waits.",
            remedy="segel card signers list shows them; `rotate --csr` or `--later` makes one.",
            field="signer",
        )
    return found


async def read_signers(secrets: BrokerSecrets, cursor: psycopg.AsyncCursor) -> list[CardSigner]:
    """Every signer, the newest first."""
    await cursor.execute("SELECT signer_id, sealed FROM card_signers LIMIT %s", (SIGNERS_MAX,))
    found = [
        CardSigner(
            signer_id,
            msgspec.msgpack.decode(secrets.open_row(signer_id, sealed), type=SignerRecord),
        )
        for signer_id, sealed in await cursor.fetchall()
    ]
    return sorted(found, key=lambda one: one.record.made_s, reverse=True)


async def write_signer(
    secrets: BrokerSecrets, cursor: psycopg.AsyncCursor, signer: CardSigner
) -> None:
    """Write one."""
    sealed = secrets.seal_row(signer.signer_id, msgspec.msgpack.encode(signer.record))
    await cursor.execute(
        "INSERT INTO card_signers (signer_id, sealed) VALUES (%s, %s)"
        " ON CONFLICT (signer_id) DO UPDATE SET sealed = excluded.sealed",
        (signer.signer_id, sealed),
    )
