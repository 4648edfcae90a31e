"""Freezes: who and what may do nothing for now, and since when everybody has to know it.

A freeze is a sealed row, written in the ledger's transaction that logs it, and lifted in another.
That transaction holds the lock of ``log_head``, whose sealed state counts the changes: the ledger
of any broker sees a freeze before it admits its next intent, so that no release comes after one.
``ActiveFreezes`` is what is in force at one count; ``watch`` carries it to the doors.

From elsewhere in the broker::

    order = Order(Target.session(session_id), reason="a decoy was opened", role="tripwire")
    intent, freeze_id = freezes.intent(order)
    await ledger.commit(intent)
    await freezes.freeze(cursor, order)     # inside another intent's ``apply``
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.audit import Event, Kind, Outcome
from segel.broker.directory import this_month
from segel.broker.errors import (
    OFFICER,
    FreezeUnknown,
    Frozen,
    hospital_frozen,
    person_frozen,
)
from segel.broker.messages import TargetKind
from segel.broker.secrets import BrokerSecrets
from segel.domain.purpose import Purpose

if TYPE_CHECKING:
    from segel.broker.ledger import Intent

CHANNEL: Final = "segel_watch"
"""PostgreSQL's NOTIFY channel: freezes changed, or a session ended. It carries random ids only."""

GOES_ON: Final = frozenset(
    {
        Kind.STORE, Kind.SIGN_IN, Kind.SIGN_OUT, Kind.FREEZE, Kind.APPROVAL,
        Kind.ALERT, Kind.REVIEW, Kind.REASON, Kind.GLASS_ENDED,
        Kind.SUBJECT_REQUEST, Kind.RETENTION, Kind.CASE, Kind.CASE_READ,
        Kind.MATCH,
    }
)  # fmt: skip
"""What a frozen hospital's people may go on with. A modality that cannot send loses images, and
whoever is to lift the freeze has to get in; the clocks of what people ask run on, and a hold or the
case of a leak may be what the freeze is about. Nothing that shows a record is here, nor anything
that destroys one."""


KEYS_LEAVE: Final = frozenset({Kind.FINGERPRINT})
"""What the system's own processes are given keys for, without a session."""


class Target(msgspec.Struct, frozen=True):
    """One thing that can be frozen: by its random id, or a recipient of exports by its name."""

    kind: TargetKind
    name: str

    @classmethod
    def account(cls, account_id: UUID) -> Self:
        """Everything that an account does, in all its sessions."""
        return cls(TargetKind.ACCOUNT, str(account_id))

    @classmethod
    def session(cls, session_id: UUID) -> Self:
        """One session, and so each of its tokens."""
        return cls(TargetKind.SESSION, str(session_id))

    @classmethod
    def hospital(cls, hospital_id: UUID) -> Self:
        """A hospital's releases: nothing of it is shown to anybody (see ``GOES_ON``)."""
        return cls(TargetKind.HOSPITAL, str(hospital_id))

    @classmethod
    def archive(cls) -> Self:
        """Every hospital's releases."""
        return cls(TargetKind.ARCHIVE, "")

    @classmethod
    def recipient(cls, name: str) -> Self:
        """Exports to a recipient. ``name`` as it is registered; case and space do not matter."""
        return cls(TargetKind.RECIPIENT, " ".join(name.split()).casefold())


@dataclass(frozen=True, slots=True)
class Order:
    """What to freeze. ``role``: who orders it (a role, ``operator``, ``tripwire``, ...).

    ``hospital_id``: whose officers get to see it. ``until_s``: Unix time, 0 for open-ended.
    ``by`` and ``session_id`` are of the person who orders it, None for one of the system's actors.
    ``kept_by``: whose officers alone lift it, where it contains the case of a leak.
    """

    target: Target
    reason: str
    role: str
    hospital_id: UUID | None = None
    by: UUID | None = None
    session_id: UUID | None = None
    until_s: float = 0.0
    kept_by: UUID | None = None
    case_id: UUID | None = None


class FreezeRecord(msgspec.Struct, frozen=True):
    """A freeze as it is sealed in its row. Times are Unix times, 0 for never."""

    target: Target
    reason: str
    role: str
    hospital_id: UUID | None
    by: UUID | None
    at_s: float
    until_s: float = 0.0
    lifted_s: float = 0.0
    lifted_why: str = ""
    kept_by: UUID | None = None
    case_id: UUID | None = None

    def concerns(self, hospital_id: UUID | None) -> bool:
        """Whether a hospital's officers see it."""
        return (
            hospital_id in (self.hospital_id, self.kept_by)
            or self.target.kind is TargetKind.ARCHIVE
        )

    def lifted_by(self, hospital_id: UUID | None) -> bool:
        """Whether a hospital's officers may have it lifted."""
        if self.kept_by is not None:
            return hospital_id == self.kept_by
        return self.hospital_id in (None, hospital_id)

    def holds(self, now_s: float) -> bool:
        """Whether it is in force."""
        return not self.lifted_s and (not self.until_s or self.until_s > now_s)


@dataclass(frozen=True, slots=True)
class ActiveFreezes:
    """The freezes in force when the estate's count of changes was ``version``."""

    version: int = -1
    records: Mapping[UUID, FreezeRecord] = field(default_factory=dict)
    _of: Mapping[Target, tuple[FreezeRecord, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of_rows(cls, version: int, records: Mapping[UUID, FreezeRecord]) -> Self:
        """The freezes of the rows that are not lifted."""
        by_target: dict[Target, tuple[FreezeRecord, ...]] = {}
        for record in records.values():
            by_target[record.target] = (*by_target.get(record.target, ()), record)
        return cls(version, records, by_target)

    def holds(self, target: Target, now_s: float) -> bool:
        """Whether a target is frozen."""
        return any(record.holds(now_s) for record in self._of.get(target, ()))

    def holds_person(self, account_id: UUID, session_id: UUID, now_s: float) -> bool:
        """Whether an account is frozen, or this session of it."""
        return bool(self._of) and (
            self.holds(Target.account(account_id), now_s)
            or self.holds(Target.session(session_id), now_s)
        )

    def holds_hospital(self, hospital_id: UUID | None, now_s: float) -> bool:
        """Whether a hospital's releases are frozen."""
        return (
            bool(self._of)
            and hospital_id is not None
            and (
                self.holds(Target.hospital(hospital_id), now_s)
                or self.holds(Target.archive(), now_s)
            )
        )

    def require_free(self, event: Event, now_s: float) -> None:
        """Return where what is to be logged may happen. Raises Frozen.

        Refusals are logged of anybody, and so is a sign-out; the system's actors have no session,
        and do what they do but for those of them that are given keys.
        """
        if not self._of or event.outcome is not Outcome.SUCCESS:
            return
        if event.session_id is None:
            if event.kind in KEYS_LEAVE and self.holds_hospital(event.hospital_id, now_s):
                raise hospital_frozen()
            return
        if event.kind is Kind.SIGN_OUT:
            return
        if event.account_id and self.holds_person(event.account_id, event.session_id, now_s):
            raise person_frozen()
        if event.kind not in GOES_ON and self.holds_hospital(event.hospital_id, now_s):
            raise hospital_frozen()

    def require_recipient(self, name: str, hospital_id: UUID | None, now_s: float) -> None:
        """Return where a hospital's exports may go to a recipient. Raises Frozen.

        A hospital's officers freeze a recipient for it, the operator for all.
        """
        if any(
            record.holds(now_s) and record.hospital_id in (None, hospital_id)
            for record in self._of.get(Target.recipient(name), ())
        ):
            raise Frozen("Exports to this recipient are frozen.", remedy=OFFICER)


async def read_active(
    cursor: psycopg.AsyncCursor, secrets: BrokerSecrets, version: int
) -> ActiveFreezes:
    """The freezes that are not lifted; ``version`` must have been read before."""
    await cursor.execute("SELECT freeze_id, sealed FROM freezes WHERE NOT lifted")
    return ActiveFreezes.of_rows(
        version,
        {
            freeze_id: _open(secrets, freeze_id, sealed)
            for freeze_id, sealed in await cursor.fetchall()
        },
    )


class Freezes:
    """The ledger's own view, current under its lock, and the only one that changes freezes."""

    def __init__(self, secrets: BrokerSecrets) -> None:
        self._secrets = secrets
        self._now_s = 0.0
        self.active = ActiveFreezes()

    def forget(self) -> None:
        """Drop the view, after a transaction that may or may not have happened."""
        self.active = ActiveFreezes()

    async def refresh(self, cursor: psycopg.AsyncCursor, version: int, now_s: float) -> None:
        """Make the view current. Under the ledger's lock, before any intent."""
        self._now_s = now_s
        if self.active.version != version:
            self.active = await read_active(cursor, self._secrets, version)

    def require_free(self, event: Event) -> None:
        """See ``ActiveFreezes.require_free``, now."""
        self.active.require_free(event, self._now_s)

    # --- in the ledger's transaction ----------------------------------------------------------

    async def freeze(
        self, cursor: psycopg.AsyncCursor, order: Order, freeze_id: UUID | None = None
    ) -> UUID:
        """Freeze, from this transaction on; the freeze's id. Log it with ``event_of_order``."""
        freeze_id = freeze_id or uuid4()
        record = FreezeRecord(
            order.target,
            order.reason,
            order.role,
            order.hospital_id,
            order.by,
            self._now_s,
            order.until_s,
            kept_by=order.kept_by,
            case_id=order.case_id,
        )
        await cursor.execute(
            "INSERT INTO freezes (freeze_id, hospital_id, lifted, month, sealed)"
            " VALUES (%s, %s, false, %s, %s)",
            (freeze_id, order.hospital_id, this_month(), self._seal(freeze_id, record)),
        )
        await self._changed(cursor, {**self.active.records, freeze_id: record})
        return freeze_id

    async def lift(self, cursor: psycopg.AsyncCursor, freeze_id: UUID, why: str) -> FreezeRecord:
        """Undo one freeze; others of the same target stay. Raises FreezeUnknown.

        Two people have to agree: call it only where an approval is consumed with it.
        """
        record = self.active.records.get(freeze_id)
        if record is None:
            raise FreezeUnknown("There is no such freeze, or it was lifted.")
        lifted = msgspec.structs.replace(record, lifted_s=self._now_s, lifted_why=why)
        await cursor.execute(
            "UPDATE freezes SET lifted = true, sealed = %s WHERE freeze_id = %s",
            (self._seal(freeze_id, lifted), freeze_id),
        )
        await self._changed(
            cursor, {one: kept for one, kept in self.active.records.items() if one != freeze_id}
        )
        return lifted

    # --- whole intents ------------------------------------------------------------------------

    def intent(self, order: Order, route: str = "") -> tuple["Intent", UUID]:
        """A freeze as an intent, and its id: commit it, and the target is frozen everywhere."""
        from segel.broker.ledger import Intent  # the ledger holds this class

        freeze_id = uuid4()

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self.freeze(cursor, order, freeze_id)

        return Intent(event_of_order(order, route), apply=apply), freeze_id

    async def _changed(
        self, cursor: psycopg.AsyncCursor, records: Mapping[UUID, FreezeRecord]
    ) -> None:
        self.active = ActiveFreezes.of_rows(self.active.version + 1, records)
        await cursor.execute("SELECT pg_notify(%s, '')", (CHANNEL,))

    def _seal(self, freeze_id: UUID, record: FreezeRecord) -> bytes:
        return self._secrets.seal_row(freeze_id, msgspec.json.encode(record))


def event_of_order(order: Order, route: str = "") -> Event:
    """The audit event of a freeze."""
    return Event(
        kind=Kind.FREEZE,
        outcome=Outcome.SUCCESS,
        account_id=order.by,
        role=order.role,
        hospital_id=order.hospital_id,
        session_id=order.session_id,
        purpose=Purpose.OPERATIONS,
        route=route or order.role,
        detail=f"freeze {order.target.kind} {order.target.name}: {order.reason}",
    )


def _open(secrets: BrokerSecrets, freeze_id: UUID, sealed: bytes) -> FreezeRecord:
    return msgspec.json.decode(secrets.open_row(freeze_id, sealed), type=FreezeRecord)
